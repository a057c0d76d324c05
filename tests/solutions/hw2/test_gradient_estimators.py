"""Tests of solutions/hw2/gradient_estimators.py: moments over eps by quadrature, exact gradients, the law 4 and 30."""

import math

import numpy as np
import torch
from torch import Tensor

from solutions.hw2.gradient_estimators import grad_reparam, grad_score


def nodes(n: int = 40) -> tuple[Tensor, Tensor]:
    """Points and weights whose weighted sum is the average over a standard normal, exact up to degree 2n - 1."""
    points, weights = (torch.from_numpy(part) for part in np.polynomial.hermite_e.hermegauss(n))
    return points, weights / weights.sum()


def scalars(*values: float) -> list[Tensor]:
    return [torch.tensor(value, dtype=torch.float64) for value in values]


def test_averages_are_the_gradient_of_known_expectations():
    eps, weight = nodes()
    for mean, log_std in ((0.7, -0.4), (-1.3, 0.2), (0.1, 0.5)):
        s2 = math.exp(2 * log_std)
        bell = math.exp(-s2 / 2)  # E[sin z] = sin(mean) bell
        known = (
            (lambda z: z**2, [2 * mean, 2 * s2]),
            (lambda z: z**3 - z, [3 * mean**2 + 3 * s2 - 1, 6 * mean * s2]),
            (torch.sin, [math.cos(mean) * bell, -math.sin(mean) * bell * s2]),
            (torch.exp, [math.exp(mean + s2 / 2), math.exp(mean + s2 / 2) * s2]),
        )
        for f, gradient in known:
            gradient = torch.tensor(gradient, dtype=torch.float64)
            for rows in (
                grad_reparam(f, *scalars(mean, log_std), eps),
                grad_score(f, *scalars(mean, log_std), eps),
                grad_score(f, *scalars(mean, log_std), eps, baseline=-2.6),
            ):
                assert rows.shape == (len(eps), 2)
                assert (weight @ rows - gradient).abs().max() < 1e-9 * gradient.abs().max().clamp(min=1)


def test_variances_of_a_square_at_one():
    eps, weight = nodes()
    zero_log_std = scalars(1.0, 0.0)
    for rows, variance in (
        (grad_reparam(torch.square, *zero_log_std, eps), 4.0),
        (grad_score(torch.square, *zero_log_std, eps), 30.0),
    ):
        mean = weight @ rows[:, 0]
        assert abs(mean - 2) < 1e-12 and abs(weight @ (rows[:, 0] - mean) ** 2 - variance) < 1e-9


def test_a_step_function_has_a_score_gradient():
    """P(z > 0) = Phi(mean / std) is smooth in both parameters, although its f is not."""
    mean, log_std = scalars(0.6, -0.3)
    std = math.exp(-0.3)
    eps = torch.linspace(-9, 9, 200_001, dtype=torch.float64)
    weight = (-(eps**2) / 2).softmax(0)
    rows = grad_score(lambda z: (z > 0).double(), mean, log_std, eps, baseline=0.4)
    slope = math.exp(-((0.6 / std) ** 2) / 2) / math.sqrt(2 * math.pi)
    expected = torch.tensor([slope / std, -slope * 0.6 / std], dtype=torch.float64)
    assert (weight @ rows - expected).abs().max() < 1e-4


def test_single_draws_are_derivatives_of_f_at_z():
    mean, log_std = scalars(-0.4, 0.3)
    eps = torch.tensor([-1.7, 0.2, 0.9], dtype=torch.float64)
    h = 1e-5

    def f(mean: Tensor, log_std: Tensor) -> Tensor:
        return torch.tanh(mean + log_std.exp() * eps)

    expected = [(f(mean + h, log_std) - f(mean - h, log_std)), (f(mean, log_std + h) - f(mean, log_std - h))]
    assert (grad_reparam(torch.tanh, mean, log_std, eps) - torch.stack(expected, 1) / (2 * h)).abs().max() < 1e-9


def test_the_baseline_is_subtracted_from_every_value():
    mean, log_std = scalars(-0.4, 0.3)
    eps = torch.tensor([-1.7, 0.2, 0.9], dtype=torch.float64)
    lowered = grad_score(lambda z: z.exp() - 0.7, mean, log_std, eps)
    assert (grad_score(torch.exp, mean, log_std, eps, baseline=0.7) - lowered).abs().max() < 1e-12
    assert (grad_score(torch.exp, mean, log_std, eps) - lowered).abs().min() > 1e-2
