"""Tests of dgm.transport: assignments by enumeration, the dual problem, points without mass."""

import itertools

import pytest
import torch
from dgm import solve_transport
from torch import Tensor


def normal(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def test_assignment_by_enumeration():
    """With equal masses the best plan is a permutation."""
    n, mass = 5, torch.full((5,), 0.2, dtype=torch.float64)
    cost = torch.cdist(normal(n, 2, seed=1), normal(n, 2, seed=2))
    plan = solve_transport(mass, mass, cost)[0]
    best = min(sum(cost[i, j].item() for i, j in enumerate(order)) for order in itertools.permutations(range(n))) / n
    assert abs((plan * cost).sum().item() - best) < 1e-9
    assert (plan.sum(0) - mass).abs().max() < 1e-9
    assert (plan.sum(1) - mass).abs().max() < 1e-9


def test_dual_and_points_without_mass():
    p, q = torch.tensor([0.2, 0.0, 0.5, 0.3], dtype=torch.float64), torch.tensor([0.4, 0.6, 0.0], dtype=torch.float64)
    cost = normal(4, 3, seed=3).abs()
    plan, u, v = solve_transport(p, q, cost)
    assert abs(p @ u + q @ v - (plan * cost).sum()) < 1e-9
    slack = (cost - u[:, None] - v)[p > 0][:, q > 0]
    assert slack.min() > -1e-9
    assert u[1] == 0
    assert v[2] == 0
    assert plan[1].abs().max() == 0
    assert plan[:, 2].abs().max() == 0


def test_masses_need_not_sum_to_one():
    plan = solve_transport(torch.tensor([3.0]), torch.tensor([1.0, 2.0]), torch.tensor([[1.0, 5.0]]))[0]
    assert torch.equal(plan, torch.tensor([[1.0, 2.0]], dtype=torch.float64))


def test_bad_arguments():
    half = torch.full((2,), 0.5)
    for p, q, cost, complaint in (
        (half, half, torch.ones(2, 3), "shape"),
        (half, 2 * half, torch.ones(2, 2), "equal sums"),
        (torch.tensor([1.5, -0.5]), half, torch.ones(2, 2), "non-negative"),
    ):
        with pytest.raises(ValueError, match=complaint):
            solve_transport(p, q, cost)
