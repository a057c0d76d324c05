"""Tests of solutions/hw2/theory.py: enumeration, quadrature over the draws, SciPy, a linear VAE that is trained."""

import itertools
import math

import numpy as np
import pytest
import torch
from scipy.optimize import minimize
from scipy.stats import binom

from solutions.hw2.theory import estimator_variances, iwae_two_point, linear_vae_kl, mixture_elbo


def test_mixture_elbo_is_evidence_minus_kl():
    generator = torch.Generator().manual_seed(0)
    log_joint = torch.randn(5, 3, generator=generator, dtype=torch.float64) - 2
    R = torch.randn(5, 3, generator=generator, dtype=torch.float64).softmax(1)
    posterior = log_joint.softmax(1)
    kl = torch.distributions.kl_divergence(*(torch.distributions.Categorical(p) for p in (R, posterior)))
    assert abs(mixture_elbo(R, log_joint) - (log_joint.logsumexp(1) - kl).sum()) < 1e-12
    assert abs(mixture_elbo(posterior, log_joint) - log_joint.logsumexp(1).sum()) < 1e-12


def test_mixture_elbo_of_hard_responsibilities():
    log_joint = torch.tensor([[-1.5, -0.2, -3.1], [-0.7, -2.6, -1.1]], dtype=torch.float64)
    R = torch.tensor([[0.0, 1.0, 0.0], [0.5, 0.0, 0.5]], dtype=torch.float64)
    assert abs(mixture_elbo(R, log_joint) - (-0.2 + (-0.7 - 1.1) / 2 + math.log(2))) < 1e-12


def test_estimator_variances_by_quadrature():
    eps, weight = np.polynomial.hermite_e.hermegauss(12)
    weight = weight / weight.sum()
    for mean, std in ((1.0, 1.0), (-0.6, 1.7), (2.3, 0.4), (0.0, 0.8)):
        z = mean + std * eps
        for variance, draws in zip(estimator_variances(mean, std), (2 * z, z**2 * (z - mean) / std**2), strict=True):
            assert abs(weight @ draws - 2 * mean) < 1e-9
            assert abs(weight @ (draws - 2 * mean) ** 2 - variance) < 1e-9 * variance
    assert estimator_variances(1.0, 1.0) == (4.0, 30.0)


@pytest.mark.parametrize(("p", "a", "b"), [(0.3, 2.5, 0.4), (0.8, 0.1, 3.0), (0.5, 1.0, 2.0)])
def test_iwae_two_point_is_the_average_over_all_draws(p, a, b):
    for K in (1, 2, 3, 7, 10):
        total = 0.0
        for draws in itertools.product(((p, a), (1 - p, b)), repeat=K):
            total += math.prod(chance for chance, _ in draws) * math.log(sum(weight for _, weight in draws) / K)
        assert iwae_two_point(p, a, b, K) == pytest.approx(total, abs=1e-12)


def test_iwae_two_point_climbs_to_the_log_of_the_mean():
    p, a, b = 0.2, 6.0, 0.3
    values = [iwae_two_point(p, a, b, K) for K in (1, 2, 5, 20, 100, 1000)]
    assert values == sorted(values)
    assert values[0] == pytest.approx(p * math.log(a) + (1 - p) * math.log(b), abs=1e-12)
    count = np.arange(1001)
    by_scipy = binom.pmf(count, 1000, p) @ np.log((count * a + (1000 - count) * b) / 1000)
    assert values[-1] == pytest.approx(by_scipy, abs=1e-9)
    mean, variance = p * a + (1 - p) * b, p * (1 - p) * (a - b) ** 2
    assert values[-1] == pytest.approx(math.log(mean) - variance / (2 * 1000 * mean**2), abs=1e-4)


def test_iwae_two_point_with_sure_weights():
    assert iwae_two_point(1.0, 2.0, 5.0, 6) == pytest.approx(math.log(2))
    assert iwae_two_point(0.0, 2.0, 5.0, 6) == pytest.approx(math.log(5))


def negative_elbo(theta: np.ndarray, eigenvalue: float, noise_var: float) -> float:
    """Average over the data of the negative ELBO of x = w z + noise with q(z | x) = N(v x, exp(log_std)^2)."""
    w, v, log_std = theta
    var = math.exp(2 * log_std)
    squared_error = (1 - w * v) ** 2 * eigenvalue + w**2 * var
    kl = 0.5 * (var + v**2 * eigenvalue - 1) - log_std
    return 0.5 * (math.log(2 * math.pi * noise_var) + squared_error / noise_var) + kl


@pytest.mark.parametrize(("eigenvalue", "noise_var"), [(3.0, 0.5), (9.0, 1.0), (1.3, 1.1), (0.8, 1.1), (0.2, 0.7)])
def test_linear_vae_kl_is_that_of_a_trained_linear_vae(eigenvalue, noise_var):
    found = minimize(
        negative_elbo, [0.7, 0.4, -0.1], (eigenvalue, noise_var), "Nelder-Mead",
        options={"xatol": 1e-10, "fatol": 1e-14, "maxiter": 20_000, "maxfev": 20_000},
    )  # fmt: skip
    w, v, log_std = found.x
    kl = 0.5 * (math.exp(2 * log_std) + v**2 * eigenvalue - 1) - log_std
    assert linear_vae_kl(eigenvalue, noise_var) == pytest.approx(kl, abs=1e-5)
    log_px = -0.5 * (math.log(2 * math.pi * max(eigenvalue, noise_var)) + eigenvalue / max(eigenvalue, noise_var))
    assert -found.fun == pytest.approx(log_px, abs=1e-8)  # in this model the bound is tight at the optimum


def test_linear_vae_kl_is_continuous_where_a_dimension_collapses():
    assert linear_vae_kl(0.9, 0.9) == 0
    assert 0 < linear_vae_kl(0.9 * 1.001, 0.9) < 1e-3
    assert isinstance(linear_vae_kl(1.0, 2.0), float)
    assert torch.tensor(linear_vae_kl(4.0, 1.0)).item() == pytest.approx(math.log(2))
