"""Tests of solutions/hw6/adjoint.py: backpropagation through the solver, and the closed form of a linear ODE."""

import math

import pytest
import torch
from torch import nn

from solutions.hw6.adjoint import adjoint_gradients, euler_adjoint
from solutions.hw6.ode import odeint


def field() -> tuple[nn.Module, object]:
    """A small network of state and time, in float64."""
    torch.manual_seed(0)
    net = nn.Sequential(nn.Linear(4, 8), nn.Tanh(), nn.Linear(8, 3)).double()
    return net, lambda x, t: net(torch.cat([x, t.expand(len(x), 1)], 1))


def times(n: int) -> torch.Tensor:
    s = torch.linspace(0, 1, n + 1, dtype=torch.float64)
    return 1.2 * (s + 0.3 * s * (1 - s))


def backpropagation(f, parameters, x0, ts, cotangent, method):
    x0 = x0.clone().requires_grad_()
    path = odeint(f, x0, ts, method)
    first, *others = torch.autograd.grad((path[-1] * cotangent).sum(), (x0, *parameters))
    return path.detach(), first, others


def case() -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(1)
    return tuple(torch.randn(5, 3, generator=generator, dtype=torch.float64) for _ in range(2))


@pytest.mark.parametrize("n", [1, 10])
def test_the_adjoint_of_euler_on_stored_states_is_backpropagation(n):
    net, f = field()
    x0, cotangent = case()
    parameters = tuple(net.parameters())
    path, first, others = backpropagation(f, parameters, x0, times(n), cotangent, "euler")
    found, gradients = euler_adjoint(f, parameters, path, times(n), cotangent)
    assert (found - first).abs().max() < 1e-14
    for one, other in zip(gradients, others, strict=True):
        assert one.shape == other.shape
        assert (one - other).abs().max() < 1e-13
    assert not found.requires_grad
    assert all(parameter.grad is None for parameter in parameters)


def test_the_continuous_adjoint_converges_with_order_four():
    net, f = field()
    x0, cotangent = case()
    parameters = tuple(net.parameters())
    path, first, others = backpropagation(f, parameters, x0, times(256), cotangent, "rk4")
    errors = []
    for n in (8, 16):
        found, gradients = adjoint_gradients(f, parameters, path[-1], times(n), cotangent)
        pairs = zip((found, *gradients), (first, *others), strict=True)
        errors.append(max((one - other).abs().max() for one, other in pairs))
    assert 3.5 < math.log2(errors[0] / errors[1]) < 4.7
    assert errors[1] < 1e-5


def test_linear_ode_in_closed_form():
    """dx/dt = A x: dL/dx0 = exp(A T)^T dL/dx(T), and dL/dA is the derivative of the matrix exponential."""
    A = torch.tensor([[0.1, -1.3], [0.9, -0.4]], dtype=torch.float64, requires_grad=True)
    x0 = torch.tensor([[1.0, -0.5], [0.2, 2.0]], dtype=torch.float64)
    ts, cotangent = times(64), torch.tensor([[0.3, -1.0], [2.0, 0.7]], dtype=torch.float64)
    end = x0 @ torch.linalg.matrix_exp(A * ts[-1]).T
    (by_A,) = torch.autograd.grad((end * cotangent).sum(), A)
    found, (gradient,) = adjoint_gradients(lambda x, t: x @ A.T, (A,), end.detach(), ts, cotangent)
    assert (found - cotangent @ torch.linalg.matrix_exp(A * ts[-1]).detach()).abs().max() < 1e-7
    assert (gradient - by_A).abs().max() < 1e-7


def test_states_that_are_solved_again_are_only_nearly_the_stored_ones():
    """The adjoint of the continuous ODE by Euler is off by an error of first order; the adjoint of Euler is exact."""
    net, f = field()
    x0, cotangent = case()
    parameters = tuple(net.parameters())
    errors = []
    for n in (20, 40):
        path, first, _ = backpropagation(f, parameters, x0, times(n), cotangent, "euler")
        again = odeint(f, path[-1], times(n).flip(0), "euler").flip(0)
        errors.append((euler_adjoint(f, parameters, again, times(n), cotangent)[0] - first).abs().max())
    assert 0.7 < math.log2(errors[0] / errors[1]) < 1.3
