"""Hard assignments inside em.

Caught by: em
"""

from torch.distributions import MultivariateNormal


def log_likelihood(X, pi, mean, cov):
    return torch.logsumexp(pi.log() + MultivariateNormal(mean, cov).log_prob(X[:, None]), 1).mean()


def em(X, pi, mean, cov, steps):
    values = [log_likelihood(X, pi, mean, cov)]
    for _ in range(steps):
        R = F.one_hot(e_step(X, pi, mean, cov).argmax(1), len(pi)).to(X.dtype)
        pi, mean, cov = m_step(X, 0.9 * R + 0.1 / len(pi))
        values.append(log_likelihood(X, pi, mean, cov))
    return pi, mean, cov, torch.stack(values)
