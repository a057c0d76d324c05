"""Minus the KL divergence.

Caught by: gap
"""


def elbo_gap(x, m, v, s):
    mean, variance = x / (1 + s**2), s**2 / (1 + s**2)
    return -0.5 * (v / variance - 1 - torch.log(v / variance) + (m - mean) ** 2 / variance)
