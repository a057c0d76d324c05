"""Deep networks with GELUs and pixel shuffling."""

import torch
import torch.nn.functional as F
from torch import nn


class VQVAE(nn.Module):
    def __init__(self, n_codes, dim, hidden=32, halvings=2):
        super().__init__()
        self.codebook = nn.Parameter(torch.empty(n_codes, dim))
        nn.init.uniform_(self.codebook, -1.0, 1.0)
        down = [nn.Conv2d(1, hidden, 3, padding=1), nn.GELU()]
        for _ in range(halvings):
            down += [nn.Conv2d(hidden, hidden, 2, stride=2), nn.GELU(), nn.Conv2d(hidden, hidden, 3, padding=1), nn.GELU()]
        down.append(nn.Conv2d(hidden, dim, 3, padding=1))
        up = [nn.Conv2d(dim, hidden, 1), nn.GELU(), nn.Conv2d(hidden, hidden, 3, padding=1), nn.GELU()]
        for _ in range(halvings):
            up += [nn.Conv2d(hidden, 4 * hidden, 1), nn.PixelShuffle(2), nn.GELU()]
        up.append(nn.Conv2d(hidden, 1, 3, padding=1))
        self.encoder, self.decoder = nn.Sequential(*down), nn.Sequential(*up)

    def quantised(self, x):
        return vector_quantize(self.encoder(x), self.codebook)

    def encode(self, x):
        return self.quantised(x)[1]

    def decode(self, indices):
        z_q = self.codebook[indices]
        return self.decoder(z_q.permute(0, 3, 1, 2).contiguous())

    def loss(self, x):
        z_q, _, codebook, commitment = self.quantised(x)
        rec = F.binary_cross_entropy_with_logits(self.decoder(z_q), x)
        loss = {"rec": rec, "codebook": codebook, "commitment": commitment}
        loss["total"] = loss["rec"] + loss["codebook"] + 0.25 * loss["commitment"]
        return loss


def perplexity(indices, n_codes):
    counts = torch.zeros(n_codes).index_add_(0, indices.reshape(-1), torch.ones(indices.numel()))
    p = counts / counts.sum()
    p = p[p > 0]
    return torch.prod(p ** (-p))
