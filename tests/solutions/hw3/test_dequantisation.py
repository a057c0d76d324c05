"""Tests of solutions/hw3/dequantisation.py: differences, exact masses of known densities, and entropies in bits."""

import math

import torch
from torch.distributions import Normal

from solutions.hw3.dequantisation import bits_per_dim, from_logits, importance_bound, to_logits, uniform_bound

from .oracles import jacobians, uniform


def test_the_log_determinant_is_that_of_differences():
    for levels, alpha in ((17, 0.05), (256, 0.01), (2, 0.2)):
        x = (levels * uniform(4, 3, seed=levels)).floor()
        u = 0.01 + 0.98 * uniform(4, 3, seed=1)
        J = jacobians(lambda u, x=x, levels=levels, alpha=alpha: to_logits(x, u, levels, alpha)[0], u)
        log_det = to_logits(x, u, levels, alpha)[1]
        assert (log_det - torch.linalg.slogdet(J).logabsdet).abs().max() < 1e-5


def test_the_ends_of_the_scale_and_the_way_back():
    levels = 17
    x = torch.arange(levels, dtype=torch.float64)[:, None]
    for u in (0.0, 0.5, 0.999):
        y, log_det = to_logits(x, torch.full_like(x, u), levels)
        assert y.isfinite().all()
        assert log_det.isfinite().all()
        if u > 0:
            assert (from_logits(y, levels) == x).all()
    assert to_logits(torch.zeros(1, 1), torch.zeros(1, 1), levels)[0].item() == torch.logit(torch.tensor(0.05)).item()
    assert (from_logits(torch.tensor([[-50.0, 50.0]]), levels) == torch.tensor([[0.0, 16.0]])).all()


def test_bits_of_a_fair_coin():
    assert abs(bits_per_dim(torch.tensor(-math.log(2)), 1) - 1) < 1e-6
    assert (
        bits_per_dim(torch.tensor([[-20.0, -10.0]]), 4) - torch.tensor([[5.0, 2.5]]) / math.log(2)
    ).abs().max() < 1e-6


def log_density(y: torch.Tensor) -> torch.Tensor:
    return Normal(2.2, 0.9).log_prob(y).sum(1)


def test_bounds_of_a_normal_density():
    x = torch.tensor([[1.0, 2.0], [0.0, 3.0], [2.0, 2.0]], dtype=torch.float64)
    n = 200
    line = (torch.arange(n, dtype=torch.float64) + 0.5) / n
    u = torch.cartesian_prod(line, line)[:, None].expand(n * n, 3, 2)
    cdf = Normal(2.2, 0.9).cdf
    exact = (cdf(x + 1) - cdf(x)).log().sum(1)
    # E_u log p(x + u), coordinate by coordinate: the mean of (y - m)^2 over a unit interval
    centred = x - 2.2
    square = (centred**2 + centred + 1 / 3).sum(1)
    mean_log = -square / (2 * 0.9**2) - 2 * math.log(0.9) - math.log(2 * math.pi)
    assert (uniform_bound(log_density, x, u) - mean_log).abs().max() < 1e-4
    assert (importance_bound(log_density, x, u) - exact).abs().max() < 1e-4
    assert (mean_log < exact).all()


def test_one_noise_gives_both_the_same_and_a_flat_density_no_gap():
    x, u = torch.zeros(4, 2).double(), uniform(1, 4, 2)
    assert (uniform_bound(log_density, x, u) == importance_bound(log_density, x, u)).all()
    many = uniform(7, 4, 2, seed=1)
    flat = torch.full((4,), -1.7, dtype=torch.float64)
    for bound in (uniform_bound, importance_bound):
        assert (bound(lambda y: -1.7 + 0 * y.sum(1), x, many) - flat).abs().max() < 1e-12


def test_tiny_and_huge_densities():
    x, u = torch.zeros(1, 1).double(), torch.tensor([0.2, 0.7], dtype=torch.float64).view(2, 1, 1)
    for offset in (-5000.0, 5000.0):
        value = importance_bound(lambda y, offset=offset: offset + y.sum(1), x, u)
        assert abs(value - offset - math.log((math.exp(0.2) + math.exp(0.7)) / 2)) < 1e-9
