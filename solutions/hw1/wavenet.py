"""WaveNet: a dilated causal convolutional network over sequences of symbols.

Source  van den Oord, Dieleman, Zen, Simonyan, Vinyals, Graves, Kalchbrenner, Senior & Kavukcuoglu (2016),
        "WaveNet: a generative model for raw audio", arXiv:1609.03499; "Eq." and "Fig." below mean that paper.
Shapes  B batch, T time steps, K symbols, C residual channels, S skip channels.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from solutions.hw1.causal_conv import CausalConv1d


def gated_activation(filter: Tensor, gate: Tensor) -> Tensor:
    """The gated activation unit of Eq. (2): a tanh of the filter, let through by a sigmoid of the gate.

    Both arguments have the same shape, which is also the shape of the result.
    """
    return torch.tanh(filter) * torch.sigmoid(gate)


class WaveNetBlock(nn.Module):
    """One residual block (Fig. 4).

    A filter and a gate, both causal convolutions of the input h with the given kernel size and dilation (not strict)
    and with C = residual_channels outputs, go through `gated_activation`. Two 1 x 1 convolutions read the result z:
    one makes the residual, which is added to h, the other the skip output. When all parameters are 0, h comes
    out as it went in and the skip output is 0.
    """

    def __init__(self, residual_channels: int, skip_channels: int, kernel_size: int, dilation: int) -> None:
        super().__init__()
        ### BEGIN SOLUTION
        self.filter_and_gate = CausalConv1d(residual_channels, 2 * residual_channels, kernel_size, dilation)
        self.residual = nn.Conv1d(residual_channels, residual_channels, 1)
        self.skip = nn.Conv1d(residual_channels, skip_channels, 1)
        ### END SOLUTION

    def forward(self, h: Tensor) -> tuple[Tensor, Tensor]:
        """From h (B, C, T): the next h (B, C, T) and the skip output (B, S, T)."""
        z = gated_activation(*self.filter_and_gate(h).chunk(2, dim=1))  # (B, C, T)
        return h + self.residual(z), self.skip(z)


class WaveNet(nn.Module):
    """p(x) = prod_t p(x_t | x_1, ..., x_{t-1}) over sequences of K = n_classes symbols (Eq. 1).

    The symbols enter one-hot, as K channels, through one strict causal convolution with kernel size 1 and
    C = residual_channels outputs: from there on, time step t knows nothing of x_t. One `WaveNetBlock` per entry of
    `dilations` follows. The sum (or the mean) of all their skip outputs gives the logits (Fig. 4): two 1 x 1
    convolutions, to S and to K channels, with a ReLU between them and, as a rule, one before. So the logits at t see
    symbols before t only, through a window of receptive_field(kernel_size, dilations) time steps that ends at t - 1.
    """

    def __init__(
        self, n_classes: int, residual_channels: int, skip_channels: int, kernel_size: int, dilations: list[int]
    ) -> None:
        super().__init__()
        ### BEGIN SOLUTION
        self.n_classes = n_classes
        self.shift = CausalConv1d(n_classes, residual_channels, kernel_size=1, strict=True)
        self.blocks = nn.ModuleList(WaveNetBlock(residual_channels, skip_channels, kernel_size, d) for d in dilations)
        self.head = nn.Sequential(
            nn.ReLU(),
            nn.Conv1d(skip_channels, skip_channels, 1),
            nn.ReLU(),
            nn.Conv1d(skip_channels, n_classes, 1),
        )
        ### END SOLUTION

    def forward(self, x: Tensor) -> Tensor:
        """Logits (B, K, T) of the distribution of every x_t given the symbols before it; x (B, T) long in 0..K-1."""
        h = self.shift(F.one_hot(x, self.n_classes).mT.float())  # (B, K, T) -> (B, C, T)
        skips = 0
        for block in self.blocks:
            h, skip = block(h)
            skips = skips + skip
        return self.head(skips)
