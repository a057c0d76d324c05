"""The formula is used at alpha = +-1 as well, where it is 0 / 0.

Caught by: limits
"""

import math


def alpha_divergence_of_gaussians(mean1, mean2, std, alpha):
    rest = 1 - alpha**2
    return 4 / rest * (1 - math.exp(-rest / 8 * ((mean1 - mean2) / std) ** 2))
