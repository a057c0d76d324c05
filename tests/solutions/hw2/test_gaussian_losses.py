"""Tests of solutions/hw2/gaussian_losses.py: torch.distributions, quadrature, and derivatives by autograd."""

import torch
from torch import Tensor
from torch.distributions import Normal, kl_divergence

from solutions.hw2.gaussian_losses import gaussian_kl, gaussian_nll


def normal(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def test_kl_is_that_of_torch_on_shapes_that_broadcast():
    for seed, shapes in enumerate((((3, 4),) * 4, ((5, 1), (5, 1), (6,), (1, 6)), ((), (2,), (3, 1), ()))):
        mean1, log_std1, mean2, log_std2 = (normal(*shape, seed=9 * seed + i) for i, shape in enumerate(shapes))
        value = gaussian_kl(mean1, log_std1, mean2, log_std2)
        expected = kl_divergence(Normal(mean1, log_std1.exp()), Normal(mean2, log_std2.exp()))
        assert value.shape == torch.broadcast_shapes(*shapes) and torch.allclose(value, expected, atol=1e-12)


def test_kl_to_the_standard_normal_and_to_numbers():
    mean, log_std = normal(4, 3, seed=1), normal(4, 3, seed=2)
    q = Normal(mean, log_std.exp())
    assert torch.allclose(gaussian_kl(mean, log_std), kl_divergence(q, Normal(0.0, 1.0)), atol=1e-12)
    other = Normal(torch.tensor(0.7).double(), torch.tensor(-0.3).double().exp())
    assert torch.allclose(gaussian_kl(mean, log_std, 0.7, -0.3), kl_divergence(q, other), atol=1e-12)
    assert gaussian_kl(mean, log_std, mean, log_std).abs().max() < 1e-15
    assert gaussian_kl(mean.float(), log_std.float()).dtype == torch.float32


def test_nll_is_that_of_torch_and_integrates_to_one():
    x, mean, log_std = normal(5, 1, 3, seed=3), normal(4, 1, seed=4), normal(3, seed=5)
    value = gaussian_nll(x, mean, log_std)
    assert value.shape == (5, 4, 3)
    assert torch.allclose(value, -Normal(mean, log_std.exp()).log_prob(x), atol=1e-12)
    grid = torch.linspace(-30, 30, 6001, dtype=torch.float64)[:, None]
    assert torch.allclose((-gaussian_nll(grid, mean[:, 0], -log_std[:1])).exp().sum(0) * 0.01, torch.ones(4).double())


def test_gradients():
    arguments = [normal(2, 3, seed=20 + i).requires_grad_() for i in range(4)]
    assert torch.autograd.gradcheck(gaussian_kl, arguments)
    assert torch.autograd.gradcheck(gaussian_nll, arguments[:3])
