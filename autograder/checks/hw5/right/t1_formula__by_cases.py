"""Two cases, by a mask."""

import torch


def penalised_optimum(w, r, dx, weight):
    extra = torch.abs(w) / (2.0 * weight * r)
    slope = torch.where(w > 0, 1 + extra, -1 - extra)
    return slope, torch.sum(torch.abs(w) * (1 + extra)) * dx
