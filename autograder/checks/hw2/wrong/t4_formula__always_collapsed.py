"""Every dimension collapses.

Caught by: active
"""


def linear_vae_kl(eigenvalue, noise_var):
    return 0.0
