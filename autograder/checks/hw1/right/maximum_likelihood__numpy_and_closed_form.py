"""numpy with its own log-sum-exp, a Python number as the result, and the optimum written down instead of searched."""

import numpy as np


def nll(logits, counts):
    z, n = np.asarray(logits), np.asarray(counts)
    log_normaliser = z.max() + np.log(np.exp(z - z.max()).sum())
    return float(np.sum(n / n.sum() * (log_normaliser - z)))


def fit_mle(counts, steps=500, learning_rate=1.0):
    return np.log(np.asarray(counts))
