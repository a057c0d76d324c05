"""The divergence of a vector field, exactly or by Hutchinson's estimator.

Source  Hutchinson (1990), Communications in Statistics 19, 433-450; for flows Grathwohl, Chen, Bettencourt, Sutskever
        & Duvenaud (2019), "FFJORD", arXiv:1810.01367, Eq. (7).
Shapes  B batch, D dimension.
"""

from collections.abc import Callable

import torch
from torch import Tensor


def divergence(f: Callable[[Tensor], Tensor], x: Tensor, eps: Tensor | None = None) -> Tensor:
    """The divergence of f at every point x (B, D), the sum over i of df_i/dx_i: (B,).

    `f` takes points (B, D) to vectors (B, D) that depend on them, each row on its own. Without `eps` the result is
    exact. With noise eps (B, D) it is the estimate eps^T J eps of every row, where J is the Jacobian of f at the row's
    point, from a single vector-Jacobian product; f is called once either way. The result can be differentiated once
    more, with respect to the parameters of f, and with respect to x where x requires a gradient. It works under
    `torch.no_grad()` as well.
    """
    keep = torch.is_grad_enabled()
    with torch.enable_grad():
        if not x.requires_grad:
            x = x.detach().requires_grad_()
        value = f(x)
        if not value.requires_grad:  # a constant field
            return torch.zeros_like(x[:, 0])
        if eps is not None:
            (product,) = torch.autograd.grad(value, x, eps, create_graph=keep, materialize_grads=True)
            return (product * eps).sum(1)
        # A row of the Jacobian for every coordinate; points do not see each other, so their sum hides nothing.
        options = {"create_graph": keep, "retain_graph": True, "materialize_grads": True}
        rows = [torch.autograd.grad(value[:, i].sum(), x, **options)[0][:, i] for i in range(x.shape[1])]
        return torch.stack(rows).sum(0)
