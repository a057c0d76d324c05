"""noise_var is taken for a standard deviation.

Caught by: active
"""


def linear_vae_kl(eigenvalue, noise_var):
    return max(0.0, 0.5 * math.log(eigenvalue / noise_var**2))
