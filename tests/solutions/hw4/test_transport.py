"""Tests of solutions/hw4/transport.py: scipy's distance, the linear programme, Lipschitz constants by all pairs."""

import pytest
import torch
from dgm import solve_transport
from scipy.stats import wasserstein_distance
from torch import Tensor

from solutions.hw4.transport import kantorovich_potential, transport_cost, wasserstein_1d


def normal(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def test_distance_on_the_line_is_scipys():
    for n, m in ((1, 1), (4, 4), (7, 3), (5, 12), (1, 9)):
        x, y = normal(n, seed=n), 2 * normal(m, seed=m + 50) + 0.3
        assert abs(wasserstein_1d(x, y).item() - wasserstein_distance(x.numpy(), y.numpy())) < 1e-12


def test_distance_with_ties_and_of_a_shift():
    x = torch.tensor([1.0, 1.0, 3.0, -2.0], dtype=torch.float64)
    assert abs(wasserstein_1d(x, x.flip(0)).item()) < 1e-15
    for shift in (0.7, -4.2):
        assert abs(wasserstein_1d(x, x + shift).item() - abs(shift)) < 1e-12


def test_slope_of_the_distance():
    x, y = normal(5, seed=1).requires_grad_(), normal(7, seed=2).requires_grad_()
    assert torch.autograd.gradcheck(wasserstein_1d, (x, y))


def masses(n: int, seed: int, empty: tuple[int, ...] = ()) -> Tensor:
    p = normal(n, seed=seed).softmax(0)
    p[list(empty)] = 0
    return p / p.sum()


def test_cost_of_an_optimal_plan_on_the_line():
    x, y = normal(6, 1, seed=3), normal(4, 1, seed=4)
    p, q = torch.full((6,), 1 / 6, dtype=torch.float64), torch.full((4,), 1 / 4, dtype=torch.float64)
    cost = torch.cdist(x, y)
    plan = solve_transport(p, q, cost)[0]
    assert abs(transport_cost(plan, p, q, cost) - wasserstein_1d(x[:, 0], y[:, 0])) < 1e-9
    independent = transport_cost(p[:, None] * q, p, q, cost)
    assert abs(independent - p @ cost @ q) < 1e-12
    assert independent > transport_cost(plan, p, q, cost)


def test_what_is_no_plan():
    p, q = torch.tensor([0.5, 0.5], dtype=torch.float64), torch.tensor([0.2, 0.8], dtype=torch.float64)
    cost = torch.ones(2, 2).double()
    for plan, complaint in (
        ([[0.3, 0.2], [-0.1, 0.6]], "negative"),
        ([[0.1, 0.5], [0.1, 0.3]], "misses p"),
        ([[0.25, 0.25], [0.25, 0.25]], "misses q"),
    ):
        with pytest.raises(ValueError, match=complaint):
            transport_cost(torch.tensor(plan, dtype=torch.float64), p, q, cost)
    nearly = torch.tensor([[0.1, 0.4], [0.1 + 5e-7, 0.4 - 5e-7]], dtype=torch.float64)
    assert abs(transport_cost(nearly, p, q, cost) - 1) < 1e-12


def test_potential_is_lipschitz_and_reaches_the_distance():
    """In the plane, with points that have no mass on either side, and on points that nobody mentioned."""
    for seed in range(5):
        x, y = 2 * normal(8, 2, seed=seed), 2 * normal(6, 2, seed=seed + 20)
        p, q = masses(8, seed + 40, (1, 5)), masses(6, seed + 60, (0, 3))
        cost = torch.cdist(x, y, compute_mode="donot_use_mm_for_euclid_dist")
        plan, _, v = solve_transport(p, q, cost)
        everywhere = torch.cat([x, y, 3 * normal(20, 2, seed=seed + 80)])
        f = kantorovich_potential(everywhere, y, v, q)
        distance = torch.linalg.vector_norm(everywhere[:, None] - everywhere, dim=-1)
        assert (f[:, None] - f - distance).max() < 1e-9
        on_x, on_y = f[:8], f[8:14]
        assert abs(p @ on_x - q @ on_y - transport_cost(plan, p, q, cost)) < 1e-7
        assert (on_y + v)[q > 0].abs().max() < 1e-9
        slack = cost - (on_x[:, None] - on_y)
        assert (plan * slack).sum() < 1e-9  # complementary slackness: the potential falls by the distance on the plan
