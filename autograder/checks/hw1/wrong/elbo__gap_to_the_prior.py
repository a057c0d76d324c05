"""The KL divergence to the prior, not to the posterior.

Caught by: gap
"""


def elbo_gap(x, m, v, s):
    mean, variance = 0 * x, 1 + 0 * x
    return 0.5 * (v / variance - 1 - torch.log(v / variance) + (m - mean) ** 2 / variance)
