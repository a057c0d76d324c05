"""The prediction is the share of ones seen.

Caught by: predictive
"""


def predictive(a, b, k, n):
    return k / (n + 1e-12)
