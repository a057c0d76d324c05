"""Cross-entropies, and probabilities as an outer product."""

import math

import torch
import torch.nn.functional as F


def categorical_kl(logits):
    B, N, K = logits.shape
    p = F.softmax(logits, dim=2)
    entropy = F.cross_entropy(logits.reshape(B * N, K), p.reshape(B * N, K), reduction="none").reshape(B, N)
    return N * math.log(K) - entropy.sum(1)


def exact_elbo(logits, log_likelihood):
    B, N, K = logits.shape
    p = logits.softmax(-1)
    joint = p[:, 0]
    for n in range(1, N):
        joint = (joint[..., None] * p[:, n, None]).flatten(1)
    axes = torch.meshgrid(*[torch.arange(K) for _ in range(N)], indexing="ij")
    z = torch.stack([axis.flatten() for axis in axes], dim=1)
    return torch.einsum("bs,sb->b", joint, log_likelihood(z)) - categorical_kl(logits)
