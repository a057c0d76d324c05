"""Own layers: rows shifted down and columns shifted right, with ordinary convolutions on padded input."""

import torch
import torch.nn.functional as F
from torch import nn


class Down(nn.Module):
    """Rows above only (with the row itself when `own`)."""

    def __init__(self, channels, out):
        super().__init__()
        self.conv = nn.Conv2d(channels, out, (2, 3))

    def forward(self, x):
        return self.conv(F.pad(x, (1, 1, 1, 0)))


class Right(nn.Module):
    def __init__(self, channels, out):
        super().__init__()
        self.conv = nn.Conv2d(channels, out, (1, 2))

    def forward(self, x):
        return self.conv(F.pad(x, (1, 0, 0, 0)))


class CodePrior(nn.Module):
    def __init__(self, n_codes, n_labels, hidden=64, n_blocks=6):
        super().__init__()
        self.embed = nn.Embedding(n_codes, hidden)
        self.start_down, self.start_right = Down(hidden, hidden), Right(hidden, hidden)
        self.downs = nn.ModuleList([Down(hidden, hidden) for _ in range(n_blocks)])
        self.rights = nn.ModuleList([Right(hidden, hidden) for _ in range(n_blocks)])
        self.labels = nn.ModuleList([nn.Embedding(n_labels, hidden) for _ in range(n_blocks + 1)])
        self.out = nn.Conv2d(hidden, n_codes, 1)

    def logits(self, indices, labels):
        x = self.embed(indices).permute(0, 3, 1, 2)
        down = self.start_down(F.pad(x, (0, 0, 1, -1)))
        right = self.start_right(F.pad(x, (1, -1, 0, 0))) + down + self.labels[-1](labels)[:, :, None, None]
        for go_down, go_right, label in zip(self.downs, self.rights, self.labels):
            down = down + go_down(F.elu(down))
            right = right + go_right(F.elu(right)) + down + label(labels)[:, :, None, None]
        return self.out(F.elu(right))

    def loss(self, indices, labels):
        return -torch.distributions.Categorical(logits=self.logits(indices, labels).movedim(1, 3)).log_prob(indices).mean()

    @torch.no_grad()
    def sample(self, labels, u):
        z = torch.zeros_like(u, dtype=torch.long)
        for i in range(z.shape[1]):
            for j in range(z.shape[2]):
                p = torch.softmax(self.logits(z, labels)[:, :, i, j], 1)
                total = torch.zeros(len(z), dtype=p.dtype)
                done = torch.zeros(len(z), dtype=torch.bool)
                for k in range(p.shape[1]):
                    total = total + p[:, k]
                    now = (u[:, i, j] < total) & ~done
                    z[now, i, j] = k
                    done |= now
                z[~done, i, j] = p.shape[1] - 1
        return z
