"""The union of the gradients at many random inputs, in float32, and an explicit loop for the blind spot."""

import torch


def receptive_field_map(net, H, W, r, c):
    seen = torch.zeros(H, W, dtype=torch.bool)
    for _ in range(16):
        x = torch.randn(1, 1, H, W).requires_grad_()
        (gradient,) = torch.autograd.grad(net(x)[0, 0, r, c], x)
        seen |= gradient[0, 0] != 0
    return seen


def blind_spot(net, H, W, r, c):
    seen = receptive_field_map(net, H, W, r, c)
    missed = torch.zeros(H, W, dtype=torch.bool)
    for i in range(H):
        for j in range(W):
            if (i, j) < (r, c) and not seen[i, j]:
                missed[i, j] = True
    return missed
