"""Tests of solutions/hw6/theory.py: differentiation by finite differences, recursions, quadrature, a grid."""

import math

import numpy as np
import pytest

from solutions.hw6.theory import langevin_variance, linear_ode_gradients, score_matching_losses, ve_posterior


@pytest.mark.parametrize(("a", "x0"), [(0.7, 1.3), (-1.1, -0.4), (0.0, 2.0)])
def test_linear_ode_gradients_are_finite_differences(a, x0):
    T, target, h = 1.4, 0.6, 1e-6

    def loss(a, x0):
        return (x0 * math.exp(a * T) - target) ** 2 / 2

    by_x0, by_a = linear_ode_gradients(a, x0, T, target)
    assert abs(by_x0 - (loss(a, x0 + h) - loss(a, x0 - h)) / (2 * h)) < 1e-7
    assert abs(by_a - (loss(a + h, x0) - loss(a - h, x0)) / (2 * h)) < 1e-7


@pytest.mark.parametrize(("variance", "eta"), [(1.0, 0.05), (1.0, 1.0), (2.5, 3.0), (0.3, 1.1)])
def test_langevin_variance_is_the_fixed_point_of_the_recursion(variance, eta):
    v = 1.0
    for _ in range(2000):
        v = (1 - eta / (2 * variance)) ** 2 * v + eta
    assert abs(langevin_variance(variance, eta) - v) < 1e-9


def test_score_matching_losses_by_quadrature():
    slope, variance, sigma = -0.4, 1.7, 0.6
    nodes, weights = np.polynomial.hermite_e.hermegauss(20)
    weights = weights / weights.sum()
    x = variance**0.5 * nodes
    explicit = weights @ (0.5 * (slope * x + x / variance) ** 2)
    implicit = weights @ (slope + 0.5 * (slope * x) ** 2)
    noisy = x[:, None] + sigma * nodes
    denoising = weights @ (0.5 * (slope * noisy + nodes / sigma) ** 2) @ weights
    assert np.allclose(score_matching_losses(slope, variance, sigma), (explicit, implicit, denoising), atol=1e-10)


def test_ve_posterior_is_bayes_rule_on_a_grid():
    x0, xt, before, now = 0.4, -0.9, 0.5, 1.3
    x = np.linspace(-8, 8, 160_001)
    log_w = -((x - x0) ** 2) / (2 * before**2) - (xt - x) ** 2 / (2 * (now**2 - before**2))
    w = np.exp(log_w - log_w.max())
    w /= w.sum()
    mean = w @ x
    found = ve_posterior(x0, xt, before, now)
    assert abs(found[0] - mean) < 1e-10
    assert abs(found[1] - w @ (x - mean) ** 2) < 1e-10
