"""torch.distributions.Gumbel, cross-entropies, plain networks."""

import math

import torch
import torch.nn.functional as F
from torch import nn


def _gumbel(u):
    tiny = torch.finfo(u.dtype).tiny
    return -torch.log(-torch.log(u.clamp(min=tiny, max=1 - 1e-7 if u.dtype == torch.float32 else 1 - 1e-15)))


def gumbel_max(logits, u):
    return torch.argmax(logits + _gumbel(u), dim=-1)


def gumbel_softmax(logits, u, temperature, hard=False):
    y = F.softmax((logits + _gumbel(u)) / temperature, dim=-1)
    if hard:
        index = y.max(-1, keepdim=True)[1]
        y_hard = torch.zeros_like(y).scatter_(-1, index, 1.0)
        y = y_hard - y.detach() + y
    return y


class DiscreteVAE(nn.Module):
    def __init__(self, n_codes, hidden=32, halvings=2):
        super().__init__()
        size = 2**halvings
        self.q = nn.Sequential(
            nn.Conv2d(1, hidden, size, stride=size), nn.ReLU(), nn.Conv2d(hidden, hidden, 3, padding=1), nn.ReLU(),
            nn.Conv2d(hidden, n_codes, 1),
        )
        self.p = nn.Sequential(
            nn.Conv2d(n_codes, hidden, 3, padding=1), nn.ReLU(), nn.ConvTranspose2d(hidden, 1, size, stride=size)
        )

    def encode(self, x):
        return self.q(x)

    def decode(self, z):
        return self.p(z)

    def loss(self, x, u, temperature, beta=1.0):
        logits = self.q(x)
        rows, noise = logits.permute(0, 2, 3, 1), u.permute(0, 2, 3, 1)
        z = gumbel_softmax(rows, noise, temperature).permute(0, 3, 1, 2)
        rec = -torch.distributions.Bernoulli(logits=self.p(z), validate_args=False).log_prob(x).sum() / len(x)
        q = torch.distributions.Categorical(logits=rows)
        kl = (math.log(rows.shape[-1]) - q.entropy()).sum() / len(x)
        return {"total": rec + beta * kl, "rec": rec, "kl": kl}
