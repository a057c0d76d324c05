"""A posterior bent by planar flows, and its evidence lower bound.

Source  Rezende & Mohamed (2015), arXiv:1505.05770: Eqs. (10)-(12) for the planar flow, Eq. (15) for the bound,
        appendix A.1 for the condition under which a planar map with tanh is invertible and how to meet it.
Shapes  n draws, d latent dimensions.
Units   nats.
"""

import math
from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor


def planar(z: Tensor, u: Tensor, w: Tensor, b: Tensor) -> tuple[Tensor, Tensor]:
    """A planar map that is invertible for any parameters: (the images (n, d), log |det Jacobian| (n,)).

    z (n, d) goes to z + v tanh(w . z + b), with parameters u (d,), w (d,), not zero, and b (). The vector v is u with
    its component along w changed, v = u + (softplus(w . u) - 1 - w . u) w / |w|^2, so that w . v > -1. Gradients
    reach z, u, w and b.
    """
    along = w @ u
    allowed = F.softplus(along) - 1  # w . v
    v = u + (allowed - along) * w / (w @ w)
    bend = torch.tanh(z @ w + b)  # (n,)
    return z + bend[:, None] * v, torch.log1p((1 - bend**2) * allowed)


def flow_elbo(
    log_joint: Callable[[Tensor], Tensor],
    eps: Tensor,
    mean: Tensor,
    log_std: Tensor,
    layers: list[tuple[Tensor, Tensor, Tensor]],
) -> Tensor:
    """The evidence lower bound of a flow posterior, one estimate for every draw: (n,), in nats.

    eps (n, d) is standard normal noise. It makes z_0 = mean + std * eps from a Gaussian with mean (d,) and log_std
    (d,), and the planar maps with the parameters (u, w, b) in `layers` bend it, the first one first, into z_K. An
    estimate is log_joint(z_K) - log q(z_K): log_joint takes z (n, d) to log p(x, z) (n,) for the one x at hand, and
    q is the density of z_K. Without layers q is the Gaussian. Gradients reach mean, log_std and all parameters in
    layers.
    """
    z = mean + log_std.exp() * eps
    log_q = (-0.5 * eps**2 - log_std - 0.5 * math.log(2 * math.pi)).sum(1)
    for u, w, b in layers:
        z, log_det = planar(z, u, w, b)
        log_q = log_q - log_det
    return log_joint(z) - log_q
