"""em stops when the log-likelihood hardly grows, and fills up with its last value.

Caught by: em
"""

from torch.distributions import MultivariateNormal


def log_likelihood(X, pi, mean, cov):
    return torch.logsumexp(pi.log() + MultivariateNormal(mean, cov).log_prob(X[:, None]), 1).mean()


def em(X, pi, mean, cov, steps):
    values = [log_likelihood(X, pi, mean, cov)]
    for _ in range(steps):
        if len(values) > 2 and values[-1] - values[-2] < 0.05:
            values.append(values[-1])
            continue
        pi, mean, cov = m_step(X, e_step(X, pi, mean, cov))
        values.append(log_likelihood(X, pi, mean, cov))
    return pi, mean, cov, torch.stack(values)
