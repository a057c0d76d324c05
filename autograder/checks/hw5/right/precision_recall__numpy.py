"""NumPy, with erfinv from torch."""

import math

import numpy as np
import torch


def precision_recall(real, fake, k):
    a, b = real.numpy(), fake.numpy()

    def distances(x, y):
        return np.sqrt(((x[:, None] - y[None]) ** 2).sum(-1))

    def radii(x):
        return np.sort(distances(x, x), axis=1)[:, k]

    cross = distances(a, b)
    precision = (cross <= radii(a)[:, None]).any(axis=0).mean()
    recall = (cross <= radii(b)[None, :]).any(axis=1).mean()
    return float(precision), float(recall)


def truncated_normal(u, psi):
    if not psi > 0:
        raise ValueError("psi must be positive")
    mass = math.erf(psi / math.sqrt(2))
    return math.sqrt(2) * torch.erfinv(mass * (2 * u - 1))


def truncate_style(w, w_mean, psi):
    return w_mean[None, :] + (w - w_mean[None, :]) * psi
