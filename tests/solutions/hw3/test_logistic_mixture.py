"""Tests of solutions/hw3/logistic_mixture.py: sums over all levels, differences of CDFs, tails, draws on a grid."""

import math
from fractions import Fraction

import pytest
import torch

from solutions.hw3.logistic_mixture import dlm_log_prob, dlm_sample

from .oracles import normal


@pytest.mark.parametrize(("levels", "K"), [(17, 3), (2, 1), (256, 5)])
def test_the_masses_of_all_levels_sum_to_one(levels, K):
    logits, log_scale = normal(4, K), normal(4, K, seed=2)
    mean = levels * torch.rand(4, K, generator=torch.Generator().manual_seed(1)).double()
    x = torch.arange(levels)[:, None].expand(levels, 4)
    total = dlm_log_prob(x, logits, mean, log_scale, levels).exp().sum(0)
    assert (total - 1).abs().max() < 1e-12


def test_inner_masses_are_differences_of_the_cdf():
    logits, mean, log_scale = normal(3), 8 + 3 * normal(3, seed=1), 0.5 * normal(3, seed=2)
    scale, weights = log_scale.exp(), logits.softmax(0)
    for x in range(17):
        above = 1.0 if x == 16 else torch.sigmoid((x + 0.5 - mean) / scale)
        below = 0.0 if x == 0 else torch.sigmoid((x - 0.5 - mean) / scale)
        truth = (weights * (above - below)).sum().log()
        assert abs(dlm_log_prob(torch.tensor(x), logits, mean, log_scale, 17) - truth) < 1e-10


def test_far_tails_and_sharp_scales_stay_finite():
    """At x - mean = n and scale s the mass is (1 - exp(-1/s)) exp(-(n - 1/2)/s), up to far less than float64 sees."""
    for n, s in ((40, 0.02), (7, 1e-4), (200, 0.05), (3, 1e-4)):
        mean = torch.tensor([10.0], dtype=torch.float64, requires_grad=True)
        log_scale = torch.tensor([math.log(s)], dtype=torch.float64, requires_grad=True)
        value = dlm_log_prob(torch.tensor(10 + n), torch.zeros(1).double(), mean, log_scale, 300)
        assert abs(value / (-(n - 0.5) / s) - 1) < 1e-6
        gradient = torch.autograd.grad(value, (mean, log_scale))
        assert abs(gradient[0] - 1 / s) < 1e-6 / s
        assert abs(gradient[1] - (n - 0.5) / s) < 1e-3 * n / s
    wide = dlm_log_prob(torch.tensor(5), torch.zeros(1), torch.tensor([8.0]), torch.tensor([30.0]), 17)
    assert abs(wide - math.log(float(Fraction(1, 4))) + 30) < 1e-3  # the density at its centre, 1 / (4 s), times 1


def test_gradients_are_those_of_differences():
    x = torch.tensor([0, 3, 16])
    arguments = [normal(3, 2), 8 + 4 * normal(3, 2, seed=1), normal(3, 2, seed=2)]
    assert torch.autograd.gradcheck(
        lambda *parts: dlm_log_prob(x, *parts, 17), [argument.requires_grad_() for argument in arguments]
    )


def test_draws_on_a_grid_have_the_probabilities():
    n, levels = 400, 9
    logits, mean, log_scale = normal(3), 4 + 3 * normal(3, seed=1), 0.3 * normal(3, seed=2)
    line = (torch.arange(n, dtype=torch.float64) + 0.5) / n
    u = torch.cartesian_prod(line, line)
    parts = [part.expand(n * n, 3) for part in (logits, mean, log_scale)]
    drawn = dlm_sample(*parts, levels, u[:, 0], u[:, 1])
    assert (drawn == drawn.round()).all()
    assert drawn.dtype == torch.float64
    shares = torch.bincount(drawn.long(), minlength=levels) / n**2
    assert len(shares) == levels
    truth = dlm_log_prob(torch.arange(levels), logits, mean, log_scale, levels).exp()
    assert (shares - truth).abs().max() < 5e-3
