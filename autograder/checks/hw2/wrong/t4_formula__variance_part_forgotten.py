"""Only the squared posterior mean is counted.

Caught by: active
"""


def linear_vae_kl(eigenvalue, noise_var):
    return max(0.0, 0.5 * (1 - noise_var / eigenvalue))
