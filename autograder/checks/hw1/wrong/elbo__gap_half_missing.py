"""The factor one half is left out.

Caught by: gap
"""


def elbo_gap(x, m, v, s):
    mean, variance = x / (1 + s**2), s**2 / (1 + s**2)
    return v / variance - 1 - torch.log(v / variance) + (m - mean) ** 2 / variance
