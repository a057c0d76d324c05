"""A table of functions, with logarithms of differences."""

import math

import torch

CRITICS = {
    "kl": lambda r: torch.log(r) + 1,
    "reverse_kl": lambda r: -(r**-1),
    "pearson": lambda r: 2 * r - 2,
    "hellinger": lambda r: (torch.sqrt(r) - 1) / torch.sqrt(r),
    "js": lambda r: torch.log(r) - torch.log1p(r) + math.log(2),
    "gan": lambda r: -torch.log1p(1 / r),
}


def optimal_critic(name, ratio):
    try:
        critic = CRITICS[name]
    except KeyError:
        raise ValueError(name) from None
    return critic(ratio)
