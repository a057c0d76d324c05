"""The KL for every alpha, as if the divergence of two such Gaussians did not depend on it.

Caught by: generic_alpha
"""


def alpha_divergence_of_gaussians(mean1, mean2, std, alpha):
    return ((mean1 - mean2) / std) ** 2 / 2
