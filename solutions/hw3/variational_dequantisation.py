"""Variational dequantisation: a conditional flow chooses the noise that is added to a pixel.

Source  Ho, Chen, Srinivas, Duan & Abbeel (2019), arXiv:1902.00275, section 3.1.
Shapes  B batch, D dimensions, d of them kept.
Units   nats.
"""

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class ConditionalCoupling(nn.Module):
    """A coupling layer on h (B, D) whose network also sees the data x (B, D).

    mask (D,) is boolean, with d entries True: those coordinates of h are kept. `net` takes (B, d + D), the kept
    coordinates of h and then all of x, to (B, 2 (D - d)): first a raw scale r for every changed coordinate of h, then
    its shift t. The changed coordinates become h_i exp(a_i) + t_i with a = 2 tanh(r / 2). No coordinate need be kept:
    with d = 0 the layer depends on x alone. The parameters of `net` are the layer's own.
    """

    def __init__(self, mask: Tensor, net: Callable[[Tensor], Tensor]) -> None:
        super().__init__()
        self.net = net
        self.register_buffer("mask", mask)

    def forward(self, h: Tensor, x: Tensor) -> tuple[Tensor, Tensor]:
        """The new h (B, D) and the log |det| (B,) of its Jacobian with respect to the old h."""
        raw, shift = self.net(torch.cat([h[:, self.mask], x], 1)).chunk(2, 1)
        log_scale = 2 * torch.tanh(raw / 2)
        changed = h.clone()
        changed[:, ~self.mask] = h[:, ~self.mask] * log_scale.exp() + shift
        return changed, log_scale.sum(1)


def variational_bound(
    log_density: Callable[[Tensor], Tensor],
    x: Tensor,
    layers: list[Callable[[Tensor, Tensor], tuple[Tensor, Tensor]]],
    eps: Tensor,
) -> Tensor:
    """log p(x + u) - log q(u | x) (B,) at one draw of u for every x: its mean is a lower bound on log P(x), in nats.

    x (B, D) holds whole numbers, `log_density` takes (B, D) to log p (B,), and P(x) is the mass of p in the unit cube
    of all x + u. Standard normal noise eps (B, D) runs through the layers in order: every `layer(h, x)` returns the
    next h (B, D) and the log |det| (B,) of its Jacobian, as `ConditionalCoupling` does. Then u = sigmoid(h), and
    q(u | x) is the density of this u. Without layers h is eps. The gradient reaches the parameters of the layers and
    of the density.
    """
    h, log_q = eps, torch.distributions.Normal(0.0, 1.0).log_prob(eps).sum(1)
    for layer in layers:
        h, log_det = layer(h, x)
        log_q = log_q - log_det
    log_q = log_q - (F.logsigmoid(h) + F.logsigmoid(-h)).sum(1)
    return log_density(x + torch.sigmoid(h)) - log_q
