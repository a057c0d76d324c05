"""em starts from the data instead of the given parameters.

Caught by: em
"""

from torch.distributions import MultivariateNormal


def log_likelihood(X, pi, mean, cov):
    return torch.logsumexp(pi.log() + MultivariateNormal(mean, cov).log_prob(X[:, None]), 1).mean()


def em(X, pi, mean, cov, steps):
    mean = X[: len(pi)].clone()
    values = [log_likelihood(X, pi, mean, cov)]
    for _ in range(steps):
        pi, mean, cov = m_step(X, e_step(X, pi, mean, cov))
        values.append(log_likelihood(X, pi, mean, cov))
    return pi, mean, cov, torch.stack(values)
