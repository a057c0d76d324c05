"""The variance within the components alone.

Caught by: variance
"""


def forward_kl_gaussian(w, a, s):
    return (1 - 2 * w) * a, s**2
