"""No maximum with 0: negative below the noise.

Caught by: collapsed
"""


def linear_vae_kl(eigenvalue, noise_var):
    return 0.5 * math.log(eigenvalue / noise_var)
