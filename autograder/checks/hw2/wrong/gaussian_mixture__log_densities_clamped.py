"""The logarithms are clamped where the exponential would underflow.

Caught by: far_points
"""

from torch.distributions import MultivariateNormal


def e_step(X, pi, mean, cov):
    log_joint = (pi.log() + MultivariateNormal(mean, cov).log_prob(X[:, None])).clamp(min=-700)
    return log_joint.softmax(1)
