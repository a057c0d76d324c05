"""Tests of solutions/hw6/divergence.py: Jacobians by finite differences, and the two variances of the estimator."""

import torch
from torch import Tensor, nn

from solutions.hw6.divergence import divergence


def swirl(x: Tensor) -> Tensor:
    return torch.stack([x[:, 0] ** 2 * x[:, 1], torch.sin(x[:, 0] * x[:, 2]), x[:, 1] - x[:, 2] ** 3], 1)


def jacobians(f, x: Tensor, step: float = 1e-5) -> Tensor:
    """(B, i, j): df_i/dx_j by central differences."""
    columns = [(f(x + step * e) - f(x - step * e)) / (2 * step) for e in torch.eye(x.shape[1]).double()]
    return torch.stack(columns, 2)


def points(n: int = 4, D: int = 3, seed: int = 0) -> Tensor:
    return torch.randn(n, D, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def test_exact_and_estimated_are_those_of_the_jacobian():
    x, eps = points(), points(seed=1)
    J = jacobians(swirl, x)
    assert (divergence(swirl, x) - J.diagonal(dim1=1, dim2=2).sum(1)).abs().max() < 1e-8
    assert (divergence(swirl, x, eps) - torch.einsum("bi,bij,bj->b", eps, J, eps)).abs().max() < 1e-8


def test_rademacher_noise_is_exact_for_a_diagonal_jacobian():
    x = points()
    eps = torch.sign(points(seed=2))
    assert (divergence(torch.sin, x, eps) - torch.cos(x).sum(1)).abs().max() < 1e-12


def test_mean_and_variances_of_the_estimate():
    """All 2^5 signs enumerated: mean tr A, variance 2 (|S|^2 - sum S_ii^2), S the symmetric part of A."""
    A = points(5, 5, seed=3)
    S = (A + A.T) / 2
    signs = torch.cartesian_prod(*[torch.tensor([-1.0, 1.0], dtype=torch.float64)] * 5)
    found = divergence(lambda x: x @ A.T, torch.zeros(32, 5).double(), signs)
    assert abs(found.mean() - A.trace()) < 1e-12
    assert abs(found.var(correction=0) - 2 * (S.square().sum() - S.diagonal().square().sum())) < 1e-10


def test_gradient_reaches_parameters_and_points():
    torch.manual_seed(0)
    net = nn.Sequential(nn.Linear(3, 6), nn.Tanh(), nn.Linear(6, 3)).double()
    weight, x, eps, step = net[0].weight, points(), points(seed=1), 1e-5
    direction = points(6, 3, seed=4)
    for noise in (None, eps):
        (gradient,) = torch.autograd.grad(divergence(net, x, noise).sum(), weight)
        with torch.no_grad():
            values = []
            for sign in (1, -2):  # up from here, then down to the other side
                weight += sign * step * direction
                values.append(divergence(net, x, noise).sum())
            weight += step * direction
        assert abs((values[0] - values[1]) / (2 * step) - (gradient * direction).sum()) < 1e-7
    scale = torch.tensor(1.3, dtype=torch.float64).requires_grad_()
    (slope,) = torch.autograd.grad(divergence(torch.sin, scale * x).sum(), scale)
    assert abs(slope - (-torch.sin(1.3 * x) * x).sum()) < 1e-12


def test_no_grad_and_a_constant_field():
    with torch.no_grad():
        x = points()
        found = divergence(swirl, x)
        assert not found.requires_grad
        assert not x.requires_grad
        assert torch.equal(divergence(torch.ones_like, x), torch.zeros(4).double())


def test_the_field_is_called_once():
    calls = []
    divergence(lambda x: calls.append(1) or torch.sin(x), points())
    divergence(lambda x: calls.append(1) or torch.sin(x), points(), points(seed=1))
    assert len(calls) == 2
