"""pi is added to the log-density instead of its logarithm.

Caught by: e_step
"""

from torch.distributions import MultivariateNormal


def e_step(X, pi, mean, cov):
    return (pi + MultivariateNormal(mean, cov).log_prob(X[:, None])).softmax(1)
