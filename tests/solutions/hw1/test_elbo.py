"""Tests of solutions/hw1/elbo.py: the exact posterior, Gauss-Hermite averages, and KL divergences of torch."""

import math

import numpy as np
import torch
from torch import Tensor
from torch.distributions import MultivariateNormal, Normal, kl_divergence

from solutions.hw1.elbo import elbo, elbo_gap


def normal(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def test_exact_posterior_has_no_variance():
    D, d, B, K, std = 5, 3, 2, 7, torch.tensor(0.8, dtype=torch.float64)
    weight = torch.linalg.qr(normal(D, d, seed=1))[0] * torch.tensor([0.5, 1.2, 2.0], dtype=torch.float64)
    x = normal(B, D, seed=2)
    precision = 1 + weight.square().sum(0) / std**2
    eps = normal(K, B, d, seed=3)
    q_mean, q_std = x @ weight / std**2 / precision, precision.rsqrt().expand(B, d)
    log_px = MultivariateNormal(torch.zeros(D).double(), weight @ weight.T + std**2 * torch.eye(D).double()).log_prob(x)
    for k in range(K):
        value = elbo(x, q_mean, q_std, lambda z: (z @ weight.T, std), eps[k : k + 1])
        assert (value - log_px).abs().max() < 1e-12


def test_average_over_eps_is_evidence_minus_gap():
    nodes, weights = (torch.from_numpy(part) for part in np.polynomial.hermite_e.hermegauss(12))
    for x, m, v, s in ((0.7, -0.4, 0.6, 0.9), (-1.8, 0.3, 1.7, 1.4), (2.1, 1.2, 0.1, 0.5)):
        x, m, v, s = (torch.tensor(value, dtype=torch.float64) for value in (x, m, v, s))
        one = torch.ones(len(nodes), 1, dtype=torch.float64)
        values = elbo(x * one, m * one, v.sqrt() * one, lambda z, s=s: (z, s), nodes.view(1, -1, 1))
        average = (weights * values).sum() / weights.sum()
        log_px = Normal(0.0, (1 + s**2).sqrt()).log_prob(x)
        assert abs(average - (log_px - elbo_gap(x, m, v, s))) < 1e-12


def test_mean_over_draws_of_a_nonlinear_decoder():
    """The average over many draws is the closed-form KL to the prior away from the average log likelihood."""
    K, B, D, d = 200_000, 2, 3, 2
    x, weight = normal(B, D, seed=4), normal(D, d, seed=5)
    q_mean, q_std = normal(B, d, seed=6), 0.3 + normal(B, d, seed=7).abs()
    eps = normal(K, B, d, seed=8)

    def decoder(z: Tensor) -> tuple[Tensor, Tensor]:
        return torch.tanh(z @ weight.T), 0.5 + torch.sigmoid(z @ weight.T)

    log_likelihood = Normal(*decoder(q_mean + q_std * eps)).log_prob(x).sum(-1)
    kl = kl_divergence(Normal(q_mean, q_std), Normal(0.0, 1.0)).sum(-1)
    value = elbo(x, q_mean, q_std, decoder, eps)
    assert (value - (log_likelihood.mean(0) - kl)).abs().max() < 5 * 2 / math.sqrt(K)


def test_gap_is_the_kl_of_torch():
    x, m = normal(2, 3, seed=9), normal(2, 3, seed=10)
    v, s = 0.1 + normal(2, 3, seed=11).abs(), 0.3 + normal(2, 3, seed=12).abs()
    posterior = Normal(x / (1 + s**2), (s**2 / (1 + s**2)).sqrt())
    assert (elbo_gap(x, m, v, s) - kl_divergence(Normal(m, v.sqrt()), posterior)).abs().max() < 1e-12
    assert elbo_gap(x, posterior.mean, posterior.variance, s).abs().max() < 1e-12
