"""Tests of solutions/hw1/naive_monte_carlo.py: a linear-Gaussian model, where p(x) is known."""

import math

import torch
from torch import Tensor
from torch.distributions import MultivariateNormal, Normal

from solutions.hw1.naive_monte_carlo import naive_log_px


def normal(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def test_unbiased_in_p():
    K, R, D, d, std = 2, 100_000, 2, 2, torch.tensor(0.9, dtype=torch.float64)
    weight, x = 0.8 * normal(D, d, seed=1), torch.tensor([0.7, -1.1], dtype=torch.float64)
    exact = (
        MultivariateNormal(torch.zeros(D).double(), weight @ weight.T + std**2 * torch.eye(D).double())
        .log_prob(x)
        .exp()
    )
    estimates = naive_log_px(x.expand(R, D), lambda z: (z @ weight.T, std), normal(K, R, d, seed=2)).exp()
    assert abs(estimates.mean() - exact) < 5 * estimates.std() / math.sqrt(R)
    assert estimates.log().mean() < exact.log() - 10 * estimates.log().std() / math.sqrt(R)  # biased in log p


def test_relative_variance_has_its_closed_form():
    """For p(z) = N(0, 1), p(x | z) = N(z, s^2): E[p(x | z)^2] = N(x; 0, 1 + s^2 / 2) / (2 s sqrt(pi))."""
    x, s, R = torch.tensor(0.6, dtype=torch.float64), torch.tensor(1.3, dtype=torch.float64), 400_000
    p = naive_log_px(x.expand(R, 1), lambda z: (z, s), normal(1, R, 1, seed=3)).exp()
    second = Normal(0.0, (1 + s**2 / 2).sqrt()).log_prob(x).exp() / (2 * s * math.sqrt(math.pi))
    mean = Normal(0.0, (1 + s**2).sqrt()).log_prob(x).exp()
    assert abs(p.var() / mean**2 - (second / mean**2 - 1)) < 2e-3


def test_far_away_equals_a_shifted_sum():
    K, B, D = 5, 3, 400
    mean, x, std = normal(K, B, D, seed=4), 3 * normal(B, D, seed=5), torch.tensor(0.7, dtype=torch.float64)
    log_p = Normal(mean, std).log_prob(x).sum(-1)
    assert log_p.max() < -1000
    expected = [max(row) + math.log(math.fsum(math.exp(v - max(row)) for v in row) / K) for row in log_p.T.tolist()]
    value = naive_log_px(x, lambda z: (mean, std), normal(K, B, 1))
    assert (value - torch.tensor(expected, dtype=torch.float64)).abs().max() < 1e-9


def test_std_of_any_shape():
    K, B, D = 3, 4, 5
    x, z = normal(B, D, seed=6), normal(K, B, D, seed=7)
    for shape in ((), (1,), (D,), (K, B, 1), (B, 1), (K, B, D)):
        std = 0.5 + normal(*shape, seed=8).abs()
        full = std.expand(K, B, D)
        one, other = (naive_log_px(x, lambda z, s=s: (z, s), z) for s in (std, full))
        assert torch.allclose(one, other, atol=1e-12), shape
