"""RealNVP: coupling layers whose masks take turns.

Source  Dinh, Sohl-Dickstein & Bengio (2017), arXiv:1605.08803, sections 3.4-3.5 and Figure 3 (checkerboard masks).
Shapes  B batch, D dimensions, K layers.
Units   nats.
"""

import torch
from torch import Tensor, nn

from solutions.hw3.coupling import AffineCoupling
from solutions.hw3.flow import Flow


def checkerboard_masks(height: int, width: int, n_layers: int) -> Tensor:
    """Boolean masks (n_layers, height * width) for flattened images, each the complement of the one before.

    Two neighbours in a row or in a column always differ. In the first mask the upper left corner is True.
    """
    even = (torch.arange(height)[:, None] + torch.arange(width)) % 2 == 0
    return torch.stack([even.flatten() ^ (layer % 2 == 1) for layer in range(n_layers)])


class RealNVP(Flow):
    """A flow of K affine couplings on vectors x (B, D): `AffineCoupling` layers in a `Flow`.

    masks (K, D) holds the masks of the layers, in the order of `forward`: every layer keeps some coordinates and
    changes some. Each layer has a small network of its own with `hidden` units in every hidden layer and any
    nonlinearity but sigmoids, which learn too little in a few seconds of training. Its last layer starts at zero, so
    that an untrained flow is the identity.
    """

    def __init__(self, masks: Tensor, hidden: int) -> None:
        ### BEGIN SOLUTION
        super().__init__([AffineCoupling(mask, _network(mask, hidden)) for mask in masks])
        ### END SOLUTION

    @torch.no_grad()
    def sample(self, z: Tensor) -> Tensor:
        """Points x (B, D) made from standard normal noise z (B, D): the x with forward(x) = z, without a gradient."""
        return self.inverse(z)[0]


def _network(mask: Tensor, hidden: int) -> nn.Sequential:
    sizes = [int(mask.sum()), hidden, hidden, 2 * int((~mask).sum())]
    linear = [nn.Linear(inputs, outputs) for inputs, outputs in zip(sizes[:-1], sizes[1:], strict=True)]
    for parameter in linear[-1].parameters():
        nn.init.zeros_(parameter)
    return nn.Sequential(linear[0], nn.ReLU(), linear[1], nn.ReLU(), linear[2])
