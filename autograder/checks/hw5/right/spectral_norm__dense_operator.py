"""The convolution as a matrix, and one function for both iterations."""

import torch
from torch import nn


def _unit(vector):
    return vector / torch.linalg.norm(vector)


@torch.no_grad()
def _iterate(forward, backward, u, n):
    for _ in range(n):
        v = _unit(backward(u))
        u = _unit(forward(v))
    return u, v


def power_iteration(W, u, n_steps):
    u, v = _iterate(lambda v: W @ v, lambda u: W.T @ u, u, n_steps)
    return torch.einsum("i,ij,j->", u, W, v), u, v


class SpectralLinear(nn.Module):
    def __init__(self, in_features, out_features):
        super().__init__()
        bound = in_features**-0.5
        self.weight = nn.Parameter(torch.empty(out_features, in_features).uniform_(-bound, bound))
        self.bias = nn.Parameter(torch.empty(out_features).uniform_(-bound, bound))
        self.register_buffer("u", _unit(torch.randn(out_features)))

    def forward(self, x):
        if self.training:
            sigma, self.u, _ = power_iteration(self.weight, self.u, 1)
        else:
            v = _unit(self.weight.detach().T @ self.u)
            sigma = self.u @ (self.weight @ v)
        return torch.matmul(x, self.weight.T) / sigma + self.bias


def conv_norm(kernel, x, n_steps):
    shape, pad = x.shape, kernel.shape[-1] // 2
    basis = torch.eye(x.numel(), dtype=x.dtype).view(-1, *shape)
    A = nn.functional.conv2d(basis, kernel, padding=pad).flatten(1).T
    image = x.flatten()
    for _ in range(n_steps):
        image = _unit(A.T @ (A @ image))
    return torch.linalg.norm(A @ image)
