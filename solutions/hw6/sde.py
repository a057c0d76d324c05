"""Stochastic differential equations dX = f(X, t) dt + g(X, t) dW, step by step, and Langevin dynamics.

Source  Kloeden & Platen (1992), "Numerical Solution of Stochastic Differential Equations", section 10.2 (the
        Euler-Maruyama scheme); Song & Ermon (2019), arXiv:1907.05600, Eq. (4) (Langevin dynamics).
Shapes  B chains, D dimension, n steps.
"""

from collections.abc import Callable

import torch
from torch import Tensor


def euler_maruyama(
    drift: Callable[[Tensor, Tensor], Tensor],
    diffusion: Callable[[Tensor, Tensor], Tensor],
    x0: Tensor,
    ts: Tensor,
    noise: Tensor,
) -> Tensor:
    """Paths of dX = drift(X, t) dt + diffusion(X, t) dW from x0 (B, D), at all times ts (n + 1,): (n + 1, B, D).

    Both functions take the state (B, D) and a time, a tensor of shape (). drift gives (B, D), diffusion anything that
    broadcasts to (B, D) and multiplies the noise elementwise. Both are evaluated at the state and the time before the
    step (Ito). noise (n, B, D) is standard normal, entry k for the step from ts[k] to ts[k + 1]. The steps need not be
    equally long, and the times may fall: then the drift is followed backwards, and the noise still has the variance
    |ts[k + 1] - ts[k]| diffusion^2. Entry 0 of the result is x0.
    """
    path = [x0]
    for t, after, eps in zip(ts[:-1], ts[1:], noise, strict=True):
        x, h = path[-1], after - t
        path.append(x + h * drift(x, t) + h.abs().sqrt() * diffusion(x, t) * eps)
    return torch.stack(path)


def langevin(score: Callable[[Tensor], Tensor], x0: Tensor, step_size: float, noise: Tensor) -> Tensor:
    """Chains of (unadjusted) Langevin dynamics from x0 (B, D): all their states, (n + 1, B, D).

    Each step adds (step_size / 2) score(x) + sqrt(step_size) eps, where `score` takes x (B, D) to the gradient of
    log p (B, D) and eps is an entry of the standard normal noise (n, B, D). Entry 0 of the result is x0.
    """
    path = [x0]
    for eps in noise:
        path.append(path[-1] + step_size / 2 * score(path[-1]) + step_size**0.5 * eps)
    return torch.stack(path)
