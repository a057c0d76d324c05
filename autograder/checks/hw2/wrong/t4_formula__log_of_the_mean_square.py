"""The trace terms are kept although they cancel.

Caught by: active
"""


def linear_vae_kl(eigenvalue, noise_var):
    r = noise_var / eigenvalue
    return 0.5 * (r - 1 - math.log(r)) if r < 1 else 0.0
