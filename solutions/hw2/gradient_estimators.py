"""Two estimators of the gradient of an expectation over a Gaussian, one estimate per draw.

Source  The reparametrisation gradient: Kingma & Welling (2014), arXiv:1312.6114, section 2.4, and Rezende, Mohamed &
        Wierstra (2014), arXiv:1401.4082, section 3; the score-function gradient with a baseline: Williams (1992),
        Machine Learning 8, 229-256; Ranganath, Gerrish & Blei (2014), arXiv:1401.0118.
Shapes  n draws. Column 0 of a result belongs to mean, column 1 to log_std.
"""

from collections.abc import Callable

import torch
from torch import Tensor


def grad_reparam(f: Callable[[Tensor], Tensor], mean: Tensor, log_std: Tensor, eps: Tensor) -> Tensor:
    """Reparametrisation estimates of the gradient of E[f(z)], z ~ N(mean, exp(log_std)^2): (n, 2), one row per draw.

    mean and log_std are tensors of shape (); eps (n,) is standard normal noise, the only randomness. `f` is made of
    torch operations and acts elementwise: it takes z (n,) to values (n,). Row i holds the derivatives with respect to
    mean and to log_std that draw i alone gives; their average over i estimates the gradient. Nothing is averaged here.
    """
    std = log_std.detach().exp()
    z = (mean.detach() + std * eps).requires_grad_()
    # Draw i enters only the i-th value, so the derivatives of the sum are those of the single values.
    (slope,) = torch.autograd.grad(f(z).sum(), z)
    return torch.stack([slope, slope * std * eps], dim=-1)


def grad_score(
    f: Callable[[Tensor], Tensor], mean: Tensor, log_std: Tensor, eps: Tensor, baseline: float = 0.0
) -> Tensor:
    """Score-function estimates of the gradient of E[f(z)], z ~ N(mean, exp(log_std)^2): (n, 2), one row per draw.

    The arguments are those of `grad_reparam`, but `f` is used for its values only: it may have jumps, and it need not
    be differentiable. `baseline` is a number subtracted from every value of f. Row i holds the derivatives with
    respect to mean and to log_std that draw i alone gives. Nothing is averaged here.
    """
    std = log_std.detach().exp()
    value = f(mean.detach() + std * eps) - baseline
    return torch.stack([value * eps / std, value * (eps**2 - 1)], dim=-1)
