"""Bayesian inference on a coin: a Beta(a, b) prior on P(1) and k ones seen in n independent draws.

Source  Murphy (2012), "Machine Learning: A Probabilistic Perspective", section 3.3 (the beta-binomial model).
Shapes  a, b, k, n are numbers or tensors that broadcast; results have the broadcast shape, float64 where gamma
        functions are involved. a and b need not be whole numbers; n may be 0.
Units   log probabilities in nats.
"""

import torch
from torch import Tensor


def _log_beta(a: Tensor | float, b: Tensor | float) -> Tensor:
    """Logarithm of the beta function B(a, b) = Gamma(a) Gamma(b) / Gamma(a + b)."""
    # float64, because the three terms are of the order of n log n and nearly cancel.
    a, b = (torch.as_tensor(value, dtype=torch.float64) for value in (a, b))
    return torch.lgamma(a) + torch.lgamma(b) - torch.lgamma(a + b)


def beta_posterior(
    a: Tensor | float, b: Tensor | float, k: Tensor | float, n: Tensor | float
) -> tuple[Tensor | float, Tensor | float]:
    """The parameters (a', b') of the posterior, which is a Beta distribution again."""
    return a + k, b + n - k


def predictive(a: Tensor | float, b: Tensor | float, k: Tensor | float, n: Tensor | float) -> Tensor | float:
    """P(the next draw is 1 | the n draws), with the unknown probability integrated out."""
    a, b = beta_posterior(a, b, k, n)
    return a / (a + b)


def map_estimate(a: Tensor | float, b: Tensor | float, k: Tensor | float, n: Tensor | float) -> Tensor | float:
    """The mode of the posterior density, asked for only where both parameters of the posterior are larger than 1."""
    a, b = beta_posterior(a, b, k, n)
    return (a - 1) / (a + b - 2)


def log_evidence(a: Tensor | float, b: Tensor | float, k: Tensor | float, n: Tensor | float) -> Tensor:
    """Log probability under the prior of one particular sequence of n draws with k ones, in nats.

    All sequences with the same k are equally likely; this is the probability of one of them, not of the count k.
    The result is off by at most 1e-4 nats: for float64 tensors with n up to tens of thousands, where it must be finite
    as well, and for numbers with n up to 30, where a float32 result will do.
    """
    return _log_beta(*beta_posterior(a, b, k, n)) - _log_beta(a, b)
