"""Tests of solutions/hw6/sde.py: exact moments of linear recursions, and Euler's method where there is no noise."""

import torch
from torch import Tensor

from solutions.hw6.ode import odeint
from solutions.hw6.sde import euler_maruyama, langevin


def noise(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


TS = torch.tensor([0.0, 0.1, 0.35, 0.5, 0.9], dtype=torch.float64)


def test_ornstein_uhlenbeck_moments_are_those_of_the_recursion():
    """Linear steps: the response to each noise is linear, so mean and variance follow from unit vectors of noise."""
    n, dt = 150, 0.02
    ts = dt * torch.arange(n + 1).double()
    one_by_one = torch.cat([torch.zeros(1, n), torch.eye(n)]).T[:, :, None].double()  # (n, n + 1, 1)
    path = euler_maruyama(
        lambda x, t: -x, lambda x, t: x * 0 + 0.7, torch.full((n + 1, 1), 0.8, dtype=torch.float64), ts, one_by_one
    )
    mean = path[-1, 0, 0]
    variance = (path[-1, 1:, 0] - mean).square().sum()
    assert abs(mean - 0.8 * (1 - dt) ** n) < 1e-12
    assert abs(variance - 0.49 * dt * (1 - (1 - dt) ** (2 * n)) / (1 - (1 - dt) ** 2)) < 1e-12


def test_without_noise_it_is_euler():
    x0 = noise(3, 2)
    found = euler_maruyama(lambda x, t: torch.sin(x + t), lambda x, t: x, x0, TS, torch.zeros(4, 3, 2).double())
    assert torch.equal(found, odeint(lambda x, t: torch.sin(x + t), x0, TS, "euler"))


def test_both_functions_see_the_state_and_time_before_the_step():
    x0, eps = noise(3, 2), noise(4, 3, 2, seed=1)
    path = euler_maruyama(lambda x, t: t * x, lambda x, t: x**2 + t, x0, TS, eps)
    for k in range(4):
        h = TS[k + 1] - TS[k]
        step = TS[k] * path[k] * h + (path[k] ** 2 + TS[k]) * h.sqrt() * eps[k]
        assert (path[k + 1] - path[k] - step).abs().max() < 1e-14


def test_falling_times_follow_the_drift_backwards():
    x0, eps = noise(3, 2), noise(4, 3, 2, seed=1)
    path = euler_maruyama(lambda x, t: x - t, lambda x, t: torch.tensor(0.5, dtype=torch.float64), x0, TS.flip(0), eps)
    h = TS[4] - TS[3]
    assert (path[1] - (x0 - h * (x0 - TS[4]) + 0.5 * h.sqrt() * eps[0])).abs().max() < 1e-14


def test_langevin_rests_at_its_exact_variance():
    """On N(0, 1) a step multiplies by 1 - eta/2 and adds the variance eta: at rest 1 / (1 - eta / 4)."""
    for eta in (0.05, 0.5, 1.0):
        n = 400
        one_by_one = torch.cat([torch.zeros(1, n), torch.eye(n)]).T[:, :, None].double()
        path = langevin(lambda x: -x, torch.ones(n + 1, 1).double(), eta, one_by_one)
        variance = (path[-1, 1:] - path[-1, 0]).square().sum()
        assert abs(variance - 1 / (1 - eta / 4)) < 1e-4


def test_langevin_is_euler_maruyama_of_its_sde():
    x0, eps = noise(3, 2), noise(4, 3, 2, seed=1)

    def score(x: Tensor) -> Tensor:
        return -(x**3)

    ts = 0.1 * torch.arange(5).double()
    other = euler_maruyama(lambda x, t: score(x) / 2, lambda x, t: torch.ones_like(x), x0, ts, eps)
    assert (langevin(score, x0, 0.1, eps) - other).abs().max() < 1e-14
