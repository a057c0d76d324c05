"""The squared distance is divided by the standard deviation, not by the variance.

Caught by: generic_alpha
"""

by_variance = alpha_divergence_of_gaussians


def alpha_divergence_of_gaussians(mean1, mean2, std, alpha):
    return by_variance(mean1, mean2, std**0.5, alpha)
