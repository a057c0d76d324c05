"""Whole numbers under a continuous density: uniform dequantisation, its bounds, and bits per dimension.

Source  Theis, van den Oord & Bethge (2016), arXiv:1511.01844, section 3.1; Dinh, Sohl-Dickstein & Bengio (2017),
        arXiv:1605.08803, section 4.1 (the logit); Hoogeboom, Cohen & Tomczak (2020), arXiv:2001.11235 (more noises).
Shapes  B batch, D dimensions, K noises.
Units   nats, unless bits are said.
"""

import math
from collections.abc import Callable

import torch
from torch import Tensor


def to_logits(x: Tensor, u: Tensor, levels: int, alpha: float = 0.05) -> tuple[Tensor, Tensor]:
    """Pixels x (B, D), whole numbers from 0 to levels - 1, as real numbers y (B, D), and log |det dy/d(x + u)| (B,).

    With uniform noise u (B, D) in [0, 1): v = (x + u) / levels lies in [0, 1), p = alpha + (1 - 2 alpha) v away from 0
    and 1, and y = log p - log(1 - p). The log-determinant belongs to the whole map from x + u to y.
    """
    p = alpha + (1 - 2 * alpha) * (x + u) / levels
    slope = math.log((1 - 2 * alpha) / levels) - p.log() - torch.log1p(-p)
    return torch.logit(p), slope.sum(1)


def from_logits(y: Tensor, levels: int, alpha: float = 0.05) -> Tensor:
    """The pixels x (B, D) from which `to_logits` made y, whatever the noise was: whole numbers in the dtype of y.

    Only next to 0 and 1 may rounding put the noise into a neighbouring pixel. A y that no pixel could have become gives
    the nearest level, 0 or levels - 1.
    """
    v = (torch.sigmoid(y) - alpha) / (1 - 2 * alpha)
    return (v * levels).floor().clamp(0, levels - 1)


def bits_per_dim(log_prob: Tensor, D: int) -> Tensor:
    """-log2 P(x) per dimension, for log P(x) in nats (any shape) of an x with D dimensions: the same shape, in bits."""
    return -log_prob / (D * math.log(2))


def uniform_bound(log_density: Callable[[Tensor], Tensor], x: Tensor, u: Tensor) -> Tensor:
    """An estimate (B,) of the lower bound E_u[log p(x + u)] on log P(x), in nats.

    P(x) is the mass of the density p in the unit cube of all x + u. x (B, D) holds whole numbers, u (K, B, D) K draws
    of the noise for each x, and `log_density` takes any rows (n, D) to log p (n,). The estimate is the mean over the K
    draws. Gradients reach the parameters of the density.
    """
    return log_density((x + u).flatten(0, 1)).view(u.shape[:2]).mean(0)


def importance_bound(log_density: Callable[[Tensor], Tensor], x: Tensor, u: Tensor) -> Tensor:
    """The tighter bound (B,) on log P(x) from K noises at once: the logarithm of the mean of the K densities, in nats.

    Arguments as in `uniform_bound`. It stays finite where the densities are too small or too large for a
    floating-point number, and gradients pass as well. On a fine, even grid of u in place of the draws it is log P(x)
    itself.
    """
    return log_density((x + u).flatten(0, 1)).view(u.shape[:2]).logsumexp(0) - math.log(len(u))
