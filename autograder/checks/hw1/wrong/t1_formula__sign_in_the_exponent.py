"""The exponent has the wrong sign: the integral exceeds 1 where it must not.

Caught by: generic_alpha
"""

import math


def alpha_divergence_of_gaussians(mean1, mean2, std, alpha):
    distance, rest = ((mean1 - mean2) / std) ** 2, 1 - alpha**2
    if rest == 0:
        return distance / 2
    return 4 / rest * (1 - math.exp(rest * distance / 8))
