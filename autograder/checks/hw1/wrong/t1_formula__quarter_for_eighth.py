"""(1 - alpha^2) / 4 in the exponent: the 1/2 of the Gaussian is lost.

Caught by: generic_alpha
"""

eighth = alpha_divergence_of_gaussians


def alpha_divergence_of_gaussians(mean1, mean2, std, alpha):
    return eighth(mean1, mean2, std / 2**0.5, alpha)
