"""The nearest component takes everything, as in k-means.

Caught by: e_step
"""

from torch.distributions import MultivariateNormal


def e_step(X, pi, mean, cov):
    log_joint = pi.log() + MultivariateNormal(mean, cov).log_prob(X[:, None])
    return F.one_hot(log_joint.argmax(1), len(pi)).to(X.dtype)
