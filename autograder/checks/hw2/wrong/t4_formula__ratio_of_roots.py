"""A quarter: the square roots of both and the half.

Caught by: active
"""


def linear_vae_kl(eigenvalue, noise_var):
    return max(0.0, 0.5 * math.log(math.sqrt(eigenvalue / noise_var)))
