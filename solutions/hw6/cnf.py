"""Continuous normalising flows: an ODE carries a Gaussian to the data.

Source  Chen, Rubanova, Bettencourt & Duvenaud (2018), arXiv:1806.07366, Theorem 1; Grathwohl, Chen, Bettencourt,
        Sutskever & Duvenaud (2019), "FFJORD", arXiv:1810.01367, section 3.
Shapes  B batch, D dimension, n steps.
Time    noise z ~ N(0, I) lives at ts[0], data x at ts[-1].
Units   nats.
"""

import math
from collections.abc import Callable

import torch
from torch import Tensor

from solutions.hw6.divergence import divergence
from solutions.hw6.ode import odeint


def cnf_log_prob(
    f: Callable[[Tensor, Tensor], Tensor], x: Tensor, ts: Tensor, eps: Tensor | None = None
) -> tuple[Tensor, Tensor]:
    """log p(x) in nats of points x (B, D), and the noise z that they come from: ((B,), (B, D)).

    The model draws z ~ N(0, I) at time ts[0] and follows dx/dt = f(x, t) to time ts[-1]; `f(x, t)` takes points (B, D)
    and a time, a tensor of shape (), to velocities (B, D). Here the points go back along the rising times ts (n + 1,),
    one step of "rk4" for each interval, for the point and for the integral of the divergence together. With eps
    (B, D) every divergence is Hutchinson's estimate, all with the same eps; without, it is exact. log p(x) can be
    differentiated with respect to the parameters of f.
    """

    def augmented(state: Tensor, t: Tensor) -> Tensor:
        velocities = []  # `divergence` calls the field once: what it gave is kept

        def field(points: Tensor) -> Tensor:
            velocities.append(f(points, t))
            return velocities[0]

        rate = divergence(field, state[:, :-1], eps)
        return torch.cat([velocities[0], rate[:, None]], dim=1)

    start = torch.cat([x, torch.zeros_like(x[:, :1])], dim=1)
    end = odeint(augmented, start, ts.flip(0), "rk4")[-1]
    z, change = end[:, :-1], end[:, -1]  # change is the integral from ts[-1] back to ts[0]: minus the integral forwards
    log_base = (-0.5 * z.square() - 0.5 * math.log(2 * math.pi)).sum(1)
    return log_base + change, z
