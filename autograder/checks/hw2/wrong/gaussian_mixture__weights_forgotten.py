"""The weights pi do not enter the responsibilities.

Caught by: e_step
"""

from torch.distributions import MultivariateNormal


def e_step(X, pi, mean, cov):
    return MultivariateNormal(mean, cov).log_prob(X[:, None]).softmax(1)
