"""A jump: small KLs are rounded down to 0.

Caught by: collapsed
"""


def linear_vae_kl(eigenvalue, noise_var):
    kl = max(0.0, 0.5 * math.log(eigenvalue / noise_var))
    return 0.05 + kl if kl > 0 else 0.0
