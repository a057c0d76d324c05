"""E[x^2] as the variance: the squared mean is not subtracted.

Caught by: variance
"""


def forward_kl_gaussian(w, a, s):
    return (1 - 2 * w) * a, s**2 + a**2
