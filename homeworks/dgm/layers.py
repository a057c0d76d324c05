"""Layers that later homeworks build on, so that nobody pays twice for a mistake in an earlier one."""

import torch
from torch import Tensor, nn


class MaskedConv2d(nn.Conv2d):
    """The masked convolution of a PixelCNN, for homeworks that come after the one that asks for it.

    Takes (B, in_channels, H, W) to (B, out_channels, H, W). An output sees the inputs at earlier pixels of its window
    in raster order (all rows above its own, and its own row to the left), and with kind "B" also those at its own
    pixel. `kernel_size` is odd; pixels outside the image are zeros. Source: van den Oord, Kalchbrenner and Kavukcuoglu
    (2016), arXiv:1601.06759, section 3.4. Raises ValueError for another kind or an even kernel size.
    """

    def __init__(self, kind: str, in_channels: int, out_channels: int, kernel_size: int) -> None:
        if kind not in {"A", "B"}:
            raise ValueError(f'kind must be "A" or "B", got {kind!r}')
        if kernel_size % 2 == 0:
            raise ValueError(f"kernel_size must be odd, got {kernel_size}")
        super().__init__(in_channels, out_channels, kernel_size, padding="same")
        step = torch.arange(kernel_size**2).view(kernel_size, kernel_size)  # the window in raster order
        now = kernel_size**2 // 2  # the step of the output's own pixel
        self.register_buffer("seen", step <= now if kind == "B" else step < now, persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        return self._conv_forward(x, self.weight.masked_fill(~self.seen, 0.0), self.bias)
