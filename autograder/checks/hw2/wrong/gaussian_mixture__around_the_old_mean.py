"""em takes the covariances around the means of the step before.

Caught by: em
"""

from torch.distributions import MultivariateNormal


def log_likelihood(X, pi, mean, cov):
    return torch.logsumexp(pi.log() + MultivariateNormal(mean, cov).log_prob(X[:, None]), 1).mean()


def em(X, pi, mean, cov, steps):
    values = [log_likelihood(X, pi, mean, cov)]
    for _ in range(steps):
        R, old = e_step(X, pi, mean, cov), mean
        pi, mean, _ = m_step(X, R)
        off = X - old[:, None]
        cov = (R.T[:, :, None] * off).mT @ off / R.sum(0)[:, None, None]
        values.append(log_likelihood(X, pi, mean, cov))
    return pi, mean, cov, torch.stack(values)
