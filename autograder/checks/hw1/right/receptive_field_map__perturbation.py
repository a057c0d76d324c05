"""No gradients: every pixel of many random images is changed in turn, in float64; the answers are NumPy arrays of 0 and 1."""

import copy

import numpy as np
import torch


@torch.no_grad()
def receptive_field_map(net, H, W, r, c):
    seen, net = np.zeros((H, W), dtype=int), copy.deepcopy(net).double()
    for _ in range(16):
        base = torch.randn(1, 1, H, W, dtype=torch.float64)
        change = torch.eye(H * W).view(H * W, 1, H, W) * 2 * torch.randn(())
        before, after = net(base)[0, 0, r, c], net(base + change)[:, 0, r, c]
        seen |= ((after - before).abs() > 1e-13).view(H, W).numpy()
    return seen


def blind_spot(net, H, W, r, c):
    before = np.zeros(H * W, dtype=int)
    before[: r * W + c] = 1
    return before.reshape(H, W) * (1 - receptive_field_map(net, H, W, r, c))
