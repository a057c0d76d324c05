"""Tests of T1's formula: no other critic on a grid does better. (Those of T2 to T4 stand with f_gan, scores and
vector_quantize.)"""

import math

import torch
from torch import Tensor

from solutions.hw5.theory import penalised_optimum


def objective(slope: Tensor, w: Tensor, r: Tensor, dx: float, weight: float) -> float:
    """mean f(real) - mean f(fake) - weight * mean (|f'| - 1)^2, whose first part is the integral of w f'."""
    return ((w * slope - weight * r * (slope.abs() - 1).square()).sum() * dx).item()


def test_no_other_slope_is_better():
    generator = torch.Generator().manual_seed(0)
    w = torch.randn(9, generator=generator, dtype=torch.float64)
    r = torch.rand(9, generator=generator, dtype=torch.float64) + 0.2
    slope, estimate = penalised_optimum(w, r, 0.1, 0.8)
    best = objective(slope, w, r, 0.1, 0.8)
    candidates = torch.linspace(-12, 12, 240_001, dtype=torch.float64)
    for i in range(9):
        gain = w[i] * candidates - 0.8 * r[i] * (candidates.abs() - 1).square()
        assert abs(candidates[gain.argmax()] - slope[i]) < 1e-3
    assert best >= objective(slope + 0.01 * torch.randn(9, generator=generator), w, r, 0.1, 0.8)
    assert abs(estimate.item() - (w * slope).sum().item() * 0.1) < 1e-12


def test_two_gaussians():
    """N(2, 1) against N(0, 1) with independent pairs: the value 4.103 at weight 1 and 2.2103 at weight 10."""
    x = torch.linspace(-8, 10, 3601, dtype=torch.float64)
    root = math.sqrt(2)
    w = (torch.erf(x / root) - torch.erf((x - 2) / root)) / 2 + 1e-300
    t = ((torch.arange(2000, dtype=torch.float64) + 0.5) / 2000)[:, None]
    variance = t**2 + (1 - t) ** 2
    r = (torch.exp(-((x - 2 * t) ** 2) / (2 * variance)) / (2 * math.pi * variance).sqrt()).mean(0)
    for weight, value in ((1.0, 4.103), (10.0, 2.2103)):
        assert abs(penalised_optimum(w, r, 0.005, weight)[1].item() - value) < 2e-3
