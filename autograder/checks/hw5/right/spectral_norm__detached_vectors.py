"""Vectors detached one by one, the layer without power_iteration, a stored v."""

import torch
from torch import nn


def power_iteration(W, u, n_steps):
    for _ in range(n_steps):
        v = (W.T @ u).detach()
        v = v / v.norm()
        u = (W @ v).detach()
        u = u / u.norm()
    sigma = torch.dot(u, torch.mv(W, v))
    return sigma, u, v


class SpectralLinear(nn.Module):
    def __init__(self, in_features, out_features):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(out_features, in_features) / in_features**0.5)
        self.bias = nn.Parameter(torch.zeros(out_features))
        u = torch.randn(out_features)
        self.register_buffer("left", u / u.norm())
        self.register_buffer("right", torch.zeros(in_features))

    def forward(self, x):
        if self.training:
            with torch.no_grad():
                v = self.left @ self.weight
                self.right = v / v.norm()
                u = self.weight @ self.right
                self.left = u / u.norm()
        sigma = self.left @ self.weight @ self.right
        return x @ (self.weight / sigma).T + self.bias


def conv_norm(kernel, x, n_steps):
    conv = nn.functional.conv2d
    p = kernel.size(-1) // 2
    back = kernel.transpose(0, 1).flip(2, 3)
    for _ in range(n_steps):
        x = conv(conv(x[None], kernel, padding=p), back, padding=p)[0]
        x = x / x.norm()
    return conv(x[None], kernel, padding=p).norm()
