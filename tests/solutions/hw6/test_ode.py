"""Tests of solutions/hw6/ode.py: closed forms, the matrix exponential, and the order with which errors fall."""

import math

import pytest
import torch

from solutions.hw6.ode import odeint

ORDERS = {"euler": 1, "midpoint": 2, "rk4": 4}


def bent_times(n: int, end: float = 1.5) -> torch.Tensor:
    """n steps of different lengths, from 0 to `end`."""
    s = torch.linspace(0, 1, n + 1, dtype=torch.float64)
    return end * (s + 0.3 * s * (1 - s))


def bernoulli(x: torch.Tensor, t: torch.Tensor) -> torch.Tensor:
    """dx/dt = x cos t - x^2 sin t, a Bernoulli equation; see `bernoulli_solution`."""
    return x * torch.cos(t) - x**2 * torch.sin(t)


def bernoulli_solution(x0: torch.Tensor, t: float, nodes: int = 4001) -> torch.Tensor:
    """1/x solves a linear equation: 1/x(t) = e^{-sin t} (1/x0 + int_0^t e^{sin s} sin s ds), Simpson's rule."""
    s = torch.linspace(0, t, nodes, dtype=torch.float64)
    weights = torch.ones(nodes, dtype=torch.float64)
    weights[1:-1:2], weights[2:-1:2] = 4, 2
    integral = (weights * s.sin().exp() * s.sin()).sum() * (s[1] - s[0]) / 3
    return 1 / (math.exp(-math.sin(t)) * (1 / x0 + integral))


@pytest.mark.parametrize("method", ORDERS)
def test_errors_fall_with_the_order_of_the_method(method):
    x0 = torch.tensor([0.4, 0.9, 1.7], dtype=torch.float64)
    truth = bernoulli_solution(x0, 1.5)
    errors = [(odeint(bernoulli, x0, bent_times(n), method)[-1] - truth).abs().max() for n in (40, 80)]
    assert abs(math.log2(errors[0] / errors[1]) - ORDERS[method]) < 0.15


def test_linear_system_is_the_matrix_exponential_forwards_and_backwards():
    A = torch.tensor([[0.1, -1.3], [0.9, -0.4]], dtype=torch.float64)
    x0 = torch.tensor([[1.0, -0.5], [0.2, 2.0]], dtype=torch.float64)
    ts = bent_times(200)
    path = odeint(lambda x, t: x @ A.T, x0, ts)
    for k in (0, 77, 200):
        assert (path[k] - x0 @ torch.linalg.matrix_exp(A * ts[k]).T).abs().max() < 1e-9
    back = odeint(lambda x, t: x @ A.T, path[-1], ts.flip(0))
    assert (back[-1] - x0).abs().max() < 1e-9


def test_one_step_by_hand():
    """f = t x at t = 1, h = 0.5, x = 2: slopes 2; 3.125 at the midpoint; and the four of Runge and Kutta."""
    ts, x0 = torch.tensor([1.0, 1.5], dtype=torch.float64), torch.tensor(2.0, dtype=torch.float64)
    k1 = 2.0
    k2 = 1.25 * (2 + 0.25 * k1)
    k3 = 1.25 * (2 + 0.25 * k2)
    k4 = 1.5 * (2 + 0.5 * k3)
    wanted = {"euler": 2 + 0.5 * k1, "midpoint": 2 + 0.5 * k2, "rk4": 2 + 0.5 * (k1 + 2 * k2 + 2 * k3 + k4) / 6}
    for method, value in wanted.items():
        assert abs(odeint(lambda x, t: t * x, x0, ts, method)[-1] - value) < 1e-14


def test_gradients_are_finite_differences_and_inputs_stay():
    ts = bent_times(5).float()
    x0, rate = torch.tensor([0.3, 0.7], dtype=torch.float64), torch.tensor(0.8, dtype=torch.float64).requires_grad_()
    before = x0.clone()

    def end(at, r):
        return odeint(lambda x, t: r * torch.sin(x + t), at, ts.double())[-1].sum()

    moved = x0.clone().requires_grad_()
    by_x0, by_rate = torch.autograd.grad(end(moved, rate), (moved, rate))
    step = 1e-6
    with torch.no_grad():
        assert abs((end(x0, rate + step) - end(x0, rate - step)) / (2 * step) - by_rate) < 1e-8
        shift = torch.tensor([step, 0.0], dtype=torch.float64)
        assert abs((end(x0 + shift, rate) - end(x0 - shift, rate)) / (2 * step) - by_x0[0]) < 1e-8
    assert torch.equal(x0, before)


def test_another_method_is_refused():
    with pytest.raises(ValueError, match="must be one of euler, midpoint, rk4, got 'heun'"):
        odeint(lambda x, t: x, torch.ones(1), torch.tensor([0.0, 1.0]), "heun")
