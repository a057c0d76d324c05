"""Loops and sorted lists."""

import math
from statistics import NormalDist

import torch


def _inside(points, centres, k):
    hits = 0
    radii = []
    for i in range(len(centres)):
        distances = [float(torch.linalg.norm(centres[i] - centres[j])) for j in range(len(centres)) if j != i]
        radii.append(sorted(distances)[k - 1])
    for point in points:
        hits += any(float(torch.linalg.norm(point - c)) <= radius for c, radius in zip(centres, radii))
    return hits / len(points)


def precision_recall(real, fake, k):
    return _inside(fake, real, k), _inside(real, fake, k)


def truncated_normal(u, psi):
    if psi <= 0:
        raise ValueError("psi")
    normal = NormalDist()
    low = normal.cdf(-psi)
    values = [normal.inv_cdf(low + (1 - 2 * low) * value) for value in u.flatten().tolist()]
    return torch.tensor(values, dtype=u.dtype).reshape(u.shape)


def truncate_style(w, w_mean, psi):
    return torch.lerp(w_mean.expand_as(w), w, psi)
