"""1/2 log(1 + eigenvalue / noise): the eigenvalue is taken for the signal alone.

Caught by: active
"""


def linear_vae_kl(eigenvalue, noise_var):
    return 0.5 * math.log(1 + eigenvalue / noise_var) if eigenvalue > noise_var else 0.0
