"""The inverse autoregressive flow: the same triangle, run the other way.

Source  Kingma et al. (2016), arXiv:1606.04934, section 4.
Shapes  B batch, D dimensions.
"""

from collections.abc import Callable

import torch
from torch import Tensor, nn


class IAF(nn.Module):
    """Inverse autoregressive flow: every coordinate of x is scaled and shifted by functions of the noise before it.

    `net` takes z (B, D) to (B, D, 2): the mean and the log standard deviation of every coordinate. `order` (D,) holds
    the coordinates 0..D-1 in the order in which they are made: the two numbers of coordinate order[k] depend on
    z[order[0]], ..., z[order[k - 1]] alone. With m, l = mean, log_std at z (not at x): x_i = m_i + exp(l_i) z_i.
    The parameters of `net` are the layer's own.
    """

    def __init__(self, net: Callable[[Tensor], Tensor], order: Tensor) -> None:
        super().__init__()
        self.net = net
        self.order = [int(i) for i in order]

    def inverse(self, z: Tensor) -> tuple[Tensor, Tensor]:
        """x (B, D) and log |det dx/dz| (B,), in one call of `net`: this is how an IAF draws samples.

        Gradients reach z and the parameters of `net`.
        """
        mean, log_std = self.net(z).unbind(-1)
        return mean + log_std.exp() * z, log_std.sum(1)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """The z with inverse(z) = x, and log |det dz/dx| (B,), in at most D calls of `net`, one after the other."""
        columns = [torch.zeros_like(column) for column in x.unbind(1)]
        log_det = torch.zeros_like(x[:, 0])
        for i in self.order:
            mean, log_std = self.net(torch.stack(columns, 1))[:, i].unbind(-1)
            columns[i] = (x[:, i] - mean) * (-log_std).exp()
            log_det = log_det - log_std
        return torch.stack(columns, 1), log_det
