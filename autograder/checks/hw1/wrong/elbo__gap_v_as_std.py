"""v is taken for a standard deviation.

Caught by: gap
"""


def elbo_gap(x, m, v, s):
    mean, variance = x / (1 + s**2), s**2 / (1 + s**2)
    return 0.5 * (v**2 / variance - 1 - torch.log(v**2 / variance) + (m - mean) ** 2 / variance)
