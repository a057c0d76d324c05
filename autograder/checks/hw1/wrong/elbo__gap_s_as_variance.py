"""s is taken for a variance.

Caught by: gap
"""


def elbo_gap(x, m, v, s):
    mean, variance = x / (1 + s), s / (1 + s)
    return 0.5 * (v / variance - 1 - torch.log(v / variance) + (m - mean) ** 2 / variance)
