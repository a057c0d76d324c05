"""The factor 1/2 is missing.

Caught by: active
"""


def linear_vae_kl(eigenvalue, noise_var):
    return max(0.0, math.log(eigenvalue / noise_var))
