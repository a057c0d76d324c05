"""Composition of invertible layers, and the density that they make.

Model   x is such that z = f_K(... f_1(x)) is standard normal: log p(x) = log N(z; 0, I) + log |det dz/dx|.
Source  Rezende & Mohamed (2015), arXiv:1505.05770, Eqs. (6)-(7); Dinh, Sohl-Dickstein & Bengio (2017),
        arXiv:1605.08803, Eqs. (2)-(3).
Shapes  B batch; x and z are (B, ...), a log-determinant is (B,).
Units   nats.
"""

import torch
from torch import Tensor, nn


class Flow(nn.Module):
    """A flow made of layers, each an nn.Module that is invertible.

    A layer has two methods. `layer(x)` returns z and log |det dz/dx|; `layer.inverse(z)` returns x and
    log |det dx/dz|. x and z have the same shape (B, ...), with any number of dimensions; a log-determinant is (B,), one
    number for every row of the batch. The flow has the same two methods, and its parameters are those of its layers.
    Gradients reach the parameters of all layers through everything that the flow returns.
    """

    def __init__(self, layers: list[nn.Module]) -> None:
        super().__init__()
        self.layers = nn.ModuleList(layers)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """All layers in order, the first one first: z, and log |det dz/dx| (B,) of the whole map."""
        log_det = torch.zeros_like(x.flatten(1)[:, 0])
        for layer in self.layers:
            x, change = layer(x)
            log_det = log_det + change
        return x, log_det

    def inverse(self, z: Tensor) -> tuple[Tensor, Tensor]:
        """The way back: the x with forward(x) = z, and log |det dx/dz| (B,)."""
        log_det = torch.zeros_like(z.flatten(1)[:, 0])
        for layer in reversed(self.layers):
            z, change = layer.inverse(z)
            log_det = log_det + change
        return z, log_det

    def log_prob(self, x: Tensor) -> Tensor:
        """log p(x) (B,), in nats, where forward(x) is standard normal."""
        z, log_det = self.forward(x)
        return torch.distributions.Normal(0.0, 1.0).log_prob(z).flatten(1).sum(1) + log_det
