"""1 / (1 - alpha^2) in place of 4 / (1 - alpha^2).

Caught by: generic_alpha
"""

with_factor = alpha_divergence_of_gaussians


def alpha_divergence_of_gaussians(mean1, mean2, std, alpha):
    value = with_factor(mean1, mean2, std, alpha)
    return value if abs(alpha) == 1 else value / 4
