"""Masked convolutions over images: the layers of a PixelCNN.

Source  van den Oord, Kalchbrenner & Kavukcuoglu (2016), "Pixel recurrent neural networks", arXiv:1601.06759,
        section 3.4 and Fig. 2 (masks of type A and B).
Shapes  B batch, C channels, H height, W width.
Order   raster order: row by row from the top, in a row from left to right. All channels of a pixel are one step.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class MaskedConv2d(nn.Module):
    """A k x k convolution that sees only the part of its window that comes earlier in raster order.

    That is all rows of the window above its centre, to their full width, and in the row of the centre the pixels
    left of it. Kind "A" does not see the centre pixel itself, in any channel; kind "B" sees it in all channels.
    The mask acts on the weights in every forward pass, whatever values the trainable parameters have been given, and
    every weight that it lets through can be learned. There may be a bias. Pixels outside the image count as zeros.
    `kernel_size` is odd. Raises ValueError when `kind` is neither "A" nor "B".
    """

    def __init__(self, kind: str, in_channels: int, out_channels: int, kernel_size: int) -> None:
        super().__init__()
        ### BEGIN SOLUTION
        if kind not in ("A", "B"):
            raise ValueError(f"kind must be 'A' or 'B', got {kind!r}")
        centre = kernel_size // 2
        mask = torch.zeros(kernel_size, kernel_size)
        mask[:centre] = 1
        mask[centre, : centre + (kind == "B")] = 1
        self.register_buffer("mask", mask)
        self.conv = nn.Conv2d(in_channels, out_channels, kernel_size, padding=centre)
        ### END SOLUTION

    def forward(self, x: Tensor) -> Tensor:
        """The outputs (B, out_channels, H, W) for the images x (B, in_channels, H, W)."""
        return F.conv2d(x, self.conv.weight * self.mask, self.conv.bias, padding=self.conv.padding)
