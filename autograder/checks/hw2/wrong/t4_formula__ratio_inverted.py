"""The ratio is inverted.

Caught by: active
"""


def linear_vae_kl(eigenvalue, noise_var):
    return max(0.0, 0.5 * math.log(noise_var / eigenvalue))
