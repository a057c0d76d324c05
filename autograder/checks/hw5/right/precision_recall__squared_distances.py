"""Squared distances by broadcasting, and topk."""

import math

import torch


def _squared(a, b):
    return (a[:, None, :] - b[None, :, :]).pow(2).sum(-1)


def _radii(x, k):
    distances = _squared(x, x)
    distances.fill_diagonal_(math.inf)
    return distances.topk(k, dim=1, largest=False).values[:, -1]


def precision_recall(real, fake, k):
    between = _squared(real, fake)
    precision = torch.any(between <= _radii(real, k).unsqueeze(1), dim=0).float().mean().item()
    recall = torch.any(between <= _radii(fake, k).unsqueeze(0), dim=1).float().mean().item()
    return precision, recall


def truncated_normal(u, psi):
    if psi <= 0:
        raise ValueError(f"got {psi}")
    normal = torch.distributions.Normal(torch.zeros((), dtype=u.dtype), torch.ones((), dtype=u.dtype))
    a, b = normal.cdf(torch.tensor([-psi, psi], dtype=u.dtype))
    return normal.icdf(a + u * (b - a))


def truncate_style(w, w_mean, psi):
    return psi * w + (1 - psi) * w_mean
