"""The Kolmogorov-Fokker-Planck equation, in D dimensions and in logarithms.

Source  Risken (1989), "The Fokker-Planck Equation", section 4.7, with an isotropic diffusion that depends on t only;
        divided by p, so that log p appears instead of p.
Shapes  B points, D dimension.
"""

from collections.abc import Callable

import torch
from torch import Tensor

from solutions.hw6.divergence import divergence


def fokker_planck_residual(
    log_prob: Callable[[Tensor, Tensor], Tensor],
    drift: Callable[[Tensor, Tensor], Tensor],
    diffusion: Callable[[Tensor], Tensor],
    x: Tensor,
    t: Tensor,
) -> Tensor:
    """By how much log p misses the equation of dX = drift(X, t) dt + diffusion(t) dW, at x (B, D), t (B,): (B,).

    `log_prob(x, t)` gives log p of every row, (B,), `drift(x, t)` vectors (B, D), `diffusion(t)` numbers (B,), all made
    of torch operations that take each row on its own; autograd finds x in the first two, and t in log p. The residual
    is the left side of the equation for log p,

        d/dt log p + div drift + drift . grad log p - diffusion^2 / 2 (laplacian log p + |grad log p|^2),

    with the partial derivative in t; it is zero everywhere where p is the density of X. Derivatives are exact, by
    automatic differentiation, also under `torch.no_grad()`.
    """

    def score(at: Tensor) -> Tensor:
        return torch.autograd.grad(log_prob(at, t).sum(), at, create_graph=True)[0]

    with torch.enable_grad():
        x, t = x.detach().requires_grad_(), t.detach().requires_grad_()
        (by_time,) = torch.autograd.grad(log_prob(x, t).sum(), t, materialize_grads=True)
        gradient = score(x)
        flow = divergence(lambda at: drift(at, t), x) + (drift(x, t) * gradient).sum(1)
        spreading = divergence(score, x) + gradient.square().sum(1)
        return (by_time + flow - 0.5 * diffusion(t).square() * spreading).detach()
