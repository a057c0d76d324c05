"""Tests of solutions/hw6/score_matching.py: Gaussians in closed form, quadrature, and finite differences."""

import numpy as np
import torch
from torch import Tensor, nn

from solutions.hw6.score_matching import dsm_loss, ism_loss, ssm_loss


def normal(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def network(D: int) -> nn.Module:
    torch.manual_seed(1)
    return nn.Sequential(nn.Linear(D, 8), nn.Tanh(), nn.Linear(8, D)).double()


def hermite(n: int = 60) -> tuple[Tensor, Tensor]:
    nodes, weights = np.polynomial.hermite_e.hermegauss(n)
    return torch.from_numpy(nodes), torch.from_numpy(weights / weights.sum())


def average(loss, x: Tensor, weights: Tensor) -> float:
    """The loss is a mean over the batch: here the batch is one node at a time, weighted."""
    return sum(w * loss(row[None]) for row, w in zip(x, weights, strict=True)).item()


def test_implicit_and_explicit_differ_by_a_constant():
    """x ~ N(0, 1.5^2), 60 Gauss-Hermite nodes: for any score, explicit minus implicit is E|grad log p|^2 / 2 = 2/9."""
    nodes, weights = hermite()
    x = 1.5 * nodes[:, None]
    for score in (lambda x: -0.3 * x, lambda x: torch.sin(x), lambda x: -(x**3) / 5):
        explicit = average(lambda row, score=score: 0.5 * (score(row) + row / 2.25).square().sum(), x, weights)
        implicit = average(lambda row, score=score: ism_loss(score, row), x, weights)
        assert abs(explicit - implicit - 2 / 9) < 1e-6


def test_implicit_is_the_definition_with_a_jacobian_by_differences():
    net, x, h = network(3), normal(5, 3), 1e-5
    with torch.no_grad():
        trace = sum((net(x + e) - net(x - e))[:, i] / (2 * h) for i, e in enumerate(h * torch.eye(3).double()))
        truth = (trace + 0.5 * net(x).square().sum(1)).mean()
    assert abs(ism_loss(net, x) - truth) < 1e-8


def test_sliced_averages_to_implicit():
    """Directions sqrt(3) e_i, one for each coordinate: their v v^T averages to I, exactly."""
    net, x = network(3), normal(5, 3)
    slices = [ssm_loss(net, x, (3**0.5 * e).expand(5, 3)) for e in torch.eye(3).double()]
    assert abs(sum(slices) / 3 - ism_loss(net, x)) < 1e-12
    v = normal(5, 3, seed=2)
    along = (net(x + 1e-5 * v) - net(x - 1e-5 * v)) / 2e-5
    truth = ((along * v).sum(1) + 0.5 * (net(x) * v).sum(1) ** 2).mean()
    assert abs(ssm_loss(net, x, v) - truth) < 1e-8


def test_denoising_is_explicit_on_the_noisy_density():
    """x ~ N(0, 1.5^2): over a product rule, denoising minus explicit on N(0, 1.5^2 + s^2) is the same for any score."""
    nodes, weights = hermite(40)
    sigma, total = 0.6, 1.5**2 + 0.36
    x, eps = torch.cartesian_prod(1.5 * nodes, nodes).T[:, :, None]
    w = torch.outer(weights, weights).flatten()
    gaps = []
    for score in (lambda x: -0.3 * x, lambda x: torch.sin(x)):
        denoising = sum(w[i] * dsm_loss(score, x[i : i + 1], sigma, eps[i : i + 1]) for i in range(len(w)))
        y = total**0.5 * nodes[:, None]
        gaps.append(
            denoising - average(lambda row, score=score: 0.5 * (score(row) + row / total).square().sum(), y, weights)
        )
    assert abs(gaps[0] - gaps[1]) < 1e-8


def test_gradients_are_finite_differences():
    net, x, v, step = network(2), normal(5, 2), normal(5, 2, seed=3), 1e-5
    losses = (lambda: ism_loss(net, x), lambda: ssm_loss(net, x, v), lambda: dsm_loss(net, x, 0.4, v))
    weight, direction = net[0].weight, normal(8, 2, seed=4)
    for loss in losses:
        (gradient,) = torch.autograd.grad(loss(), weight)
        with torch.no_grad():
            weight += step * direction
            up = loss()
            weight -= 2 * step * direction
            down = loss()
            weight += step * direction
        assert abs((up - down) / (2 * step) - (gradient * direction).sum()) < 1e-8
