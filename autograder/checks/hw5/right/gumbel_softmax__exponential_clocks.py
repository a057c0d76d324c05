"""Exponential clocks, and a deep network with GELUs."""

import math

import torch
import torch.nn.functional as F
from torch import nn


def _clock(logits, u):
    return torch.log(-torch.log(u)) - logits


def gumbel_max(logits, u):
    return _clock(logits, u).argmin(dim=-1)


def gumbel_softmax(logits, u, temperature, hard=False):
    heights = -_clock(logits, u) / temperature
    soft = torch.exp(heights - torch.logsumexp(heights, -1, keepdim=True))
    if not hard:
        return soft
    winner = torch.eye(logits.shape[-1], dtype=soft.dtype)[gumbel_max(logits, u)]
    return (winner - soft).detach() + soft


class DiscreteVAE(nn.Module):
    def __init__(self, n_codes, hidden=32, halvings=2):
        super().__init__()
        down, up = [nn.Conv2d(1, hidden, 3, padding=1), nn.GELU()], [nn.Conv2d(n_codes, hidden, 1), nn.GELU()]
        for _ in range(halvings):
            down += [nn.Conv2d(hidden, hidden, 2, 2), nn.GELU()]
            up += [nn.ConvTranspose2d(hidden, hidden, 2, 2), nn.GELU()]
        self.encoder = nn.Sequential(*down, nn.Conv2d(hidden, n_codes, 3, padding=1))
        self.decoder = nn.Sequential(*up, nn.Conv2d(hidden, 1, 3, padding=1))

    def encode(self, x):
        return self.encoder(x)

    def decode(self, z):
        return self.decoder(z)

    def loss(self, x, u, temperature, beta=1.0):
        logits = self.encode(x)
        z = torch.movedim(gumbel_softmax(logits.movedim(1, 3), u.movedim(1, 3), temperature), 3, 1)
        pixels = F.binary_cross_entropy_with_logits(self.decode(z), x, reduction="sum") / len(x)
        log_q = logits.log_softmax(1)
        kl = (log_q.exp() * (log_q + math.log(logits.shape[1]))).sum((1, 2, 3)).mean()
        return dict(total=pixels + beta * kl, rec=pixels, kl=kl)
