"""PixelCNN for binary images.

Source  van den Oord, Kalchbrenner & Kavukcuoglu (2016), "Pixel recurrent neural networks", arXiv:1601.06759,
        section 3.5; without residual connections, with one logit per pixel in place of a 256-way softmax.
Shapes  B batch, one channel, H height, W width; pixels are 0 or 1.
Units   the loss is in nats per pixel.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from solutions.hw1.masked_conv import MaskedConv2d


class PixelCNN(nn.Module):
    """p(x) = prod_i p(x_i | x_1, ..., x_{i-1}) over the pixels of a binary image, in raster order.

    A stack of n_layers >= 2 masked convolutions with ReLUs between them. The first is of kind "A" and makes n_filters
    channels; all others are of kind "B". The last has kernel size 1 and makes the one logit per pixel, the others
    have the given kernel_size. The images come in as 0 and 1; they may be rescaled before the first layer, for instance
    to -1 and 1, so that the zeros outside the image are neither.
    """

    def __init__(self, n_filters: int = 16, n_layers: int = 5, kernel_size: int = 5) -> None:
        super().__init__()
        ### BEGIN SOLUTION
        layers = [MaskedConv2d("A", 1, n_filters, kernel_size), nn.ReLU()]
        for _ in range(n_layers - 2):
            layers += [MaskedConv2d("B", n_filters, n_filters, kernel_size), nn.ReLU()]
        self.net = nn.Sequential(*layers, MaskedConv2d("B", n_filters, 1, kernel_size=1))
        ### END SOLUTION

    def logits(self, x: Tensor) -> Tensor:
        """Logits (B, 1, H, W) of p(x_i = 1 | earlier pixels) for the images x (B, 1, H, W)."""
        return self.net(2 * x - 1)

    def loss(self, x: Tensor) -> Tensor:
        """The negative log-likelihood of the images x (B, 1, H, W) in nats per pixel: a mean over images and pixels."""
        return F.binary_cross_entropy_with_logits(self.logits(x), x)

    @torch.no_grad()
    def sample(self, n: int, u: Tensor) -> Tensor:
        """Draw n images (n, 1, H, W), pixel after pixel in raster order, with the given uniform numbers u (n, 1, H, W).

        The images hold 0 and 1, in any dtype. A pixel becomes 1 exactly when its u is smaller than its probability of
        being 1, given the pixels drawn so far.
        """
        x = torch.zeros_like(u)
        for row in range(u.shape[2]):
            for column in range(u.shape[3]):
                logit = self.logits(x)[:, :, row, column]
                x[:, :, row, column] = (u[:, :, row, column] < torch.sigmoid(logit)).to(x)
        return x
