"""Laplace's rule, whatever the prior.

Caught by: predictive
"""


def predictive(a, b, k, n):
    return (k + 1) / (n + 2)
