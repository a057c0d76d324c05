"""Tests of solutions/hw2/importance_weighting.py: enumeration of all draws, a linear-Gaussian model, autograd."""

import itertools
import math

import torch
from torch import Tensor
from torch.distributions import MultivariateNormal, Normal

from solutions.hw2.importance_weighting import iwae_bound, snis_weights
from solutions.hw2.theory import iwae_two_point


def normal(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def test_expected_bound_by_enumeration():
    """Weights with two values: the average over all 2^K draws is the finite sum of theory problem 3."""
    p, a, b = 0.3, 2.5, 0.4
    for K in (1, 2, 5, 9):
        draws = torch.tensor(list(itertools.product((True, False), repeat=K))).T
        chance = torch.where(draws, p, 1 - p).double().prod(0)
        log_w = torch.where(draws, math.log(a), math.log(b)).double()
        assert abs((chance * iwae_bound(log_w)).sum().item() - iwae_two_point(p, a, b, K)) < 1e-6


def test_bound_climbs_from_the_elbo_to_log_px_in_a_linear_gaussian_model():
    D, d, n, std = 3, 2, 20_000, 0.7
    W, x = normal(D, d, seed=1), 1.5 * normal(D, seed=2)
    log_px = MultivariateNormal(torch.zeros(D).double(), W @ W.T + std**2 * torch.eye(D).double()).log_prob(x).item()
    precision = torch.eye(d).double() + W.T @ W / std**2
    q = Normal(
        torch.linalg.solve(precision, W.T @ x) / std**2 + 0.3, 1.3 * torch.linalg.inv(precision).diagonal().sqrt()
    )
    z = q.mean + q.stddev * normal(n, d, seed=3)
    log_w = Normal(z @ W.T, std).log_prob(x).sum(-1) + Normal(0.0, 1.0).log_prob(z).sum(-1) - q.log_prob(z).sum(-1)
    averages = [iwae_bound(log_w.view(K, -1)).mean().item() for K in (1, 4, 20, 100, 1000)]
    assert averages == sorted(averages)
    assert averages[0] < log_px - 0.1
    assert abs(averages[-1] - log_px) < 0.02


def test_equal_weights_and_one_draw():
    log_w = normal(1, 4, seed=4)
    assert torch.equal(iwae_bound(log_w), log_w[0])
    assert (iwae_bound(log_w.expand(7, 4)) - log_w[0]).abs().max() < 1e-12
    assert (snis_weights(log_w.expand(7, 4)) - 1 / 7).abs().max() < 1e-12


def test_weights_are_the_gradient_of_the_bound():
    log_w = normal(6, 3, seed=5).requires_grad_()
    (gradient,) = torch.autograd.grad(iwae_bound(log_w).sum(), log_w)
    assert (gradient - snis_weights(log_w)).abs().max() < 1e-12
    assert torch.autograd.gradcheck(iwae_bound, log_w)
    assert (snis_weights(log_w) - log_w.exp() / log_w.exp().sum(0)).abs().max() < 1e-12


def test_any_size():
    log_w = normal(5, 3, seed=6)
    for shift in (1e4, -1e4):
        assert (iwae_bound(log_w + shift) - shift - iwae_bound(log_w)).abs().max() < 1e-9
        assert (snis_weights(log_w + shift) - snis_weights(log_w)).abs().max() < 1e-9


def test_self_normalised_averages_estimate_the_posterior():
    x, std, K = 1.2, 0.8, 50_000
    z = 1.5 * normal(K, seed=7)
    log_w = (
        Normal(z, std).log_prob(torch.tensor(x).double()) + Normal(0.0, 1.0).log_prob(z) - Normal(0.0, 1.5).log_prob(z)
    )
    weights = snis_weights(log_w[:, None])[:, 0]
    assert abs((weights * z).sum().item() - x / (1 + std**2)) < 0.02
