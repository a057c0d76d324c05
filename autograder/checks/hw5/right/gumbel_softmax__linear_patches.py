"""Linear layers on patches in place of convolutions, categorical_kl for the divergence."""

import torch
import torch.nn.functional as F
from torch import nn


def gumbel_max(logits, u):
    noise = -(-u.log()).log()
    return (logits + noise).max(dim=-1).indices


def gumbel_softmax(logits, u, temperature, hard=False):
    noise = -(-u.log()).log()
    y = torch.softmax((logits + noise) / temperature, dim=-1)
    if hard:
        with torch.no_grad():
            step = F.one_hot(gumbel_max(logits, u), logits.shape[-1]) - y
        y = y + step
    return y


class DiscreteVAE(nn.Module):
    def __init__(self, n_codes, hidden=32, halvings=2):
        super().__init__()
        self.side = 2**halvings
        n = self.side**2
        self.into = nn.Sequential(nn.Linear(n, hidden), nn.ReLU(), nn.Linear(hidden, hidden), nn.ReLU(), nn.Linear(hidden, n_codes))
        self.out = nn.Sequential(nn.Linear(n_codes, hidden), nn.ReLU(), nn.Linear(hidden, hidden), nn.ReLU(), nn.Linear(hidden, n))

    def encode(self, x):
        patches = F.unfold(x, self.side, stride=self.side).transpose(1, 2)
        logits = self.into(patches).transpose(1, 2)
        return logits.reshape(len(x), -1, x.shape[2] // self.side, x.shape[3] // self.side)

    def decode(self, z):
        B, _, h, w = z.shape
        patches = self.out(z.flatten(2).transpose(1, 2)).transpose(1, 2)
        return F.fold(patches, (h * self.side, w * self.side), self.side, stride=self.side)

    def loss(self, x, u, temperature, beta=1.0):
        logits = self.encode(x)
        flat, noise = logits.flatten(2).transpose(1, 2), u.flatten(2).transpose(1, 2)
        z = gumbel_softmax(flat, noise, temperature).transpose(1, 2).reshape(logits.shape)
        rec = F.binary_cross_entropy_with_logits(self.decode(z), x, reduction="none").flatten(1).sum(1).mean()
        kl = categorical_kl(flat).mean()
        return {"total": rec + beta * kl, "rec": rec, "kl": kl}
