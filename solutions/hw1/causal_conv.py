"""Causal convolutions over time, and how far a stack of them sees.

Source  van den Oord, Dieleman, Zen, Simonyan, Vinyals, Graves, Kalchbrenner, Senior & Kavukcuoglu (2016),
        "WaveNet: a generative model for raw audio", arXiv:1609.03499, section 2.1.
Shapes  B batch, C channels, T time steps.
"""

import torch.nn.functional as F
from torch import Tensor, nn


class CausalConv1d(nn.Module):
    """A convolution over time that never looks ahead (van den Oord et al. 2016, Figs. 2 and 3).

    With kernel size k and dilation d, output t is a learned linear map of the k inputs

        t, t - d, ..., t - (k - 1) d                      when `strict` is False,
        t - 1, t - 1 - d, ..., t - 1 - (k - 1) d          when `strict` is True,

    plus a bias. Inputs before the first time step count as zeros. All channels of these inputs are used.
    """

    def __init__(
        self, in_channels: int, out_channels: int, kernel_size: int, dilation: int = 1, strict: bool = False
    ) -> None:
        super().__init__()
        ### BEGIN SOLUTION
        self.delay = int(strict)
        self.reach = (kernel_size - 1) * dilation
        self.conv = nn.Conv1d(in_channels, out_channels, kernel_size, dilation=dilation)
        ### END SOLUTION

    def forward(self, x: Tensor) -> Tensor:
        """The outputs (B, out_channels, T) for the inputs x (B, in_channels, T): as many steps as came in, T >= 1."""
        # A strict layer is delayed by one step: one more zero in front, and the last input falls off the end.
        return self.conv(F.pad(x, (self.reach + self.delay, -self.delay)))


def receptive_field(kernel_size: int, dilations: list[int]) -> int:
    """How many time steps wide the window is through which an output of a stack of causal convolutions sees the input.

    The window reaches from the earliest input that has an influence up to the output's own time step, both counted.
    The stack has one layer per entry of `dilations`, all with the same `kernel_size` and none of them strict; without
    layers the answer is 1.
    """
    return 1 + (kernel_size - 1) * sum(dilations)
