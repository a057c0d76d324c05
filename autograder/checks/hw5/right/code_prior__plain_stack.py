"""One-hot codes, a plain stack of masked layers, the label added everywhere."""

import torch
import torch.nn.functional as F
from torch import nn

import dgm


class CodePrior(nn.Module):
    def __init__(self, n_codes, n_labels, hidden=64, n_blocks=6):
        super().__init__()
        self.n_codes = n_codes
        self.label = nn.Embedding(n_labels, hidden)
        self.first = dgm.MaskedConv2d("A", n_codes, hidden, 3)
        self.rest = nn.ModuleList([dgm.MaskedConv2d("B", hidden, hidden, 3) for _ in range(n_blocks)])
        self.out = nn.Conv2d(hidden, n_codes, 1)

    def logits(self, indices, labels):
        x = F.one_hot(indices, self.n_codes).movedim(3, 1).to(self.out.weight.dtype)
        hint = self.label(labels)[:, :, None, None]
        h = self.first(x) + hint
        for layer in self.rest:
            h = layer(torch.relu(h)) + hint
        return self.out(torch.relu(h))

    def loss(self, indices, labels):
        log_p = self.logits(indices, labels).log_softmax(1)
        return -log_p.gather(1, indices.unsqueeze(1)).mean()

    def sample(self, labels, u):
        with torch.no_grad():
            z = torch.zeros(u.shape, dtype=torch.int64)
            for i in range(u.shape[1]):
                for j in range(u.shape[2]):
                    p = self.logits(z, labels)[:, :, i, j].softmax(1)
                    z[:, i, j] = torch.searchsorted(p.cumsum(1).contiguous(), u[:, i, j, None].to(p), right=True)[:, 0].clamp(
                        max=self.n_codes - 1
                    )
            return z
