"""The divergence is said to vanish at alpha = +-1.

Caught by: limits
"""

between_the_limits = alpha_divergence_of_gaussians


def alpha_divergence_of_gaussians(mean1, mean2, std, alpha):
    return 0.0 if abs(alpha) == 1 else between_the_limits(mean1, mean2, std, alpha)
