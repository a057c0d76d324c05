"""Tests of solutions/hw4/flow_posterior.py: Jacobians by autograd, monotone profiles, quadrature of the bound."""

import math

import torch
from torch import Tensor
from torch.distributions import Normal

from solutions.hw4.flow_posterior import flow_elbo, planar


def normal(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def layer(d: int, seed: int, size: float = 1.5) -> tuple[Tensor, Tensor, Tensor]:
    return size * normal(d, seed=seed), size * normal(d, seed=seed + 1), normal(1, seed=seed + 2)[0]


def test_log_determinant_is_that_of_the_jacobian():
    for d in (1, 2, 5):
        z, parameters = normal(4, d, seed=d), layer(d, seed=10 * d)
        log_det = planar(z, *parameters)[1]
        for row, value in zip(z, log_det, strict=True):
            jacobian = torch.autograd.functional.jacobian(lambda r, p=parameters: planar(r[None], *p)[0][0], row)
            sign, truth = torch.linalg.slogdet(jacobian)
            assert sign == 1
            assert abs(value - truth) < 1e-10


def test_vector_is_the_one_of_the_appendix():
    z, (u, w, b) = normal(3, 4, seed=1), layer(4, seed=2)
    step = planar(z, u, w, b)[0] - z
    v = step[0] / torch.tanh(z[0] @ w + b)
    assert (step - torch.tanh(z @ w + b)[:, None] * v).abs().max() < 1e-12  # the same direction for every point
    assert abs(w @ v - (math.log1p(math.exp(w @ u)) - 1)) < 1e-10
    across = v - u - ((v - u) @ w) / (w @ w) * w
    assert across.abs().max() < 1e-10  # only the component along w has changed


def test_map_is_invertible_where_u_asks_for_more():
    w = torch.tensor([1.3, -0.8], dtype=torch.float64)
    for size in (-6.0, -1.0, 2.0):
        line = torch.linspace(-8, 8, 4001, dtype=torch.float64)[:, None] * w
        image = planar(line, size * w, w, torch.tensor(0.3, dtype=torch.float64))[0] @ w
        assert (image.diff() > 0).all()


def test_gradients():
    z, (u, w, b) = normal(3, 2, seed=4), layer(2, seed=5)
    assert torch.autograd.gradcheck(planar, [t.requires_grad_() for t in (z, u, w, b)])


def test_without_layers_it_is_the_gaussian_bound():
    mean, log_std, eps = normal(3, seed=1), 0.4 * normal(3, seed=2), normal(6, 3, seed=3)
    q = Normal(mean, log_std.exp())
    z = mean + log_std.exp() * eps
    truth = -(z**4).sum(1) - q.log_prob(z).sum(1)
    assert (flow_elbo(lambda z: -(z**4).sum(1), eps, mean, log_std, []) - truth).abs().max() < 1e-12


def test_bound_on_the_line_by_quadrature():
    """One dimension, two layers: the density of z by numerical differentiation of the map, the bound as an integral."""
    mean, log_std, layers = normal(1, seed=1), 0.2 * normal(1, seed=2), [layer(1, seed=3), layer(1, seed=6)]

    def log_joint(z: Tensor) -> Tensor:
        return -0.5 * (z[:, 0] - 1) ** 2 - 0.1 * z[:, 0] ** 4

    eps = torch.linspace(-9, 9, 100_001, dtype=torch.float64)
    z = mean + log_std.exp() * eps[:, None]
    for u, w, b in layers:
        z = planar(z, u, w, b)[0]
    density = torch.exp(-0.5 * eps**2) / math.sqrt(2 * math.pi)
    slope = torch.gradient(z[:, 0], spacing=(eps[1] - eps[0]).item())[0]
    log_q = density.log() - slope.log()
    truth = torch.trapezoid(density * (log_joint(z) - log_q), eps)
    found = torch.trapezoid(density * flow_elbo(log_joint, eps[:, None], mean, log_std, layers), eps)
    assert abs(truth - found) < 1e-6
    grid = torch.linspace(-20, 20, 200_001, dtype=torch.float64)
    evidence = torch.trapezoid(log_joint(grid[:, None]).exp(), grid).log()
    assert found < evidence


def test_gradients_of_the_bound():
    mean, log_std, eps = normal(2, seed=1), 0.3 * normal(2, seed=2), normal(3, 2, seed=3)
    first, second = layer(2, seed=4), layer(2, seed=7)

    def bound(*arguments: Tensor) -> Tensor:
        return flow_elbo(lambda z: -(z**4).sum(1), eps, *arguments[:2], [arguments[2:5], arguments[5:]])

    assert torch.autograd.gradcheck(bound, [t.requires_grad_() for t in (mean, log_std, *first, *second)])
