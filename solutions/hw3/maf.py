"""The Gaussian autoregressive flow: an autoregressive model, read as an invertible layer.

Source  Papamakarios, Pavlakou & Murray (2017), arXiv:1705.07057, section 3.1.
Shapes  B batch, D dimensions.
"""

from collections.abc import Callable

import torch
from torch import Tensor, nn


class MAF(nn.Module):
    """Masked autoregressive flow: every coordinate of x is Gaussian, given those before it, and z is its noise.

    `net` takes x (B, D) to (B, D, 2): the mean and the log standard deviation of every coordinate. `order` (D,) holds
    the coordinates 0..D-1 in the order in which they are made: the two numbers of coordinate order[k] depend on the
    coordinates order[0], ..., order[k - 1] alone, as in MADE. With m, l = mean, log_std at x: x_i = m_i + exp(l_i) z_i.
    The parameters of `net` are the layer's own.
    """

    def __init__(self, net: Callable[[Tensor], Tensor], order: Tensor) -> None:
        super().__init__()
        self.net = net
        self.order = [int(i) for i in order]

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """z (B, D) and log |det dz/dx| (B,), in one call of `net`; gradients reach x and the parameters of `net`."""
        mean, log_std = self.net(x).unbind(-1)
        return (x - mean) * (-log_std).exp(), -log_std.sum(1)

    def inverse(self, z: Tensor) -> tuple[Tensor, Tensor]:
        """The x with forward(x) = z, and log |det dx/dz| (B,), in at most D calls of `net`, one after the other."""
        columns = [torch.zeros_like(column) for column in z.unbind(1)]
        log_det = torch.zeros_like(z[:, 0])
        for i in self.order:
            mean, log_std = self.net(torch.stack(columns, 1))[:, i].unbind(-1)
            columns[i] = mean + log_std.exp() * z[:, i]
            log_det = log_det + log_std
        return torch.stack(columns, 1), log_det
