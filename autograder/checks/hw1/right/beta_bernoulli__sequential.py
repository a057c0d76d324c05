"""The evidence by multiplying predictions in a loop, with NumPy; a list for the posterior; Python floats for numbers."""

import numpy as np


def beta_posterior(a, b, k, n):
    return [a + k, b + n - k]


def predictive(a, b, k, n):
    heads, tails = beta_posterior(a, b, k, n)
    return np.asarray(heads / (heads + tails))


def map_estimate(a, b, k, n):
    heads, tails = beta_posterior(a, b, k, n)
    return np.asarray((heads - 1) / (heads + tails - 2))


def log_evidence(a, b, k, n):
    a, b, k, n = np.broadcast_arrays(*(np.asarray(part, dtype=np.float64) for part in (a, b, k, n)))
    result = np.zeros(a.shape)
    for index in np.ndindex(a.shape):
        ones, zeros = np.arange(k[index]), np.arange(n[index] - k[index])
        result[index] = np.log(a[index] + ones).sum() + np.log(b[index] + zeros).sum()
        result[index] -= np.log(a[index] + b[index] + np.arange(n[index])).sum()
    return result
