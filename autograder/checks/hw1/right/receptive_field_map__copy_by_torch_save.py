"""The net is copied through torch.save and torch.load in memory, and its copy gets positive weights."""

import io

import torch


def receptive_field_map(net, H, W, r, c):
    buffer = io.BytesIO()
    torch.save(net, buffer)
    buffer.seek(0)
    twin = torch.load(buffer, weights_only=False).double()
    with torch.no_grad():
        for p in twin.parameters():
            p.copy_(p.abs() / (1 + p.abs().sum()) if p.dim() > 1 else torch.zeros_like(p))
    x = torch.ones(1, 1, H, W, dtype=torch.float64, requires_grad=True)
    (g,) = torch.autograd.grad(twin(x)[0, 0, r, c], x)
    return g[0, 0] != 0
