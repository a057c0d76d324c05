"""The logarithm of the ratio of variances is left out.

Caught by: gap
"""


def elbo_gap(x, m, v, s):
    mean, variance = x / (1 + s**2), s**2 / (1 + s**2)
    return 0.5 * (v / variance - 1 + (m - mean) ** 2 / variance)
