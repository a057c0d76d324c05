"""The integral of the weighted geometric mean, computed from completed squares with numpy; no cancellation is used."""

import numpy as np


def alpha_divergence_of_gaussians(mean1, mean2, std, alpha):
    if alpha in (1, -1):
        return np.float64((mean1 - mean2) ** 2) / (2 * std**2)
    t = np.float64(1 + alpha) / 2
    centre = t * mean1 + (1 - t) * mean2
    exponent = (centre**2 - t * mean1**2 - (1 - t) * mean2**2) / (2 * std**2)
    return 4 * (1 - np.exp(exponent)) / (1 - alpha**2)
