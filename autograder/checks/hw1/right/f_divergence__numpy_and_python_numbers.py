"""A loop over the symbols for f, numpy for alpha, which stays in logarithms; Python numbers as results."""

import numpy as np


def f_divergence(p, q, f):
    total = 0.0
    for k in range(len(p)):
        total += float(q[k] * f(p[k] / q[k]))
    return total


def alpha_divergence(p, q, alpha):
    a, b = np.log(np.asarray(p)), np.log(np.asarray(q))
    if alpha == 1.0:
        return float(np.sum(np.exp(a) * (a - b)))
    if alpha == -1.0:
        return float(np.sum(np.exp(b) * (b - a)))
    t = (1 + alpha) / 2
    return float((1 - np.exp(t * a + (1 - t) * b).sum()) / (t * (1 - t)))
