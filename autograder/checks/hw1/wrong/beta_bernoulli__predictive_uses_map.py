"""The prediction plugs in the MAP estimate.

Caught by: predictive
"""


def predictive(a, b, k, n):
    return (a + k - 1) / (a + b + n - 2)
