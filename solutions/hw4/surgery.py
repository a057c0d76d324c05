"""ELBO surgery: the aggregate posterior, and what the KL term of the ELBO consists of.

Source  Hoffman & Johnson (2016), "ELBO surgery: yet another way to carve up the variational evidence lower bound",
        NIPS workshop on advances in approximate Bayesian inference; Tomczak & Welling (2018), arXiv:1705.07120,
        section 2, for the aggregate posterior as the prior that maximises the ELBO.
Shapes  N posteriors q(z | x_n), d latent dimensions, M points, S draws.
Units   nats.
"""

import math

from torch import Tensor


def aggregate_log_prob(z: Tensor, mean: Tensor, log_std: Tensor) -> Tensor:
    """Log density of the aggregate posterior q(z) = (q(z | x_1) + ... + q(z | x_N)) / N at z: (M,), in nats.

    z (M, d) are any points. mean and log_std (N, d) hold the means and the logarithms of the standard deviations of
    the N diagonal Gaussians q(z | x_n). The result is finite for finite arguments, also a thousand standard
    deviations away from every mean, and it can be differentiated with respect to all three.
    """
    standardised = (z[:, None] - mean) / log_std.exp()  # (M, N, d)
    log_q = (-0.5 * standardised**2 - log_std - 0.5 * math.log(2 * math.pi)).sum(-1)  # (M, N)
    return log_q.logsumexp(1) - math.log(len(mean))


def elbo_surgery(mean: Tensor, log_std: Tensor, eps: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """The mean KL divergence to the prior N(0, I) and its two parts: (average_kl, marginal_kl, mutual_information).

    average_kl is the mean over n of KL(q(z | x_n) || p(z)), marginal_kl is KL(q(z) || p(z)) with the aggregate
    posterior q(z), and mutual_information is the mean over n of KL(q(z | x_n) || q(z)). mean and log_std (N, d) are
    as in `aggregate_log_prob`; eps (S, N, d) is standard normal noise, S draws from every q(z | x_n). All three are
    averages over the same S N draws of z of a difference of two log densities, each of shape (), so that
    average_kl = marginal_kl + mutual_information holds for any eps, up to rounding.
    """
    z = mean + log_std.exp() * eps  # (S, N, d)
    log_q = (-0.5 * eps**2 - log_std - 0.5 * math.log(2 * math.pi)).sum(-1).mean()
    log_p = (-0.5 * z**2 - 0.5 * math.log(2 * math.pi)).sum(-1).mean()
    log_aggregate = aggregate_log_prob(z.flatten(0, 1), mean, log_std).mean()
    return log_q - log_p, log_aggregate - log_p, log_q - log_aggregate
