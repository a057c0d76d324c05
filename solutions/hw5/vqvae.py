"""The VQ-VAE on binary images.

Source  van den Oord, Vinyals & Kavukcuoglu (2017), arXiv:1711.00937, Eq. (3) for the loss, with beta = 0.25, and
        section 4.1 for the shape of the networks.
Shapes  B images of H x W pixels, K code vectors with D dimensions, h x w codes per image.
Units   the reconstruction is in nats per pixel.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from solutions.hw5.vector_quantize import vector_quantize


class VQVAE(nn.Module):
    """An autoencoder of binary images (B, 1, H, W) whose latent variables are h x w numbers from 0 to n_codes - 1.

    h is H / 2^halvings, and w is W / 2^halvings, for H and W that 2^halvings divides. The attribute `codebook`
    (n_codes, dim) is a parameter that starts with uniform numbers from -1 to 1. Encoder and decoder are small
    convolutional networks with about `hidden` channels and any nonlinearity but sigmoids, which learn too little in a
    few seconds of training; no part of them looks at other images of the batch.
    """

    def __init__(self, n_codes: int, dim: int, hidden: int = 32, halvings: int = 2) -> None:
        super().__init__()
        ### BEGIN SOLUTION
        self.codebook = nn.Parameter(torch.empty(n_codes, dim).uniform_(-1, 1))
        down, up = [], []
        for step in range(halvings):
            down += [nn.Conv2d(hidden if step else 1, hidden, 4, stride=2, padding=1), nn.ReLU()]
            out = hidden if step < halvings - 1 else 1
            up += [nn.ReLU(), nn.ConvTranspose2d(hidden, out, 4, stride=2, padding=1)]
        self.encoder = nn.Sequential(*down, ResidualBlock(hidden), nn.ReLU(), nn.Conv2d(hidden, dim, 1))
        self.decoder = nn.Sequential(nn.Conv2d(dim, hidden, 3, padding=1), ResidualBlock(hidden), *up)
        ### END SOLUTION

    def encode(self, x: Tensor) -> Tensor:
        """The codes of the images x (B, 1, H, W): the index of the nearest code vector at every place, (B, h, w)."""
        return vector_quantize(self.encoder(x), self.codebook)[1]

    def decode(self, indices: Tensor) -> Tensor:
        """Logits (B, 1, H, W) of the pixels, for codes (B, h, w)."""
        return self.decoder(self.codebook[indices].permute(0, 3, 1, 2))

    def loss(self, x: Tensor) -> dict[str, Tensor]:
        """The loss of the images x (B, 1, H, W) and its parts: dict(total=(), rec=(), codebook=(), commitment=()).

        `rec` is -log p(x | codes) in nats per pixel, a mean over images and pixels; `codebook` and `commitment` are
        the two losses of `vector_quantize`; total = rec + codebook + 0.25 commitment. Through `rec` the decoder
        learns, and the encoder by the straight-through gradient, but not the codebook.
        """
        z_q, _, codebook, commitment = vector_quantize(self.encoder(x), self.codebook)
        rec = F.binary_cross_entropy_with_logits(self.decoder(z_q), x)
        return {"total": rec + codebook + 0.25 * commitment, "rec": rec, "codebook": codebook, "commitment": commitment}


def perplexity(indices: Tensor, n_codes: int) -> Tensor:
    """How many codes are in use: exp of the entropy of their frequencies in `indices` (any shape, long), ().

    It lies between 1, where all indices are the same, and n_codes, where each of 0, ..., n_codes - 1 is as frequent.
    """
    frequency = torch.bincount(indices.flatten(), minlength=n_codes) / indices.numel()
    return torch.special.entr(frequency).sum().exp()


class ResidualBlock(nn.Module):
    """x plus a small network of x, (B, channels, h, w)."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.change = nn.Sequential(
            nn.ReLU(), nn.Conv2d(channels, channels, 3, padding=1), nn.ReLU(), nn.Conv2d(channels, channels, 1)
        )

    def forward(self, x: Tensor) -> Tensor:
        return x + self.change(x)
