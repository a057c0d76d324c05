"""Gradients of a loss of x(T), where dx/dt = f(x, t; parameters): the adjoint of the ODE, and of Euler's method.

Source  Chen, Rubanova, Bettencourt & Duvenaud (2018), "Neural ordinary differential equations", arXiv:1806.07366:
        Eqs. (4)-(5) and Algorithm 1.
Shapes  n steps; a state x has any shape. The loss L is a number, a(t) = dL/dx(t) has the shape of x.
"""

from collections.abc import Callable

import torch
from torch import Tensor

from solutions.hw6.ode import odeint


def _pull_back(
    f: Callable[[Tensor, Tensor], Tensor], parameters: list[Tensor], x: Tensor, t: Tensor, a: Tensor
) -> tuple[Tensor, ...]:
    """f(x, t), a^T df/dx, and a^T df/dparameter for each: one call of f, one vector-Jacobian product."""
    with torch.enable_grad():
        x = x.detach().requires_grad_()
        velocity = f(x, t)
    return velocity.detach(), *torch.autograd.grad(velocity, (x, *parameters), a, materialize_grads=True)


@torch.no_grad()
def euler_adjoint(
    f: Callable[[Tensor, Tensor], Tensor], parameters: list[Tensor], path: Tensor, ts: Tensor, grad_end: Tensor
) -> tuple[Tensor, list[Tensor]]:
    """Gradients of L(x(ts[-1])) when `path` was made by Euler's method: (dL/dx(ts[0]), [dL/dparameter, ...]).

    path (n + 1, ...) holds the stored states at the times ts (n + 1,), rising or falling, as
    `odeint(f, x0, ts, "euler")` gives them, and grad_end is dL/dpath[-1]. `f(x, t)` depends on x and on each of the
    `parameters`, tensors that require gradients; each gradient has the shape of its parameter. The result is what
    backpropagation through the solver would give, to rounding. The states are used as they are stored, also where they
    have been rounded since, and f is called once at each of them but the last.
    """
    a = grad_end
    gradients = [torch.zeros_like(parameter) for parameter in parameters]
    for k in reversed(range(len(ts) - 1)):
        h = ts[k + 1] - ts[k]
        _, by_x, *by_parameters = _pull_back(f, parameters, path[k], ts[k], a)
        gradients = [gradient + h * by for gradient, by in zip(gradients, by_parameters, strict=True)]
        a = a + h * by_x
    return a, gradients


@torch.no_grad()
def adjoint_gradients(
    f: Callable[[Tensor, Tensor], Tensor], parameters: list[Tensor], x_end: Tensor, ts: Tensor, grad_end: Tensor
) -> tuple[Tensor, list[Tensor]]:
    """The same gradients without a stored path: (dL/dx(ts[0]), [dL/dparameter, ...]).

    f, the parameters and the gradients are as in `euler_adjoint`, the times ts (n + 1,) rise. Only x_end = x(ts[-1])
    is given, with grad_end = dL/dx_end. State, adjoint and the gradients of the parameters are solved together as one
    ODE from ts[-1] back to ts[0], by one step of "rk4" for each interval of ts; f is called four times in a step,
    however many parameters there are.
    """
    sizes = [x_end.numel()] * 2 + [parameter.numel() for parameter in parameters]

    def backward(joined: Tensor, t: Tensor) -> Tensor:
        x, a = (part.reshape(x_end.shape) for part in joined.split(sizes)[:2])
        velocity, by_x, *by_parameters = _pull_back(f, parameters, x, t, a)
        return torch.cat([velocity.flatten(), -by_x.flatten(), *(-by.flatten() for by in by_parameters)])

    zeros = [torch.zeros_like(parameter).flatten() for parameter in parameters]
    start = torch.cat([x_end.detach().flatten(), grad_end.flatten(), *zeros])
    _, a, *gradients = odeint(backward, start, ts.flip(0), "rk4")[-1].split(sizes)
    return a.reshape(x_end.shape), [g.reshape(p.shape) for g, p in zip(gradients, parameters, strict=True)]
