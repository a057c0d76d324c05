"""Vectors as columns, and a transpose by autograd."""

import torch
import torch.nn.functional as F
from torch import nn


def power_iteration(W, u, n_steps):
    u = u.reshape(-1, 1)
    A = W.detach()
    for _ in range(n_steps):
        v = A.t().mm(u)
        v = v / torch.sqrt((v * v).sum())
        u = A.mm(v)
        u = u / torch.sqrt((u * u).sum())
    sigma = (u.t() @ W @ v).squeeze()
    return sigma, u.flatten(), v.flatten()


class SpectralLinear(nn.Linear):
    def __init__(self, in_features, out_features):
        super().__init__(in_features, out_features, bias=True)
        self.register_buffer("u", torch.nn.init.normal_(torch.empty(out_features)))

    def forward(self, x):
        if self.training:
            sigma, u, _ = power_iteration(self.weight, self.u, 1)
            self.u.copy_(u)
            u = self.u.clone()
        else:
            w = self.weight.detach().T @ self.u
            sigma = self.u @ self.weight @ (w / w.norm()) / self.u.norm()
        return nn.functional.linear(x, self.weight / sigma, self.bias)


def conv_norm(kernel, x, n_steps):
    def apply(image):
        return F.conv2d(image, kernel, padding=kernel.shape[2] // 2)

    for _ in range(n_steps):
        image = x.clone().requires_grad_()
        y = apply(image)
        (x,) = torch.autograd.grad(y, image, y.detach())
        x = x / x.norm()
    return apply(x).norm()
