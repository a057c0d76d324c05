"""KL(p(z | x) || q) instead of KL(q || p(z | x)).

Caught by: gap
"""


def elbo_gap(x, m, v, s):
    mean, variance = x / (1 + s**2), s**2 / (1 + s**2)
    return 0.5 * (variance / v - 1 - torch.log(variance / v) + (m - mean) ** 2 / v)
