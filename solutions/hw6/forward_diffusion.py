"""The forward diffusion: the schedule, noisy points in one jump, and where a noisy point was one step earlier.

Source  Ho, Jain & Abbeel (2020), "Denoising diffusion probabilistic models", arXiv:2006.11239: Eqs. (2), (4), (6), (7);
        Nichol & Dhariwal (2021), arXiv:2102.09672, Eq. (17) (the cosine schedule).
Shapes  B batch, T steps. A point has any shape behind the batch: x (B, ...).
Time    t runs over 1..T, index 0 is clean data. A schedule is alpha_bars (T + 1,), the share of the signal's variance
        that is left: alpha_bars[0] = 1, alpha_t = alpha_bars[t] / alpha_bars[t - 1] and beta_t = 1 - alpha_t.
"""

import math

import torch
from torch import Tensor


def _at(values: Tensor, like: Tensor) -> Tensor:
    """One number per row, (B,), in the shape (B, 1, ..., 1) and the dtype of `like` (B, ...)."""
    return values.to(like).reshape(-1, *[1] * (like.dim() - 1))


def cosine_schedule(T: int) -> Tensor:
    """The cosine schedule with T steps: alpha_bars (T + 1,), in float64.

    alpha_bars[t] = h(t) / h(0) with h(t) = cos((t / T + s) / (1 + s) pi / 2)^2 and s = 0.008. But no step may lose more
    than 0.999 of the variance: where beta_t would be larger it is 0.999. So alpha_bars[T] > 0.
    """
    t = torch.arange(T + 1, dtype=torch.float64)
    h = ((t / T + 0.008) / 1.008 * math.pi / 2).cos().square()
    betas = (1 - h[1:] / h[:-1]).clamp(max=0.999)
    return torch.cat([torch.ones(1, dtype=torch.float64), (1 - betas).cumprod(0)])


def q_sample(x0: Tensor, t: Tensor, eps: Tensor, alpha_bars: Tensor) -> Tensor:
    """The noisy points x_t (B, ...) of clean points x0 (B, ...) after t (B,) steps of q, in a single jump.

    Every row has its own t in 0..T; at t = 0 it stays x0. eps (B, ...) is standard normal. A step of q is
    x_t = sqrt(alpha_t) x_{t-1} + sqrt(beta_t) noise. The result has the shape and the dtype of x0, whatever the dtype
    of alpha_bars (T + 1,).
    """
    return _at(alpha_bars[t].sqrt(), x0) * x0 + _at((1 - alpha_bars[t]).sqrt(), x0) * eps


def q_posterior(x0: Tensor, xt: Tensor, t: Tensor, alpha_bars: Tensor) -> tuple[Tensor, Tensor]:
    """Mean (B, ...) and variance (B, 1, ..., 1) of the Gaussian q(x_{t-1} | x_t, x_0), for t (B,) in 1..T.

    x0 and xt are (B, ...); every row has its own t. At t = 1 the mean is x0 and the variance 0. Both results have the
    dtype of x0, whatever the dtype of alpha_bars (T + 1,). Raises ValueError when some t lies outside 1..T.
    """
    T = len(alpha_bars) - 1
    if t.min() < 1 or t.max() > T:
        raise ValueError(f"t must lie in 1..{T}, got {t.min().item()}..{t.max().item()}")
    now, before = alpha_bars[t], alpha_bars[t - 1]
    alpha = now / before
    clean = before.sqrt() * (1 - alpha) / (1 - now)
    noisy = alpha.sqrt() * (1 - before) / (1 - now)
    variance = (1 - before) * (1 - alpha) / (1 - now)
    return _at(clean, x0) * x0 + _at(noisy, x0) * xt, _at(variance, x0)
