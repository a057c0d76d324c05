"""Forward and reverse KL on a grid, and the Gaussian that each of them likes best.

Source  Bishop (2006), Pattern Recognition and Machine Learning, section 10.1.2: the forward KL matches moments,
        the reverse KL seeks a mode.
Shapes  N grid points, evenly spaced.
Units   nats.
"""

import math

import torch
from torch import Tensor


def kl_grid(log_p: Tensor, log_q: Tensor, dx: float) -> Tensor:
    """KL(p || q) in nats, (): the Riemann sum of p log(p / q) over a grid with spacing dx.

    log_p, log_q (N,) are the log densities at the grid points. Where p is 0, that is log_p = -inf, the point
    contributes exactly 0, whatever log_q is there (it may be -inf as well). Where q is 0 and p is not, the result is
    inf.
    """
    p = log_p.exp()
    # A product with 0 is not enough: 0 * inf is NaN.
    log_ratio = torch.where(p > 0, log_p - log_q, 0.0)
    return (p * log_ratio).sum() * dx


def fit_gaussian(
    log_p: Tensor,
    grid: Tensor,
    direction: str,
    mean0: float,
    log_std0: float,
    steps: int = 1000,
    learning_rate: float = 0.05,
) -> tuple[Tensor, Tensor]:
    """Mean () and standard deviation () of the Gaussian q fitted to p by gradient descent from (mean0, log_std0).

    log_p (N,) is the log density of p on `grid` (N,), evenly spaced. `direction` is "forward", minimise KL(p || q),
    or "reverse", minimise KL(q || p). The parameters that move are the mean and the logarithm of the standard
    deviation. They start from the given numbers, which decide in which local minimum the reverse fit ends, and each
    of the `steps` steps subtracts learning_rate times their gradient of the Riemann sum: no momentum, nothing
    adaptive. The results carry no gradient.

    Raises ValueError for any other direction.
    """
    if direction not in ("forward", "reverse"):
        raise ValueError(f"direction must be 'forward' or 'reverse', got {direction!r}")
    dx = (grid[1] - grid[0]).item()
    mean = torch.tensor(float(mean0), dtype=grid.dtype, requires_grad=True)
    log_std = torch.tensor(float(log_std0), dtype=grid.dtype, requires_grad=True)
    optimizer = torch.optim.SGD([mean, log_std], lr=learning_rate)
    for _ in range(steps):
        log_q = -0.5 * ((grid - mean) / log_std.exp()) ** 2 - log_std - 0.5 * math.log(2 * math.pi)
        kl = kl_grid(log_p, log_q, dx) if direction == "forward" else kl_grid(log_q, log_p, dx)
        optimizer.zero_grad()
        kl.backward()
        optimizer.step()
    return mean.detach(), log_std.exp().detach()
