"""Densities with a small number against 0 / 0: far points get equal shares.

Caught by: far_points
"""

from torch.distributions import MultivariateNormal


def e_step(X, pi, mean, cov):
    joint = pi * MultivariateNormal(mean, cov).log_prob(X[:, None]).exp() + 1e-300
    return joint / joint.sum(1, keepdim=True)
