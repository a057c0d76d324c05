"""Plain strided networks without residual blocks, and upsampling."""

import torch
import torch.nn.functional as F
from torch import nn


class VQVAE(nn.Module):
    def __init__(self, n_codes, dim, hidden=32, halvings=2):
        super().__init__()
        self.codebook = nn.Parameter(2 * torch.rand(n_codes, dim) - 1)
        layers, channels = [], 1
        for _ in range(halvings):
            layers += [nn.Conv2d(channels, hidden, 3, stride=2, padding=1), nn.ReLU()]
            channels = hidden
        self.down = nn.Sequential(*layers, nn.Conv2d(hidden, dim, 1))
        layers = [nn.Conv2d(dim, hidden, 3, padding=1), nn.ReLU()]
        for _ in range(halvings):
            layers += [nn.Upsample(scale_factor=2), nn.Conv2d(hidden, hidden, 3, padding=1), nn.ReLU()]
        self.up = nn.Sequential(*layers, nn.Conv2d(hidden, 1, 1))

    def encode(self, x):
        with torch.no_grad():
            return vector_quantize(self.down(x), self.codebook)[1]

    def decode(self, indices):
        return self.up(F.embedding(indices, self.codebook).movedim(3, 1))

    def loss(self, x):
        z_q, _, codebook, commitment = vector_quantize(self.down(x), self.codebook)
        logits = self.up(z_q)
        rec = -torch.distributions.Bernoulli(logits=logits, validate_args=False).log_prob(x).mean()
        return dict(total=rec + codebook + commitment / 4, rec=rec, codebook=codebook, commitment=commitment)


def perplexity(indices, n_codes):
    p = torch.stack([(indices == k).float().mean() for k in range(n_codes)])
    return torch.exp(-torch.xlogy(p, p).sum())
