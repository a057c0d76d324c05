"""em writes its results into the tensors that it was given.

Caught by: em
"""

from torch.distributions import MultivariateNormal


def log_likelihood(X, pi, mean, cov):
    return torch.logsumexp(pi.log() + MultivariateNormal(mean, cov).log_prob(X[:, None]), 1).mean()


def em(X, pi, mean, cov, steps):
    values = [log_likelihood(X, pi, mean, cov)]
    for _ in range(steps):
        new = m_step(X, e_step(X, pi, mean, cov))
        for old, part in zip((pi, mean, cov), new):
            old.copy_(part)
        values.append(log_likelihood(X, pi, mean, cov))
    return pi.clone(), mean.clone(), cov.clone(), torch.stack(values)
