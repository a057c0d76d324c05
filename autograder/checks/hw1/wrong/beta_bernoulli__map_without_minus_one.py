"""The MAP estimate without the -1 of the exponents: the mean.

Caught by: map_estimate
"""


def map_estimate(a, b, k, n):
    return (a + k) / (a + b + n)
