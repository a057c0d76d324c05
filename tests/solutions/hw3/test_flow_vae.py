"""Tests of solutions/hw3/flow_vae.py: quadrature, Gaussians of torch, and the limit of a silent decoder."""

import math

import torch
from torch.distributions import MultivariateNormal, Normal

from solutions.hw3.flow_vae import elbo_terms, linear_flow_log_prob

from .oracles import mass_on_square, normal


def case(D: int) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    return normal(D, D, seed=D) + 1.5 * torch.eye(D), normal(D, seed=D + 1), normal(4, D, seed=D + 2)


def test_the_flow_is_a_gaussian_with_mass_one():
    for D in (1, 2, 4):
        W, b, x = case(D)
        truth = MultivariateNormal(b, W @ W.T).log_prob(x)
        assert (linear_flow_log_prob(W, b, x) - truth).abs().max() < 1e-10
    W, b, _ = case(2)
    assert abs(mass_on_square(lambda x: linear_flow_log_prob(W, b, x), reach=20) - 1) < 1e-6


def test_the_exact_posterior_leaves_no_gap_and_no_noise():
    for D, s in ((1, 0.5), (3, 0.8), (2, 0.01)):
        W, b, x = case(D)
        evidence = MultivariateNormal(b, W @ W.T + s**2 * torch.eye(D, dtype=torch.float64)).log_prob(x)
        for seed in (5, 6):
            prior, likelihood, posterior = elbo_terms(W, b, x, s, normal(4, D, seed=seed))
            assert (prior + likelihood - posterior - evidence).abs().max() < 1e-8 / s**2


def test_the_evidence_is_the_integral_over_z():
    W, b, x = case(1)
    z = torch.linspace(-12, 12, 20_001, dtype=torch.float64)[:, None]
    joint = Normal(0.0, 1.0).log_prob(z) + Normal(z @ W.T + b, 0.5).log_prob(x.T)
    evidence = (joint.exp().sum(0) * (z[1] - z[0])).log()
    prior, likelihood, posterior = elbo_terms(W, b, x, 0.5, normal(4, 1))
    assert (prior + likelihood - posterior - evidence).abs().max() < 1e-8


def test_draws_have_the_posterior_moments():
    """One x many times in one dimension: mean and spread of z, recovered from the prior's term and the decoder's."""
    W, b = torch.tensor([[1.3]]).double(), torch.tensor([0.2]).double()
    x, s = torch.full((200_000, 1), 0.9).double(), 0.7
    prior, _, posterior = elbo_terms(W, b, x, s, normal(200_000, 1))
    variance = 1 / (1 + 1.3**2 / s**2)
    mean = variance * 1.3 * 0.7 / s**2
    second = -2 * (prior + 0.5 * math.log(2 * math.pi)).mean()  # E[z^2]
    assert abs(second - mean**2 - variance) < 5e-3
    assert abs(posterior.mean() + 0.5 * math.log(2 * math.pi * math.e * variance)) < 5e-3


def test_the_decoder_and_the_posterior_together_become_the_jacobian():
    W, b, x = case(3)
    flow, errors = linear_flow_log_prob(W, b, x), []
    for s in (1e-1, 1e-2, 1e-3):
        prior, likelihood, posterior = elbo_terms(W, b, x, s, normal(4, 3))
        errors.append((prior + likelihood - posterior - flow).abs().max().item())
    assert 50 < errors[0] / errors[1] < 200
    assert 50 < errors[1] / errors[2] < 200
