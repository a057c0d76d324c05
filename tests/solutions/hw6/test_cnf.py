"""Tests of solutions/hw6/cnf.py: linear flows in closed form, the Jacobian of the discrete map, mass on a grid."""

import math

import torch
from torch import Tensor, nn
from torch.distributions import MultivariateNormal

from solutions.hw6.cnf import cnf_log_prob
from solutions.hw6.ode import odeint

A = torch.tensor([[0.3, -1.1], [0.7, 0.2]], dtype=torch.float64)


def times(n: int, end: float = 1.0) -> Tensor:
    s = torch.linspace(0, 1, n + 1, dtype=torch.float64)
    return end * (s + 0.3 * s * (1 - s))


def points(n: int = 6, seed: int = 0) -> Tensor:
    return torch.randn(n, 2, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def network() -> object:
    torch.manual_seed(0)
    net = nn.Sequential(nn.Linear(3, 8), nn.Tanh(), nn.Linear(8, 2)).double()
    return lambda x, t: net(torch.cat([x, t.expand(len(x), 1)], 1))


def test_linear_flow_is_a_gaussian():
    """dx/dt = A x carries N(0, I) to N(0, exp(TA) exp(TA)^T), whose log-determinant is 2 T tr A."""
    M = torch.linalg.matrix_exp(A * 1.4)
    found, z = cnf_log_prob(lambda x, t: x @ A.T, points(), times(64, 1.4))
    truth = MultivariateNormal(torch.zeros(2).double(), M @ M.T).log_prob(points())
    assert (found - truth).abs().max() < 1e-6
    assert (z - torch.linalg.solve(M, points().T).T).abs().max() < 1e-6


def test_change_of_density_is_the_jacobian_of_the_solver():
    f, x, ts = network(), points(), times(64)
    found, z = cnf_log_prob(f, x, ts)

    def back(one: Tensor) -> Tensor:
        return odeint(f, one[None], ts.flip(0))[-1, 0]

    log_det = torch.stack([torch.linalg.slogdet(torch.autograd.functional.jacobian(back, one))[1] for one in x])
    base = (-0.5 * z.square() - 0.5 * math.log(2 * math.pi)).sum(1)
    assert (found - base - log_det).abs().max() < 1e-7
    assert (odeint(f, z, ts)[-1] - x).abs().max() < 1e-7


def test_the_density_has_mass_one():
    f = network()
    side = torch.linspace(-9, 9, 181, dtype=torch.float64)
    with torch.no_grad():
        found, _ = cnf_log_prob(lambda x, t: 2 * f(x, t), torch.cartesian_prod(side, side), times(20))
    assert abs(found.exp().sum() * 0.01 - 1) < 1e-4


def test_hutchinson_has_the_right_mean_over_all_signs():
    """Along a linear flow the estimate eps^T A eps does not depend on the point: its mean over signs is exact."""
    signs = torch.cartesian_prod(*[torch.tensor([-1.0, 1.0], dtype=torch.float64)] * 2)
    x = points(1).expand(4, 2)
    exact, _ = cnf_log_prob(lambda x, t: x @ A.T, x, times(5))
    found, _ = cnf_log_prob(lambda x, t: x @ A.T, x, times(5), signs)
    assert (found - exact).abs().max() > 0.1
    assert abs(found.mean() - exact[0]) < 1e-12


def test_gradient_is_that_of_finite_differences():
    scale, step = torch.tensor(0.7, dtype=torch.float64).requires_grad_(), 1e-5
    x = points()

    def value(a: Tensor) -> Tensor:
        return cnf_log_prob(lambda x, t: a * torch.sin(x + a * t), x, times(6))[0].sum()

    (slope,) = torch.autograd.grad(value(scale), scale)
    with torch.no_grad():
        assert abs((value(scale + step) - value(scale - step)) / (2 * step) - slope) < 1e-7
