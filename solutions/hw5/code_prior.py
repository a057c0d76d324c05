"""An autoregressive prior over the codes of images, with a label as the prompt.

Source  van den Oord, Vinyals & Kavukcuoglu (2017), arXiv:1711.00937, section 3.3 (a PixelCNN over the codes); van den
        Oord, Kalchbrenner, Vinyals et al. (2016), arXiv:1606.05328, Eqs. (2) and (4) (gates that see a label).
Shapes  B images of h x w codes, each one of K numbers.
Units   nats per code.
"""

import dgm
import torch
import torch.nn.functional as F
from torch import Tensor, nn


class CodePrior(nn.Module):
    """p(codes | label), the product over the places, in raster order, of p(code | earlier codes, label).

    The codes of an image are h x w numbers from 0 to n_codes - 1, its label is a number from 0 to n_labels - 1, and
    one model works for every h and w. Which network computes the conditional distributions, with about `hidden`
    channels and `n_blocks` layers or blocks, is up to you.
    """

    def __init__(self, n_codes: int, n_labels: int, hidden: int = 64, n_blocks: int = 6) -> None:
        super().__init__()
        ### BEGIN SOLUTION
        self.embedding = nn.Embedding(n_codes, hidden)
        self.first = dgm.MaskedConv2d("A", hidden, hidden, kernel_size=5)
        self.blocks = nn.ModuleList(GatedBlock(hidden, n_labels) for _ in range(n_blocks))
        self.last = nn.Sequential(nn.ReLU(), nn.Conv2d(hidden, hidden, 1), nn.ReLU(), nn.Conv2d(hidden, n_codes, 1))
        ### END SOLUTION

    def logits(self, indices: Tensor, labels: Tensor) -> Tensor:
        """Logits (B, n_codes, h, w) of the code at every place, for the codes (B, h, w) and labels (B,), both long.

        Those of a place depend on the label and on the codes at earlier places; not on its own code or a later one, nor
        on other images, in training mode too.
        """
        features = self.first(self.embedding(indices).permute(0, 3, 1, 2))
        for block in self.blocks:
            features = block(features, labels)
        return self.last(features)

    def loss(self, indices: Tensor, labels: Tensor) -> Tensor:
        """The negative log-likelihood of the codes given the labels: a mean over images and places, in nats."""
        return F.cross_entropy(self.logits(indices, labels), indices)

    @torch.no_grad()
    def sample(self, labels: Tensor, u: Tensor) -> Tensor:
        """Draw codes (B, h, w), long, for the labels (B,), place after place, with uniform numbers u (B, h, w).

        By the inverse distribution function: a place gets the first code k for which the probability of the codes
        0, ..., k, given the label and the codes drawn so far, exceeds its u.
        """
        indices = torch.zeros(u.shape, dtype=torch.long)
        for row in range(u.shape[1]):
            for column in range(u.shape[2]):
                # Rows below do not matter, and cost time.
                logits = self.logits(indices[:, : row + 1], labels)[:, :, row, column]
                up_to = logits.softmax(1).cumsum(1)
                code = (up_to <= u[:, row, column, None]).sum(1)
                indices[:, row, column] = code.clamp(max=logits.shape[1] - 1)
        return indices


class GatedBlock(nn.Module):
    """A residual block with gates that see the label: (B, channels, h, w) and labels (B,) to the same shape."""

    def __init__(self, channels: int, n_labels: int) -> None:
        super().__init__()
        self.look_back = dgm.MaskedConv2d("B", channels, 2 * channels, kernel_size=3)
        self.label = nn.Embedding(n_labels, 2 * channels)
        self.mix = nn.Conv2d(channels, channels, 1)

    def forward(self, x: Tensor, labels: Tensor) -> Tensor:
        value, gate = (self.look_back(F.relu(x)) + self.label(labels)[:, :, None, None]).chunk(2, dim=1)
        return x + self.mix(value.tanh() * gate.sigmoid())
