"""The denominator of the mode loses 1 instead of 2.

Caught by: map_estimate
"""


def map_estimate(a, b, k, n):
    return (a + k - 1) / (a + b + n - 1)
