"""The mode of the likelihood, without the prior.

Caught by: map_estimate
"""


def map_estimate(a, b, k, n):
    return k / (n + 1e-12)
