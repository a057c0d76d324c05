"""The weight w goes to the component at +a.

Caught by: mean
"""

right_side = forward_kl_gaussian


def forward_kl_gaussian(w, a, s):
    mean, variance = right_side(w, a, s)
    return -mean, variance
