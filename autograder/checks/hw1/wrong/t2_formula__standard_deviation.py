"""The standard deviation in place of the variance.

Caught by: variance
"""

with_variance = forward_kl_gaussian


def forward_kl_gaussian(w, a, s):
    mean, variance = with_variance(w, a, s)
    return mean, variance**0.5
