"""The absolute value in place of the maximum.

Caught by: collapsed
"""


def linear_vae_kl(eigenvalue, noise_var):
    return abs(0.5 * math.log(eigenvalue / noise_var))
