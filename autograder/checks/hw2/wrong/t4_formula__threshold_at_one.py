"""The threshold is an eigenvalue of 1, not the noise.

Caught by: collapsed
"""


def linear_vae_kl(eigenvalue, noise_var):
    return 0.5 * math.log(eigenvalue / noise_var) if eigenvalue > 1 else 0.0
