"""The law of total variance, with numpy, as a list."""

import numpy as np


def forward_kl_gaussian(w, a, s):
    weights, means = np.array([w, 1 - w]), np.array([-a, a])
    mean = np.average(means, weights=weights)
    return [mean, s**2 + np.average((means - mean) ** 2, weights=weights)]
