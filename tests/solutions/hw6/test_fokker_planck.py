"""Tests of solutions/hw6/fokker_planck.py: densities that solve the equation, and finite differences elsewhere."""

import math

import torch
from torch import Tensor

from solutions.hw6.fokker_planck import fokker_planck_residual

THETA, SIGMA = 0.7, 0.9


def points(n: int = 6, D: int = 3, seed: int = 0) -> Tensor:
    return torch.randn(n, D, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def ornstein_uhlenbeck(x: Tensor, t: Tensor) -> Tensor:
    """log density at time t from the start N(2, 0.3^2), in every coordinate."""
    mean = 2 * torch.exp(-THETA * t)[:, None]
    limit = SIGMA**2 / (2 * THETA)
    variance = limit + (0.09 - limit) * torch.exp(-2 * THETA * t)[:, None]
    return (-0.5 * (x - mean) ** 2 / variance - 0.5 * torch.log(2 * math.pi * variance)).sum(1)


def times() -> Tensor:
    return torch.linspace(0.1, 1.5, 6).double()


def test_ornstein_uhlenbeck_solves_its_equation():
    found = fokker_planck_residual(
        ornstein_uhlenbeck, lambda x, t: -THETA * x, lambda t: SIGMA + 0 * t, points(), times()
    )
    assert found.shape == (6,)
    assert found.abs().max() < 1e-12


def test_heat_and_continuity():
    def heat(x: Tensor, t: Tensor) -> Tensor:
        return (-0.5 * x**2 / (1 + t**2)[:, None] - 0.5 * torch.log(1 + t**2)[:, None]).sum(1)

    found = fokker_planck_residual(heat, lambda x, t: torch.zeros_like(x), lambda t: (2 * t).sqrt(), points(), times())
    assert found.abs().max() < 1e-12

    def carried(x: Tensor, t: Tensor) -> Tensor:  # dx/dt = t x carries N(0, 1): x e^{-t^2/2} stays what it was
        return (-0.5 * (x * torch.exp(-(t**2) / 2)[:, None]) ** 2 - t[:, None] ** 2 / 2).sum(1)

    found = fokker_planck_residual(carried, lambda x, t: t[:, None] * x, lambda t: 0 * t, points(), times())
    assert found.abs().max() < 1e-12


def test_anything_else_is_the_left_side_by_finite_differences():
    def log_p(x: Tensor, t: Tensor) -> Tensor:
        return torch.sin(x[:, 0] * x[:, 1]) - t * x[:, 1] ** 2 + torch.cos(t + x[:, 0])

    def drift(x: Tensor, t: Tensor) -> Tensor:
        return torch.stack([x[:, 1] ** 2 * t, x[:, 0] * x[:, 1]], 1)

    x, t, h = points(D=2), times(), 1e-4
    unit = torch.eye(2).double() * h
    gradient = torch.stack([(log_p(x + e, t) - log_p(x - e, t)) / (2 * h) for e in unit], 1)
    laplacian = sum((log_p(x + e, t) - 2 * log_p(x, t) + log_p(x - e, t)) / h**2 for e in unit)
    div = sum((drift(x + e, t) - drift(x - e, t))[:, i] / (2 * h) for i, e in enumerate(unit))
    by_time = (log_p(x, t + h) - log_p(x, t - h)) / (2 * h)
    g = 0.5 + t
    truth = by_time + div + (drift(x, t) * gradient).sum(1) - g**2 / 2 * (laplacian + gradient.square().sum(1))
    with torch.no_grad():
        found = fokker_planck_residual(log_p, drift, lambda t: 0.5 + t, x, t)
    assert (found - truth).abs().max() < 1e-5
