"""Dictionaries of functions; the composition in log space."""

import math

import torch
import torch.nn.functional as F

NO = torch.tensor(math.inf)


def _where(condition, value):
    return torch.where(condition, value, torch.full_like(value, math.inf))


STARS = {
    "kl": lambda t: torch.exp(t - 1),
    "reverse_kl": lambda t: _where(t < 0, -1 - torch.log(-t)),
    "pearson": lambda t: torch.where(t > -2, t**2 / 4 + t, -torch.ones_like(t)),
    "hellinger": lambda t: _where(t < 1, t / (1 - t)),
    "js": lambda t: _where(t < math.log(2), -torch.log(2 - torch.exp(t))),
    "gan": lambda t: _where(t < 0, -torch.log1p(-torch.exp(t))),
}
ENDS = {
    "kl": lambda v: v,
    "reverse_kl": lambda v: -torch.exp(-v),
    "pearson": lambda v: v,
    "hellinger": lambda v: 1 - torch.exp(-v),
    "js": lambda v: math.log(2) - F.softplus(-v),
    "gan": lambda v: -F.softplus(-v),
}
BOTH = {
    "kl": lambda v: torch.exp(v - 1),
    "reverse_kl": lambda v: v - 1,
    "pearson": lambda v: torch.where(v > -2, v**2 / 4 + v, -torch.ones_like(v)),
    "hellinger": lambda v: torch.exp(v) - 1,
    "js": lambda v: torch.logaddexp(v, torch.zeros_like(v)) - math.log(2),
    "gan": lambda v: torch.logaddexp(v, torch.zeros_like(v)),
}


def _pick(table, name):
    if name not in table:
        raise ValueError(f"{name} is none of {list(table)}")
    return table[name]


def conjugate(name, t):
    return _pick(STARS, name)(t)


def activation(name, v):
    return _pick(ENDS, name)(v)


def f_gan_bound(name, v_real, v_fake):
    return _pick(ENDS, name)(v_real).mean() - _pick(BOTH, name)(v_fake).mean()
