"""The KL of the posterior of the best model, term by term."""

import numpy as np


def linear_vae_kl(eigenvalue, noise_var):
    w2 = max(eigenvalue - noise_var, 0)
    variance = noise_var / (w2 + noise_var)
    mean_square = w2 * eigenvalue / (w2 + noise_var) ** 2
    return (variance + mean_square - 1 - np.log(variance)) / 2
