"""The zeros are added to a and the ones to b.

Caught by: posterior
"""


def beta_posterior(a, b, k, n):
    return a + n - k, b + k
