"""Public checks of `fokker_planck`."""

import math

import torch
from dgm.checking import public_check

X = torch.tensor([[0.5, -1.0], [1.5, 0.2], [-0.7, 0.9]], dtype=torch.float64)
T = torch.tensor([0.4, 0.8, 1.3], dtype=torch.float64)


def residual(student, log_prob, drift, diffusion):
    found = student.fokker_planck_residual(log_prob, drift, diffusion, X.clone(), T.clone())
    assert tuple(found.shape) == (3,), "one number for each point: (3,)"
    return found.detach()


def widening(x, t):
    """log N(0, t I): Brownian motion from 0."""
    return (-0.5 * x**2 / t[:, None] - 0.5 * torch.log(2 * math.pi * t)[:, None]).sum(1)


@public_check("Brownian motion has the density N(0, t)")
def brownian(student):
    found = residual(student, widening, lambda x, t: 0 * x, lambda t: 0 * t + 1)
    assert found.abs().max() < 1e-9, "the heat equation has a factor one half, and two terms in logarithms"


@public_check("without noise the points and their density are carried along")
def carried(student):
    found = residual(student, lambda x, t: widening(x, torch.exp(2 * t)), lambda x, t: x, lambda t: 0 * t)
    assert found.abs().max() < 1e-9, "dx/dt = x carries N(0, 1) to N(0, e^2t): is the divergence there, with its sign?"


@public_check("what is at rest: the Ornstein-Uhlenbeck process at N(0, 1/2)")
def rest(student):
    found = residual(student, lambda x, t: -(x**2).sum(1) + 0 * t, lambda x, t: -x, lambda t: 0 * t + 1)
    assert found.abs().max() < 1e-9, "exp(-x^2) should be at rest under dX = -X dt + dW"


@public_check("a density that stands still while it should widen does not solve the equation")
def wrong(student):
    found = residual(student, lambda x, t: -0.5 * (x**2).sum(1) + 0 * t, lambda x, t: 0 * x, lambda t: 0 * t + 1)
    truth = -0.5 * (-2 + (X**2).sum(1))
    assert torch.allclose(found, truth), "here only the diffusion is left: -1/2 (laplacian + |gradient|^2)"
