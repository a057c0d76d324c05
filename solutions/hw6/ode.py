"""Solvers for ordinary differential equations dx/dt = f(x, t) with fixed steps.

Source  Hairer, Norsett & Wanner (1993), "Solving Ordinary Differential Equations I", section II.1: Euler's method, the
        midpoint rule, and "the" Runge-Kutta method of order 4, Table 1.2.
Shapes  n steps; a state has any shape.
"""

from collections.abc import Callable

import torch
from torch import Tensor


def _euler(f: Callable, x: Tensor, t: Tensor, h: Tensor) -> Tensor:
    return f(x, t)


def _midpoint(f: Callable, x: Tensor, t: Tensor, h: Tensor) -> Tensor:
    return f(x + h / 2 * f(x, t), t + h / 2)


def _rk4(f: Callable, x: Tensor, t: Tensor, h: Tensor) -> Tensor:
    k1 = f(x, t)
    k2 = f(x + h / 2 * k1, t + h / 2)
    k3 = f(x + h / 2 * k2, t + h / 2)
    k4 = f(x + h * k3, t + h)
    return (k1 + 2 * k2 + 2 * k3 + k4) / 6


# How each method chooses the slope of a step of length h from the state x at time t.
_SLOPES = {"euler": _euler, "midpoint": _midpoint, "rk4": _rk4}


def odeint(f: Callable[[Tensor, Tensor], Tensor], x0: Tensor, ts: Tensor, method: str = "rk4") -> Tensor:
    """The solution of dx/dt = f(x, t), x(ts[0]) = x0, at all times ts (n + 1,): (n + 1, *x0.shape).

    `f(x, t)` takes a state of the shape of x0 and a time, a tensor of shape (), to the velocity. From ts[k] to
    ts[k + 1] goes one step of the method: "euler", the explicit "midpoint" rule, or "rk4", the classical Runge-Kutta
    method of order 4. The times may rise or fall and need not be equally far apart. Entry 0 of the result is x0. The
    result can be differentiated with respect to x0 and to whatever f depends on. Raises ValueError for another method.
    """
    if method not in _SLOPES:
        raise ValueError(f"method must be one of {', '.join(_SLOPES)}, got {method!r}")
    slope = _SLOPES[method]
    path = [x0]
    for t, after in zip(ts[:-1], ts[1:], strict=True):
        path.append(path[-1] + (after - t) * slope(f, path[-1], t, after - t))
    return torch.stack(path)
