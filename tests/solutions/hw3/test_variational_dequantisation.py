"""Tests of solutions/hw3/variational_dequantisation.py: Jacobians, q as a density on the cell, a gap that closes."""

import torch
from torch import Tensor
from torch.distributions import Normal

from solutions.hw3.variational_dequantisation import ConditionalCoupling, variational_bound

from .oracles import jacobians, normal


def conditional(mask: list[bool], seed: int = 0) -> ConditionalCoupling:
    mask = torch.tensor(mask)
    D, d = len(mask), int(mask.sum())
    first, second = normal(6, d + D, seed=seed), 0.7 * normal(2 * (D - d), 6, seed=seed + 1)
    return ConditionalCoupling(mask, lambda both: torch.tanh(both @ first.T) @ second.T)


def test_the_layer_has_the_jacobian_of_its_first_argument():
    for mask in ([True, False, True], [False, True], [False, False]):
        layer, D = conditional(mask), len(mask)
        h, x = normal(4, D, seed=3), normal(4, D, seed=4)
        J = jacobians(lambda h, layer=layer, x=x: layer(h, x)[0], h)
        new, log_det = layer(h, x)
        assert (log_det - torch.linalg.slogdet(J).logabsdet).abs().max() < 1e-6
        assert (new[:, torch.tensor(mask)] == h[:, torch.tensor(mask)]).all()
        assert (layer(h, x + 1)[1] - log_det).abs().max() > 1e-3


def log_density(y: Tensor) -> Tensor:
    return Normal(1.6, 0.8).log_prob(y).sum(1)


def line(reach: float, n: int) -> Tensor:
    return torch.linspace(-reach, reach, n, dtype=torch.float64)


def weighted(log_w: Tensor, eps: Tensor, cell: float) -> Tensor:
    """E[exp(log_w)] under standard normal eps (n, D) on an even grid with cells of that size."""
    return (log_w + Normal(0.0, 1.0).log_prob(eps).sum(1)).exp().sum() * cell


def test_q_is_a_density_on_the_cell():
    """E_q[1 / q] is the size of the set where q lives, the unit square: with log p = 0 the bound is -log q."""
    layers = [conditional([True, False], 2), conditional([False, True], 4)]
    points = line(25, 1001)
    eps = torch.cartesian_prod(points, points)
    for corner in (0.0, 1.0):
        x = torch.tensor([corner, 2.0]).double().expand(len(eps), 2)
        with torch.no_grad():
            minus_log_q = variational_bound(lambda y: 0 * y.sum(1), x, layers, eps)
        assert abs(weighted(minus_log_q, eps, 0.05**2) - 1) < 1e-3


def test_the_mean_is_a_bound_and_weights_average_to_the_mass():
    """E_q[p / q] = P(x) exactly, E_q[log(p / q)] < log P(x)."""
    layers, eps = [conditional([False], 6)], line(35, 100_001)[:, None]
    cdf = Normal(1.6, 0.8).cdf
    for value in (0.0, 1.0, 3.0):
        x = torch.full_like(eps, value)
        with torch.no_grad():
            log_w = variational_bound(log_density, x, layers, eps)
        exact = (cdf(torch.tensor(value + 1.0)) - cdf(torch.tensor(value))).log()
        assert abs(weighted(log_w, eps, 7e-4).log() - exact) < 1e-4
        assert (Normal(0.0, 1.0).log_prob(eps[:, 0]).exp() * log_w).sum() * 7e-4 < exact - 1e-3


def test_training_q_closes_the_gap():
    weight = torch.zeros(2, requires_grad=True, dtype=torch.float64)
    layer = ConditionalCoupling(torch.tensor([False]), lambda both: weight.expand(len(both), 2))
    eps = Normal(0.0, 1.0).icdf((torch.arange(500, dtype=torch.float64) + 0.5) / 500)[:, None]
    x = torch.full_like(eps, 3.0)
    exact = (Normal(1.6, 0.8).cdf(torch.tensor(4.0)) - Normal(1.6, 0.8).cdf(torch.tensor(3.0))).log().item()
    optimizer = torch.optim.Adam([weight], 0.05)
    gaps = []
    for _ in range(300):
        optimizer.zero_grad()
        loss = -variational_bound(log_density, x, [layer], eps).mean()
        loss.backward()
        optimizer.step()
        gaps.append(loss.item() + exact)
    assert gaps[0] > 0.3
    assert 0 < gaps[-1] < 0.05
