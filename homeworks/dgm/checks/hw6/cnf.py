"""Public checks of `cnf`."""

import math

import torch
from dgm.checking import public_check

TS = torch.linspace(0, 1, 21, dtype=torch.float64)
X = torch.tensor([[0.5, -1.0], [2.0, 0.3]], dtype=torch.float64)


def log_prob(student, f, x, ts, *eps):
    found = student.cnf_log_prob(f, x, ts, *eps)
    assert isinstance(found, tuple | list) and len(found) == 2, "return log p(x) and z"
    log_p, z = found
    assert tuple(log_p.shape) == (len(x),) and z.shape == x.shape, "log p(x) is (B,), z has the shape of x"
    return log_p.detach(), z.detach()


def normal(z, std=1.0):
    return (-0.5 * (z / std) ** 2 - math.log(std) - 0.5 * math.log(2 * math.pi)).sum(1)


@public_check("a field that is zero leaves N(0, I)")
def still(student):
    log_p, z = log_prob(student, lambda x, t: 0 * x, X, TS)
    assert torch.allclose(z, X), "nothing moves, so z should be x"
    assert torch.allclose(log_p, normal(X)), "log N(0, I) in D dimensions has D constants"


@public_check("blown up by the factor e, the density is that of N(0, e^2 I)")
def blown_up(student):
    log_p, z = log_prob(student, lambda x, t: x, X, TS)
    assert torch.allclose(z, X / math.e, atol=1e-5), "z should be where x comes from, e times nearer to 0"
    assert torch.allclose(log_p, normal(X, math.e), atol=1e-4), "volume grows, so density falls: check the sign"


@public_check("with signs for eps, a field that acts on each coordinate alone needs no luck")
def signs(student):
    eps = torch.tensor([[1.0, -1.0], [-1.0, -1.0]], dtype=torch.float64)
    exact, _ = log_prob(student, lambda x, t: torch.sin(x) * (1 + t), X, TS)
    found, _ = log_prob(student, lambda x, t: torch.sin(x) * (1 + t), X, TS, eps)
    assert torch.allclose(exact, found), "for a diagonal Jacobian and eps of signs, the estimate is exact"


@public_check("on a line the density has mass one")
def mass(student):
    grid = torch.linspace(-8, 8, 801, dtype=torch.float64)[:, None]
    log_p, _ = log_prob(student, lambda x, t: torch.tanh(2 * x) - t * x / 2, grid, TS)
    assert abs(log_p.exp().sum() * 0.02 - 1) < 1e-3, "the density should integrate to one"
