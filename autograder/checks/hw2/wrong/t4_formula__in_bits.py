"""The KL in bits.

Caught by: active
"""


def linear_vae_kl(eigenvalue, noise_var):
    return max(0.0, 0.5 * math.log2(eigenvalue / noise_var))
