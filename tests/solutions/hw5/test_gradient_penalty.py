"""Tests of solutions/hw5/gradient_penalty.py: known gradients, finite differences, a known optimum."""

import math

import pytest
import torch
from torch import Tensor, nn

from solutions.hw5.gradient_penalty import critic_loss, gradient_penalty


def normal(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def uniform(*shape: int, seed: int = 0) -> Tensor:
    return torch.rand(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


@pytest.mark.parametrize("shape", [(3,), (2, 5, 4)])
def test_the_norm_runs_over_all_dimensions_of_a_point(shape):
    c = normal(*shape, seed=1)

    def critic(x: Tensor) -> Tensor:
        return (x * c).flatten(1).sum(1)

    x, y = normal(6, *shape, seed=2), normal(6, *shape, seed=3)
    assert gradient_penalty(critic, x, y, uniform(6)).item() == pytest.approx((c.norm().item() - 1) ** 2, abs=1e-12)


def test_each_pair_has_its_own_point_between():
    """critic |x|^2 / 2 has gradient x: the penalty is the mean of (|t x + (1 - t) y| - 1)^2."""
    x, y, t = normal(7, 3, seed=1), normal(7, 3, seed=2), uniform(7, seed=3)
    expected = sum(((t[i] * x[i] + (1 - t[i]) * y[i]).norm() - 1) ** 2 for i in range(7)) / 7
    found = gradient_penalty(lambda z: z.square().sum(1, keepdim=True) / 2, x, y, t)
    assert found.item() == pytest.approx(expected.item(), abs=1e-12)


def test_gradients_reach_the_critic_only():
    """Against finite differences of the value, for every parameter of a small network."""
    torch.manual_seed(0)
    critic = nn.Sequential(nn.Linear(3, 5), nn.Tanh(), nn.Linear(5, 1)).double()
    x, y, t = normal(4, 3, seed=1).requires_grad_(), normal(4, 3, seed=2).requires_grad_(), uniform(4, seed=3)
    loss = critic_loss(critic, x, y, t, weight=2.5)
    loss.backward()
    assert x.grad is None and y.grad is None
    for parameter in list(critic.parameters())[:3]:
        direction, values, step = normal(*parameter.shape, seed=4), [], 1e-6
        for sign in (1, -1):
            with torch.no_grad():
                parameter.add_(sign * step * direction)
            values.append(critic_loss(critic, x, y, t, weight=2.5).item())
            with torch.no_grad():
                parameter.sub_(sign * step * direction)
        slope = (values[0] - values[1]) / (2 * step)
        assert (parameter.grad * direction).sum().item() == pytest.approx(slope, abs=1e-7)


def test_a_flat_critic_has_penalty_one_and_a_finite_gradient():
    critic = nn.Linear(2, 1)
    nn.init.zeros_(critic.weight)
    penalty = gradient_penalty(critic, torch.randn(3, 2), torch.randn(3, 2), torch.rand(3))
    penalty.backward()
    assert penalty.item() == 1
    assert critic.weight.grad.isfinite().all()


def test_the_loss_is_made_of_its_parts():
    x, y, t = normal(5, 2, seed=1), normal(5, 2, seed=2), uniform(5)

    def critic(z: Tensor) -> Tensor:
        return z.square().sum(1)

    expected = critic(y).mean() - critic(x).mean() + 10 * gradient_penalty(critic, x, y, t)
    assert critic_loss(critic, x, y, t).item() == pytest.approx(expected.item(), abs=1e-12)


def test_a_trained_critic_has_the_slope_of_theory():
    """N(0, 1) against N(2, 1), weight 1: at the midpoint the best slope is 1 + w / (2 r) = 1.826."""
    torch.manual_seed(0)
    critic = nn.Sequential(nn.Linear(1, 32), nn.Tanh(), nn.Linear(32, 32), nn.Tanh(), nn.Linear(32, 1))
    optimizer = torch.optim.Adam(critic.parameters(), lr=5e-3, betas=(0.5, 0.9))
    for step in range(300):
        optimizer.param_groups[0]["lr"] = 5e-3 * (1 - step / 300) + 1e-5
        loss = critic_loss(critic, 2 + torch.randn(256, 1), torch.randn(256, 1), torch.rand(256), weight=1.0)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    t = torch.linspace(0.0005, 0.9995, 1000, dtype=torch.float64)
    variance = t**2 + (1 - t) ** 2
    r = (torch.exp(-((1 - 2 * t) ** 2) / (2 * variance)) / (2 * math.pi * variance).sqrt()).mean().item()
    w = math.erf(1 / math.sqrt(2))  # Phi(1) - Phi(-1)
    middle = torch.ones(1, 1, requires_grad=True)
    (slope,) = torch.autograd.grad(critic(middle).sum(), middle)
    assert 1 + w / (2 * r) == pytest.approx(1.826, abs=2e-3)
    assert slope.item() == pytest.approx(1 + w / (2 * r), abs=0.1)
