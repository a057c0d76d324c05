"""The change of variables formula: how an invertible map moves a density.

Source  Rezende & Mohamed (2015), arXiv:1505.05770, Eq. (5).
Shapes  B points, D dimensions.
Units   nats.
"""

from collections.abc import Callable

import torch
from torch import Tensor


def log_abs_det_jacobian(f: Callable[[Tensor], Tensor], x: Tensor) -> Tensor:
    """log |det df/dx| at every row of x: (B,).

    x is (B, D); `f` is made of torch operations, takes (B, D) to (B, D) and acts on every row by itself. The Jacobian
    comes from automatic differentiation. The determinant may be negative, and it may be too small or too large for a
    floating-point number: its logarithm is still wanted.
    """
    # Rows do not mix, so the derivative of the sum over rows holds every row's own Jacobian: (D outputs, B, D inputs).
    jacobian = torch.autograd.functional.jacobian(lambda rows: f(rows).sum(0), x, vectorize=True)
    return torch.linalg.slogdet(jacobian.transpose(0, 1)).logabsdet


def transformed_log_prob(
    log_prob_z: Callable[[Tensor], Tensor], f_inverse: Callable[[Tensor], Tensor], x: Tensor
) -> Tensor:
    """Log-density of x = f(z) at the rows of x (B, D), for a z with density exp(log_prob_z): (B,), in nats.

    `log_prob_z` takes z (B, D) to log-densities (B,). `f_inverse` is the inverse of f: it takes x (B, D) to z (B, D),
    row by row, and is made of torch operations.
    """
    return log_prob_z(f_inverse(x)) + log_abs_det_jacobian(f_inverse, x)
