"""A recurrent network over the places in raster order; the label is its first input."""

import torch
import torch.nn.functional as F
from torch import nn


class CodePrior(nn.Module):
    def __init__(self, n_codes, n_labels, hidden=64, n_blocks=6):
        super().__init__()
        self.codes = nn.Embedding(n_codes, hidden)
        self.start = nn.Embedding(n_labels, hidden)
        self.again = nn.Embedding(n_labels, hidden)
        self.edge = nn.Parameter(torch.zeros(hidden))
        self.rnn = nn.GRU(2 * hidden, 2 * hidden, batch_first=True)
        self.out = nn.Linear(2 * hidden, n_codes)

    def logits(self, indices, labels):
        B, h, w = indices.shape
        embedded = self.codes(indices)
        left = torch.cat([self.start(labels)[:, None], embedded.flatten(1, 2)[:, :-1]], 1)
        above = F.pad(embedded, (0, 0, 0, 0, 1, 0))[:, :-1].flatten(1, 2) + self.edge
        states, _ = self.rnn(torch.cat([left + self.again(labels)[:, None], above], 2))
        return self.out(states).view(B, h, w, -1).permute(0, 3, 1, 2)

    def loss(self, indices, labels):
        return F.cross_entropy(self.logits(indices, labels), indices)

    @torch.no_grad()
    def sample(self, labels, u):
        B, h, w = u.shape
        z = torch.zeros(B, h, w, dtype=torch.long)
        for place in range(h * w):
            p = self.logits(z, labels).flatten(2)[:, :, place].softmax(1)
            code = (p.cumsum(1) <= u.flatten(1)[:, place, None]).sum(1).clamp(max=p.shape[1] - 1)
            z.view(B, -1)[:, place] = code
        return z
