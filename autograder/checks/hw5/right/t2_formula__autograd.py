"""The slope of f by autograd."""

import torch


def optimal_critic(name, ratio):
    f = {
        "kl": lambda u: u * u.log(),
        "reverse_kl": lambda u: -u.log(),
        "pearson": lambda u: (u - 1) ** 2,
        "hellinger": lambda u: (u.sqrt() - 1) ** 2,
        "js": lambda u: u * u.log() - (u + 1) * ((u + 1) / 2).log(),
        "gan": lambda u: u * u.log() - (u + 1) * (u + 1).log(),
    }
    if name not in f:
        raise ValueError(f"unknown divergence {name}")
    u = ratio.detach().clone().requires_grad_()
    return torch.autograd.grad(f[name](u).sum(), u)[0]
