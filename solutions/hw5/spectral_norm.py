"""Spectral normalisation: layers that stretch no vector, and what that means for a convolution.

Source  Miyato, Kataoka, Koyama & Yoshida (2018), arXiv:1802.05957, Eq. (8) for the layer, Algorithm 1 for the
        iteration, Eq. (12) for the gradient. For convolutions as operators: Sedghi, Gupta & Long (2019),
        arXiv:1805.10408.
Shapes  W is (m, n). A convolution takes C channels to D channels, on images of height H and width W.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn


def power_iteration(W: Tensor, u: Tensor, n_steps: int) -> tuple[Tensor, Tensor, Tensor]:
    """An estimate (sigma, u, v) of the largest singular value of W (m, n) and its two singular vectors.

    Start from u (m,), and in each of n_steps >= 1 steps let v (n,) be W^T u and then u (m,) be W v, both scaled to
    length 1. sigma () is u^T W v after the last step. The vectors count as constants: no gradient flows through
    them, and the gradient of sigma with respect to W is u v^T.
    """
    with torch.no_grad():
        for _ in range(n_steps):
            v = F.normalize(W.mT @ u, dim=0)
            u = F.normalize(W @ v, dim=0)
    return u @ W @ v, u, v


class SpectralLinear(nn.Module):
    """A linear layer whose matrix is divided by an estimate of its largest singular value.

    The parameters are `weight` (out_features, in_features) and `bias` (out_features,). Every forward pass in training
    mode first makes one step of power iteration on the weight as it is now, from the vector u that the previous
    pass left; the first one starts from a random vector that is drawn when the layer is made. In evaluation mode the
    vector stays, and sigma is computed from it and from the weight as it is now: u^T W v with the v that u gives, or
    with the one of the last step. The vector is part of the layer's `state_dict`. The gradient with respect to
    `weight` flows through the matrix and through sigma, but not through the vectors; the values of `weight` are left
    alone.
    """

    def __init__(self, in_features: int, out_features: int) -> None:
        super().__init__()
        ### BEGIN SOLUTION
        layer = nn.Linear(in_features, out_features)
        self.weight, self.bias = layer.weight, layer.bias
        self.register_buffer("u", F.normalize(torch.randn(out_features), dim=0))
        ### END SOLUTION

    def forward(self, x: Tensor) -> Tensor:
        """x (..., in_features) times the transpose of weight / sigma, plus the bias: (..., out_features)."""
        if self.training:
            sigma, u, _ = power_iteration(self.weight, self.u, 1)
            self.u = u
        else:
            with torch.no_grad():
                v = F.normalize(self.weight.mT @ self.u, dim=0)
            sigma = self.u @ self.weight @ v
        return F.linear(x, self.weight / sigma, self.bias)


def conv_norm(kernel: Tensor, x: Tensor, n_steps: int) -> Tensor:
    """The largest factor by which a convolution can lengthen an image, estimated by power iteration: ().

    kernel (D, C, k, k) with odd k acts with stride 1 and zeros around the image, so that height and width stay. x
    (C, H, W) is the image to start from. It fixes H and W too, on which the result depends. Each of n_steps >= 1
    steps applies the convolution and then its transpose and scales the image to length 1; the result is the length
    of the convolution of the last image.
    """
    padding = kernel.shape[-1] // 2
    for _ in range(n_steps):
        x = F.conv_transpose2d(F.conv2d(x, kernel, padding=padding), kernel, padding=padding)
        x = x / torch.linalg.vector_norm(x)
    return torch.linalg.vector_norm(F.conv2d(x, kernel, padding=padding))
