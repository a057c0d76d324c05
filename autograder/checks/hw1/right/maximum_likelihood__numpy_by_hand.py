"""numpy with its own log-sum-exp, a Python number as the result, and a descent on an array."""

import numpy as np


def nll(logits, counts):
    z, n = np.asarray(logits), np.asarray(counts)
    log_normaliser = z.max() + np.log(np.exp(z - z.max()).sum())
    return float(np.sum(n / n.sum() * (log_normaliser - z)))


def fit_mle(counts, steps=500, learning_rate=1.0):
    n = np.asarray(counts, dtype=float)
    z = np.zeros(len(n))
    for _ in range(steps):
        e = np.exp(z - z.max())
        z = z - learning_rate * (e / e.sum() - n / n.sum())
    return z
