"""Quantisation written anew inside the model, patches by one large stride."""

import torch
import torch.nn.functional as F
from torch import nn


class VQVAE(nn.Module):
    def __init__(self, n_codes, dim, hidden=32, halvings=2):
        super().__init__()
        size = 2**halvings
        self.codebook = nn.Parameter(torch.empty(n_codes, dim).uniform_(-1, 1))
        self.patches = nn.Conv2d(1, hidden, size, stride=size)
        self.mix = nn.Conv2d(hidden, hidden, 3, padding=1)
        self.out = nn.Conv2d(hidden, dim, 1)
        self.into = nn.Conv2d(dim, hidden, 3, padding=1)
        self.mix_back = nn.Conv2d(hidden, hidden, 3, padding=1)
        self.pixels = nn.ConvTranspose2d(hidden, 1, size, stride=size)

    def _z_e(self, x):
        h = F.leaky_relu(self.patches(x))
        return self.out(F.leaky_relu(h + self.mix(h)))

    def _pixels(self, z):
        h = F.leaky_relu(self.into(z))
        return self.pixels(F.leaky_relu(h + self.mix_back(h)))

    def _codes(self, z_e):
        B, D, h, w = z_e.shape
        return torch.cdist(z_e.permute(0, 2, 3, 1).reshape(-1, D), self.codebook).argmin(1).view(B, h, w)

    def encode(self, x):
        return self._codes(self._z_e(x))

    def decode(self, indices):
        return self._pixels(self.codebook[indices].permute(0, 3, 1, 2))

    def loss(self, x):
        z_e = self._z_e(x)
        e = self.codebook[self._codes(z_e)].permute(0, 3, 1, 2)
        codebook, commitment = F.mse_loss(e, z_e.detach()), F.mse_loss(z_e, e.detach())
        rec = F.binary_cross_entropy_with_logits(self._pixels(z_e + (e - z_e).detach()), x)
        return {"total": rec + codebook + 0.25 * commitment, "rec": rec, "codebook": codebook, "commitment": commitment}


def perplexity(indices, n_codes):
    _, counts = indices.unique(return_counts=True)
    return torch.distributions.Categorical(probs=counts.float()).entropy().exp()
