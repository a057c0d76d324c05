"""The variance of a weighted sum of two independent variables, not of a mixture.

Caught by: variance
"""


def forward_kl_gaussian(w, a, s):
    return (1 - 2 * w) * a, (w**2 + (1 - w) ** 2) * s**2
