"""Tests of solutions/hw4/surgery.py: torch.distributions, quadrature, and the limits of the mutual information."""

import math

import torch
from torch import Tensor
from torch.distributions import Categorical, Independent, MixtureSameFamily, Normal, kl_divergence

from solutions.hw4.surgery import aggregate_log_prob, elbo_surgery


def normal(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def quantiles(draws: int, N: int) -> Tensor:
    """Noise (draws, N, 1) that is a quadrature rule: the midpoints of equal shares of the standard normal."""
    middle = (torch.arange(draws, dtype=torch.float64) + 0.5) / draws
    return torch.special.ndtri(middle)[:, None, None].expand(draws, N, 1)


def test_density_is_that_of_the_mixture():
    mean, log_std, z = normal(5, 3, seed=1), 0.4 * normal(5, 3, seed=2), 2 * normal(7, 3, seed=3)
    mixture = MixtureSameFamily(Categorical(torch.ones(5).double()), Independent(Normal(mean, log_std.exp()), 1))
    assert (aggregate_log_prob(z, mean, log_std) - mixture.log_prob(z)).abs().max() < 1e-12


def test_density_integrates_to_one_and_is_finite_far_away():
    mean, log_std = 2 * normal(4, 1, seed=4), 0.3 * normal(4, 1, seed=5)
    grid = torch.linspace(-12, 12, 8001, dtype=torch.float64)
    mass = torch.trapezoid(aggregate_log_prob(grid[:, None], mean, log_std).exp(), grid)
    assert abs(mass.item() - 1) < 1e-10
    assert aggregate_log_prob(torch.full((1, 1), 3000.0, dtype=torch.float64), mean, log_std).isfinite().all()


def test_gradients():
    mean, log_std, z = normal(3, 2, seed=6), 0.3 * normal(3, 2, seed=7), normal(4, 2, seed=8)
    arguments = [t.requires_grad_() for t in (z, mean, log_std)]
    assert torch.autograd.gradcheck(aggregate_log_prob, arguments)
    eps = normal(2, 3, 2, seed=9)
    assert torch.autograd.gradcheck(lambda m, s: elbo_surgery(m, s, eps), arguments[1:])


def test_surgery_by_quadrature():
    """Three Gaussians on the line: every part as an integral over a grid."""
    mean, log_std = torch.tensor([[[-1.7], [0.4], [2.2]], [[-0.7], [-1.2], [0.1]]], dtype=torch.float64)
    grid = torch.linspace(-15, 15, 20_001, dtype=torch.float64)
    q, p = Normal(mean, log_std.exp()), Normal(0.0, 1.0)
    log_q, log_p = q.log_prob(grid), p.log_prob(grid)  # (3, G), (G,)
    log_aggregate = log_q.logsumexp(0) - math.log(3)
    average = kl_divergence(q, p).mean()
    marginal = torch.trapezoid(log_aggregate.exp() * (log_aggregate - log_p), grid)
    information = torch.trapezoid(log_q.exp() * (log_q - log_aggregate), grid).mean()
    assert abs(average - marginal - information) < 1e-10  # the oracle itself keeps the identity
    found = elbo_surgery(mean, log_std, quantiles(200_000, 3))
    for value, truth in zip(found, (average, marginal, information), strict=True):
        assert abs(value - truth) < 1e-4


def test_parts_add_up_for_any_noise():
    average, marginal, information = elbo_surgery(normal(6, 4, seed=1), 0.5 * normal(6, 4, seed=2), normal(3, 6, 4))
    assert abs(average - marginal - information) < 1e-12


def test_limits_of_the_mutual_information():
    N, eps = 5, quantiles(2000, 5)
    same = torch.full((N, 1), 0.7, dtype=torch.float64), torch.full((N, 1), -0.3, dtype=torch.float64)
    assert abs(elbo_surgery(*same, eps)[2]) < 1e-12
    apart = 100 * torch.arange(N).double()[:, None], torch.zeros(N, 1).double()
    assert abs(elbo_surgery(*apart, eps)[2] - math.log(N)) < 1e-10


def test_aggregate_as_prior_leaves_the_mutual_information_and_overfits():
    """On its own posteriors the aggregate beats any other prior; on those of new data it can be worse than N(0, I)."""
    generator = torch.Generator().manual_seed(3)
    data = torch.randn(2008, generator=generator, dtype=torch.float64)
    mean, log_std = 0.95 * data[:, None], torch.full((2008, 1), math.log(0.1), dtype=torch.float64)
    few, new = slice(0, 8), slice(8, None)
    average, marginal, information = elbo_surgery(mean[few], log_std[few], quantiles(500, 8))
    assert information < average
    assert marginal > 0
    z = mean[new] + log_std[new].exp() * normal(2000, 1, seed=4)
    log_q = Normal(mean[new], log_std[new].exp()).log_prob(z).sum(1)
    to_aggregate = (log_q - aggregate_log_prob(z, mean[few], log_std[few])).mean()
    to_normal = (log_q - Normal(0.0, 1.0).log_prob(z).sum(1)).mean()
    assert to_aggregate > to_normal + 0.5
