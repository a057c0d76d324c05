"""Tests of solutions/hw4/theory.py: quadrature, grid search, scipy, and the limits of every formula."""

import math

import pytest
import torch
from scipy.optimize import minimize_scalar
from scipy.stats import wasserstein_distance
from torch import Tensor
from torch.distributions import Normal

from solutions.hw4.mode_collapse import js
from solutions.hw4.theory import (
    gan_optimum,
    line_duality,
    linear_surgery,
    lsgan_optimum,
    noisy_segments,
    non_saturating_objective,
)


def law(K: int, seed: int) -> Tensor:
    return torch.randn(K, generator=torch.Generator().manual_seed(seed), dtype=torch.float64).softmax(0)


def test_linear_surgery_by_quadrature():
    for weight, std in ((0.8, 0.6), (-1.4, 0.3), (0.0, 1.2)):
        average, marginal, information = linear_surgery(weight, std)

        x = torch.linspace(-8, 8, 401, dtype=torch.float64)
        z = torch.linspace(-15, 15, 6001, dtype=torch.float64)
        q = Normal((weight * x)[:, None], std)
        log_q, log_p = q.log_prob(z), Normal(0.0, 1.0).log_prob(z)
        weights = Normal(0.0, 1.0).log_prob(x).exp()
        log_aggregate = torch.trapezoid(weights[:, None] * log_q.exp(), x, dim=0).log()

        def mean_over_x(inner, weights=weights, x=x):
            return torch.trapezoid(weights * inner, x).item()

        assert average == pytest.approx(mean_over_x(torch.trapezoid(log_q.exp() * (log_q - log_p), z)), abs=1e-6)
        assert marginal == pytest.approx(
            torch.trapezoid(log_aggregate.exp() * (log_aggregate - log_p).nan_to_num(0, 0, 0), z).item(), abs=1e-6
        )
        difference = (log_q - log_aggregate).nan_to_num(0, 0, 0)
        assert information == pytest.approx(mean_over_x(torch.trapezoid(log_q.exp() * difference, z)), abs=1e-6)
        assert average == pytest.approx(marginal + information, abs=1e-12)
    assert linear_surgery(0.0, 0.7)[2] == 0


def test_no_discriminator_beats_the_optimum():
    p, g = law(5, 1), law(5, 2)
    for share in (0.5, 0.2, 0.9):
        D, value = gan_optimum(p, g, share)
        best = 0.0
        for p_k, g_k, D_k in zip(p.tolist(), g.tolist(), D.tolist(), strict=True):

            def loss(d, a=share * p_k, b=(1 - share) * g_k):
                return -a * math.log(d) - b * math.log(1 - d)

            found = minimize_scalar(loss, bounds=(1e-9, 1 - 1e-9), method="bounded", options={"xatol": 1e-10})
            best -= found.fun
            assert found.x == pytest.approx(D_k, abs=1e-5)
        assert value.item() == pytest.approx(best, abs=1e-9)
    half = gan_optimum(p, g, 0.5)[1]
    assert abs(2 * half - (2 * js(p, g) - 2 * math.log(2))) < 1e-12


def test_least_squares():
    p, g = law(4, 3), law(4, 4)
    for a, b, c in ((0.0, 1.0, 1.0), (-1.0, 1.0, 0.0), (0.3, 2.0, -0.5)):
        D, value = lsgan_optimum(p, g, a, b, c)
        for p_k, g_k, D_k in zip(p.tolist(), g.tolist(), D.tolist(), strict=True):
            found = minimize_scalar(lambda d, u=p_k, v=g_k, a=a, b=b: 0.5 * u * (d - b) ** 2 + 0.5 * v * (d - a) ** 2)
            assert found.x == pytest.approx(D_k, abs=1e-6)
        direct = sum(0.5 * (u + v) * (d - c) ** 2 for u, v, d in zip(p.tolist(), g.tolist(), D.tolist(), strict=True))
        assert value.item() == pytest.approx(direct, abs=1e-12)
    chi_square = 0.5 * ((p - g) ** 2 / (p + g)).sum()
    assert abs(lsgan_optimum(p, g, -1.0, 1.0, 0.0)[1] - chi_square) < 1e-12  # b - c = 1, b - a = 2


def test_non_saturating_objective():
    p, g = law(5, 5), law(5, 6)
    truth = sum(b * math.log(b / a) for a, b in zip(p.tolist(), g.tolist(), strict=True)) - 2 * js(p, g).item()
    assert abs(non_saturating_objective(p, g).item() - truth) < 1e-12
    assert abs(non_saturating_objective(p, p)) < 1e-15
    zero = torch.tensor([0.0, 0.0, 1.0], dtype=torch.float64)
    found = non_saturating_objective(torch.tensor([0.25, 0.25, 0.5], dtype=torch.float64), zero)
    assert abs(found - (math.log(2) - 2 * js(torch.tensor([0.25, 0.25, 0.5], dtype=torch.float64), zero))) < 1e-12


def test_noisy_segments():
    for theta, sigma in ((1.0, 0.2), (-1.0, 1.0), (0.7, 3.0)):
        kl, divergence, distance = noisy_segments(theta, sigma)
        assert kl == pytest.approx(theta**2 / (2 * sigma**2))
        assert distance == abs(theta)

        x = torch.linspace(-12 * sigma - 1, 12 * sigma + 1, 400_001, dtype=torch.float64)
        log_p, log_q = (Normal(mean, sigma).log_prob(x) for mean in (0.0, theta))
        log_m = torch.logaddexp(log_p, log_q) - math.log(2)
        terms = log_p.exp() * (log_p - log_m) + log_q.exp() * (log_q - log_m)
        assert divergence == pytest.approx(0.5 * torch.trapezoid(terms, x).item(), abs=1e-6)


def test_segments_in_the_limits():
    assert noisy_segments(0.3, 0.0) == (math.inf, math.log(2), 0.3)
    assert noisy_segments(0.0, 0.0) == (0.0, 0.0, 0.0)
    assert noisy_segments(0.0, 0.5)[1] == pytest.approx(0, abs=1e-9)
    assert noisy_segments(1.0, 0.02)[1] == pytest.approx(math.log(2), abs=1e-9)
    values = [noisy_segments(1.0, sigma)[1] for sigma in (0.05, 0.2, 1.0)]
    assert values == pytest.approx([0.693147, 0.675943, 0.111421], abs=1e-6)


def test_line_duality():
    for seed in range(5):
        p, q = law(6, seed), law(6, seed + 10)
        p[2], q[4] = 0, 0
        p, q = p / p.sum(), q / q.sum()
        x = torch.rand(6, generator=torch.Generator().manual_seed(seed), dtype=torch.float64).sort().values * 5
        w1, f = line_duality(p, q, x)
        truth = wasserstein_distance(x.numpy(), x.numpy(), p.numpy(), q.numpy())
        assert abs(w1.item() - truth) < 1e-12
        assert abs(((p - q) * f).sum().item() - truth) < 1e-12
        assert ((f[:, None] - f).abs() <= (x[:, None] - x).abs() + 1e-12).all()
