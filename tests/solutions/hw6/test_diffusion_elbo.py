"""Tests of solutions/hw6/diffusion_elbo.py: a Gaussian whose reverse kernels and log p(x) are known, and quadrature."""

import numpy as np
import torch
from torch import Tensor
from torch.distributions import Normal, kl_divergence

from solutions.hw6.diffusion_elbo import path_log_ratio, vlb_terms
from solutions.hw6.forward_diffusion import q_posterior, q_sample

BARS = torch.tensor([1.0, 0.9, 0.7, 0.4, 0.15], dtype=torch.float64)
UNIT = Normal(torch.zeros((), dtype=torch.float64), 1.0)
MEAN, VARIANCE = 0.6, 0.5  # of the data


def normal(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def exact_reverse(xt: Tensor, t: Tensor) -> tuple[Tensor, Tensor]:
    """p(x_{t-1} | x_t) when x_0 ~ N(MEAN, VARIANCE): conditioning in the joint Gaussian of the two."""
    now, before = BARS[t][:, None], BARS[t - 1][:, None]
    alpha = now / before
    prior_mean, prior_variance = before.sqrt() * MEAN, before * VARIANCE + 1 - before
    total = alpha * prior_variance + 1 - alpha
    gain = alpha.sqrt() * prior_variance / total
    return prior_mean + gain * (xt - alpha.sqrt() * prior_mean), prior_variance * (1 - alpha) / total


def log_prior(x: Tensor) -> Tensor:
    """The exact marginal of x_T."""
    return Normal(BARS[-1].sqrt() * MEAN, (BARS[-1] * VARIANCE + 1 - BARS[-1]).sqrt()).log_prob(x).sum(1)


def test_with_exact_kernels_every_path_gives_log_p():
    path = normal(5, 7, 2)
    found = path_log_ratio(path, exact_reverse, log_prior, BARS)
    truth = Normal(torch.tensor(MEAN, dtype=torch.float64), VARIANCE**0.5).log_prob(path[0]).sum(1)
    assert (found - truth).abs().max() < 1e-12


def test_path_ratio_is_its_sum_of_gaussians():
    path = normal(5, 7, 2)

    def reverse(xt: Tensor, t: Tensor) -> tuple[Tensor, Tensor]:
        return 0.3 * xt + t[:, None], torch.tensor(0.7, dtype=torch.float64)

    truth = UNIT.log_prob(path[4]).sum(1)
    for t in range(1, 5):
        alpha = BARS[t] / BARS[t - 1]
        truth = truth + Normal(0.3 * path[t] + t, 0.7**0.5).log_prob(path[t - 1]).sum(1)
        truth = truth - Normal(alpha.sqrt() * path[t - 1], (1 - alpha).sqrt()).log_prob(path[t]).sum(1)
    found = path_log_ratio(path, reverse, lambda x: UNIT.log_prob(x).sum(1), BARS)
    assert (found - truth).abs().max() < 1e-12


def guess(xt: Tensor, t: Tensor) -> Tensor:
    return 0.4 * torch.sin(xt) + 0.1 * t[:, None]


def test_terms_are_divergences_of_torch_distributions():
    x0, eps = normal(6, 3), normal(4, 6, 3, seed=1)
    found = vlb_terms(guess, x0, eps, BARS)
    assert found.shape == (5, 6)
    for t in range(1, 5):
        steps = torch.full((6,), t)
        xt = q_sample(x0, steps, eps[t - 1], BARS)
        clean = (xt - (1 - BARS[t]).sqrt() * guess(xt, steps)) / BARS[t].sqrt()
        if t == 1:
            truth = -Normal(clean, (1 - BARS[1]).sqrt()).log_prob(x0).sum(1)
        else:
            mean, variance = q_posterior(x0, xt, steps, BARS)
            other, _ = q_posterior(clean, xt, steps, BARS)
            truth = kl_divergence(Normal(mean, variance.sqrt()), Normal(other, variance.sqrt())).sum(1)
        assert (found[t - 1] - truth).abs().max() < 1e-12
    last = kl_divergence(Normal(BARS[4].sqrt() * x0, (1 - BARS[4]).sqrt()), UNIT).sum(1)
    assert (found[4] - last).abs().max() < 1e-12


def test_weight_of_the_noise_error():
    x0, eps = normal(6, 3), normal(4, 6, 3, seed=1)
    found = vlb_terms(guess, x0, eps, BARS)
    for t in (2, 3, 4):
        alpha = BARS[t] / BARS[t - 1]
        beta, tilde = 1 - alpha, (1 - BARS[t - 1]) * (1 - alpha) / (1 - BARS[t])
        xt = q_sample(x0, torch.full((6,), t), eps[t - 1], BARS)
        error = (eps[t - 1] - guess(xt, torch.full((6,), t))).square().sum(1)
        assert (found[t - 1] - beta**2 / (2 * tilde * alpha * (1 - BARS[t])) * error).abs().max() < 1e-12


def test_sum_of_terms_has_the_mean_of_minus_the_path_ratio():
    """In one dimension with T = 2, by Gauss-Hermite quadrature over both noises."""
    bars = BARS[[0, 2, 4]]
    nodes, weights = np.polynomial.hermite_e.hermegauss(40)
    nodes, weights = torch.from_numpy(nodes), torch.from_numpy(weights / weights.sum())
    first, second = torch.cartesian_prod(nodes, nodes).T[:, :, None]
    w = torch.outer(weights, weights).flatten()
    x0 = torch.full_like(first, 0.8)

    def reverse(xt: Tensor, t: Tensor) -> tuple[Tensor, Tensor]:
        clean = (xt - (1 - bars[t]).sqrt()[:, None] * guess(xt, t)) / bars[t].sqrt()[:, None]
        mean, variance = q_posterior(clean, xt, t, bars)
        return mean, variance if t[0] > 1 else (1 - bars[1])

    x1 = q_sample(x0, torch.ones(len(x0), dtype=torch.long), first, bars)
    alpha = bars[2] / bars[1]
    x2 = alpha.sqrt() * x1 + (1 - alpha).sqrt() * second
    ratios = path_log_ratio(torch.stack([x0, x1, x2]), reverse, lambda x: UNIT.log_prob(x).sum(1), bars)
    terms = vlb_terms(guess, x0, torch.stack([first, second]), bars).sum(0)
    assert abs((w * terms).sum() + (w * ratios).sum()) < 1e-8
