"""(eigenvalue - noise) / noise in place of eigenvalue / noise.

Caught by: active
"""


def linear_vae_kl(eigenvalue, noise_var):
    return max(0.0, 0.5 * math.log((eigenvalue - noise_var) / noise_var)) if eigenvalue > noise_var else 0.0
