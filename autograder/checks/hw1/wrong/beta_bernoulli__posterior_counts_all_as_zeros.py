"""b + n instead of b + n - k.

Caught by: posterior
"""


def beta_posterior(a, b, k, n):
    return a + k, b + n
