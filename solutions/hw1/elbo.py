"""The evidence lower bound of a latent-variable model, and its gap in a model where everything is known.

Source  Kingma & Welling (2014), arXiv:1312.6114, Eq. (2)-(3) and (6): the estimator with all terms at the same z.
Shapes  K draws, B batch, D data dimension, d latent dimension.
Units   nats.
"""

import math
from collections.abc import Callable

import torch
from torch import Tensor


def _log_normal(x: Tensor, mean: Tensor, std: Tensor) -> Tensor:
    """log N(x; mean, diag(std)^2), summed over the last axis of x."""
    return (-0.5 * ((x - mean) / std).square() - std.log() - 0.5 * math.log(2 * math.pi)).sum(-1)


def elbo(
    x: Tensor, q_mean: Tensor, q_std: Tensor, decoder: Callable[[Tensor], tuple[Tensor, Tensor]], eps: Tensor
) -> Tensor:
    """Monte Carlo estimate of the evidence lower bound of every data point: (B,), in nats.

    The model has p(z) = N(0, I) and p(x | z) = N(x; mean(z), diag(std(z))^2); the approximate posterior is
    q(z | x) = N(z; q_mean, diag(q_std)^2). x is (B, D); q_mean and q_std > 0 are (B, d); eps (K, B, d) is standard
    normal noise, the only randomness; `decoder(z)` takes z (K, B, d) to (mean, std), mean (K, B, D) and std a positive
    tensor of shape () or any that broadcasts to it.

    The result is the mean over k of log p(x | z_k) + log p(z_k) - log q(z_k | x), with z_k = q_mean + q_std eps_k and
    no term replaced by its closed form: when q is the exact posterior, every z_k gives log p(x) itself.
    """
    z = q_mean + q_std * eps
    mean, std = decoder(z)
    log_joint = _log_normal(x, mean, std) + _log_normal(z, torch.zeros_like(z), torch.ones_like(z))
    return (log_joint - _log_normal(z, q_mean, q_std)).mean(0)


def elbo_gap(x: Tensor, m: Tensor, v: Tensor, s: Tensor) -> Tensor:
    """How far the ELBO of q lies below log p(x) in a one-dimensional conjugate model, in nats: the shape of x.

    The model: p(z) = N(0, 1), p(x | z) = N(x; z, s^2), so s is a standard deviation. The approximate posterior is
    q = N(m, v), so v is a variance. The gap is KL(q || p(z | x)), in closed form. x, m, v, s are tensors that
    broadcast to the shape of x; the formula holds elementwise.
    """
    posterior_variance = s**2 / (1 + s**2)
    ratio = v / posterior_variance
    return 0.5 * (ratio - 1 - ratio.log() + (m - x / (1 + s**2)) ** 2 / posterior_variance)
