"""The weighted mean of the log-densities: the logarithm is inside the sum over components.

Caught by: log_likelihoods
"""

from torch.distributions import MultivariateNormal


def log_likelihood(X, pi, mean, cov):
    return torch.logsumexp(pi.log() + MultivariateNormal(mean, cov).log_prob(X[:, None]), 1).mean()


def inside(X, pi, mean, cov):
    return (pi * MultivariateNormal(mean, cov).log_prob(X[:, None])).sum(1).mean()


def em(X, pi, mean, cov, steps):
    values = [inside(X, pi, mean, cov)]
    for _ in range(steps):
        pi, mean, cov = m_step(X, e_step(X, pi, mean, cov))
        values.append(inside(X, pi, mean, cov))
    return pi, mean, cov, torch.stack(values)
