"""The formulas that the theory problems of homework 1 end in, as small functions.

Units   nats.
"""

import math

import torch
from torch import Tensor


def alpha_divergence_of_gaussians(mean1: float, mean2: float, std: float, alpha: float) -> float:
    """Alpha divergence of N(mean1, std^2) from N(mean2, std^2), in closed form, for any real alpha.

    Results beyond 1e15 are not asked for, so that nothing overflows.

    The convention is that of `alpha_divergence`, with an integral in place of the sum:
    4 / (1 - alpha^2) * (1 - integral of p^((1 + alpha) / 2) q^((1 - alpha) / 2)). All arguments are numbers, std > 0,
    and so is the result. alpha = 1 and alpha = -1 give the limits.
    """
    distance = ((mean1 - mean2) / std) ** 2
    rest = (1 - alpha) * (1 + alpha)
    if rest == 0:
        return distance / 2
    return -4 / rest * math.expm1(-rest * distance / 8)


def forward_kl_gaussian(w: float, a: float, s: float) -> tuple[float, float]:
    """Mean and variance of the Gaussian q with the smallest KL(p || q) for p = w N(-a, s^2) + (1 - w) N(a, s^2).

    All arguments are numbers: 0 <= w <= 1, s > 0.
    """
    return (1 - 2 * w) * a, s**2 + 4 * w * (1 - w) * a**2


def path_counts(degrees: list[list[int]], D: int) -> Tensor:
    """Number of paths from every input to every output of a MADE with the natural order: (D, D), in any dtype.

    Entry (i, j) counts the paths from input j to output i, both numbered from 0. degrees[l][u] in 1..D-1 is the degree
    of unit u of hidden layer l; input j has degree j + 1. A hidden unit reads all units of at most its own degree, and
    output i reads the units of the last hidden layer with a degree below i + 1.
    """
    inputs = torch.arange(1, D + 1)
    paths, before = torch.eye(D, dtype=torch.long), inputs
    for layer in degrees:
        after = torch.tensor(layer)
        paths, before = (after[:, None] >= before).long() @ paths, after
    return (inputs[:, None] > before).long() @ paths


def conjugate_elbo(x: float, m: float, v: float, s: float) -> float:
    """The ELBO E_q[log p(x, z)] - E_q[log q(z)] in a one-dimensional conjugate model, in closed form, in nats.

    The model of `elbo_gap`: p(z) = N(0, 1), p(x | z) = N(x; z, s^2), q = N(m, v); s is a standard deviation, v a
    variance. All arguments are numbers, s > 0, v > 0, and so is the result.
    """
    log_likelihood = -0.5 * math.log(2 * math.pi * s**2) - ((x - m) ** 2 + v) / (2 * s**2)
    # The terms log(2 pi) / 2 of the prior and of the entropy of q cancel.
    return log_likelihood - (m**2 + v) / 2 + (1 + math.log(v)) / 2
