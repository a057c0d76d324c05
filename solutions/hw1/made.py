"""MADE: a masked autoencoder whose outputs are the conditionals of an autoregressive model.

Source  Germain, Gregor, Murray & Larochelle (2015), arXiv:1502.03509, section 4; "Eq." below means that paper.
Shapes  B batch, D variables, K classes per variable.
Order   order[i] in 0..D-1 is the position of x_i in the ordering; x_i may depend on x_j iff order[j] < order[i].
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn


def make_masks(D: int, hidden: list[int], order: Tensor, generator: torch.Generator) -> list[Tensor]:
    """The 0/1 masks of a MADE with layers D -> hidden[0] -> ... -> hidden[-1] -> D, as len(hidden) + 1 float tensors.

    Mask l has the shape of that layer's weight, (outputs, inputs): (hidden[0], D), (hidden[1], hidden[0]), ...,
    (D, hidden[-1]); entry (i, j) is 1 when unit i may read unit j. order (D,) is a permutation of 0..D-1, and order[i]
    is the position of x_i. Variable x_i has degree order[i] + 1. Every hidden unit draws a degree in 1..D-1 uniformly
    with `generator`, never below the smallest degree of the layer before, so that every unit has something to read:
    whether by drawing from the smallest degree on or by raising what lies below it.
    A hidden unit reads all units of at most its own degree (Eq. 12); output i reads all of a degree below order[i] + 1
    (Eq. 13). The same generator state gives the same masks.
    """
    degrees = [order + 1]
    for width in hidden:
        lowest = int(degrees[-1].min())
        degrees.append(torch.randint(lowest, D, (width,), generator=generator))
    masks = [(after[:, None] >= before).float() for before, after in zip(degrees[:-1], degrees[1:], strict=True)]
    return [*masks, (degrees[0][:, None] > degrees[-1]).float()]


class MADE(nn.Module):
    """The conditionals p(x_i | x_j with order[j] < order[i]) of D variables with K classes, in one forward pass."""

    def __init__(self, D: int, hidden: list[int], K: int, order: Tensor, generator: torch.Generator) -> None:
        """D >= 2 variables, hidden layers of these widths, K classes, order (D,); the generator draws the masks."""
        super().__init__()
        self.D, self.K = D, K
        masks = make_masks(D, hidden, order, generator)
        masks[-1] = masks[-1].repeat_interleave(K, dim=0)  # the K logits of a variable see the same units
        self.layers = nn.ModuleList()
        for mask in masks:
            layer = nn.Linear(mask.shape[1], mask.shape[0])
            layer.register_buffer("mask", mask)
            self.layers.append(layer)

    def forward(self, x: Tensor) -> Tensor:
        """Logits (B, D, K) from x (B, D), class indices 0..K-1 as floats.

        softmax over the last axis of [:, i] is p(x_i = k | the variables before x_i in the ordering).
        """
        h = x
        for layer in self.layers[:-1]:
            h = F.linear(h, layer.weight * layer.mask, layer.bias).relu()
        last = self.layers[-1]
        return F.linear(h, last.weight * last.mask, last.bias).unflatten(1, (self.D, self.K))
