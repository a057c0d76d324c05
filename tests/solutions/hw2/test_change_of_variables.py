"""Tests of solutions/hw2/change_of_variables.py: closed forms, finite differences, densities that integrate to 1."""

import math

import torch
from torch import Tensor
from torch.distributions import LogNormal, MultivariateNormal, Normal

from solutions.hw2.change_of_variables import log_abs_det_jacobian, transformed_log_prob


def normal(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def log_normal(z: Tensor) -> Tensor:
    return Normal(0.0, 1.0).log_prob(z).sum(-1)


def test_maps_with_a_known_determinant():
    x, matrix = normal(5, 3, seed=1), normal(3, 3, seed=2)
    rotation = torch.linalg.qr(matrix)[0]
    for f, expected in (
        (torch.exp, x.sum(1)),
        (lambda x: -(x**3) - x, (3 * x**2 + 1).log().sum(1)),
        (lambda x: x @ matrix.T + 1, matrix.det().abs().log().expand(5)),
        (lambda x: torch.exp(x @ rotation), (x @ rotation).sum(1)),
        (lambda x: x.flip(1), torch.zeros(5).double()),
    ):
        assert (log_abs_det_jacobian(f, x) - expected).abs().max() < 1e-12


def test_a_bent_map_against_finite_differences():
    x, first, second = normal(4, 3, seed=3), normal(3, 7, seed=4), normal(7, 3, seed=5)

    def f(x: Tensor) -> Tensor:
        return 0.5 * x + torch.tanh(x @ first) @ second

    h = 1e-5
    columns = [(f(x + h * e) - f(x - h * e)) / (2 * h) for e in torch.eye(3, dtype=torch.float64)]
    expected = torch.stack(columns, -1).det().abs().log()
    assert (log_abs_det_jacobian(f, x) - expected).abs().max() < 1e-8


def test_determinants_beyond_floating_point():
    x = normal(2, 60, seed=6)
    for scale in (1e-9, 1e9):
        value = log_abs_det_jacobian(lambda x, scale=scale: scale * x, x)
        assert (value - 60 * math.log(scale)).abs().max() < 1e-9


def test_densities_of_torch():
    x = normal(6, 2, seed=7)
    value = transformed_log_prob(log_normal, torch.log, x.exp())
    assert (value - LogNormal(0.0, 1.0).log_prob(x.exp()).sum(1)).abs().max() < 1e-12
    root, shift = normal(2, 2, seed=8), normal(2, seed=9)
    value = transformed_log_prob(log_normal, lambda x: (x - shift) @ root.inverse().T, x)
    assert (value - MultivariateNormal(shift, root @ root.T).log_prob(x)).abs().max() < 1e-12


def test_a_bent_density_integrates_to_one():
    grid = torch.linspace(-40, 40, 4001, dtype=torch.float64)[:, None]
    value = transformed_log_prob(log_normal, torch.asinh, grid)  # x = sinh(z)
    assert abs(value.exp().sum() * 0.02 - (Normal(0.0, 1.0).cdf(torch.asinh(grid[-1])) * 2 - 1)) < 1e-4
