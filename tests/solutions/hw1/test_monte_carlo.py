"""The error bar against repeated estimates, the histogram against counting by hand and against numpy."""

import math

import numpy as np
import pytest
import torch

from solutions.hw1.monte_carlo import histogram_density, mc_expectation


def test_estimate_and_error_bar_belong_to_the_samples_drawn():
    def sampler(n, generator):
        return torch.randn(n, 2, generator=generator, dtype=torch.float64)

    def f(x):
        return (x[:, 0] + 2 * x[:, 1]) ** 2

    estimate, error = mc_expectation(f, sampler, 400, torch.Generator().manual_seed(3))
    values = f(sampler(400, torch.Generator().manual_seed(3))).numpy()
    assert abs(estimate - values.mean()) < 1e-12
    assert abs(error - values.std(ddof=1) / 20) < 1e-12


def test_the_error_bar_is_the_spread_of_repeated_estimates():
    def sampler(n, generator):
        return torch.rand(n, generator=generator, dtype=torch.float64)

    runs = [mc_expectation(torch.exp, sampler, 100, torch.Generator().manual_seed(s)) for s in range(2000)]
    estimates, errors = (torch.stack(column) for column in zip(*runs, strict=True))
    assert abs(estimates.mean() - (math.e - 1)) < 5 * 0.05 / math.sqrt(2000)
    assert abs(estimates.std() / errors.mean() - 1) < 0.07  # a standard deviation from 2000 runs is good to 1.6 %


def test_histogram_ignores_what_lies_outside_and_integrates_to_one():
    generator = torch.Generator().manual_seed(5)
    x = torch.randn(500, generator=generator, dtype=torch.float64)
    edges = torch.tensor([-1.3, -0.9, 0.2, 0.3, 1.7], dtype=torch.float64)
    density = histogram_density(x, edges)
    expected, _ = np.histogram(x.numpy(), edges.numpy(), density=True)
    assert np.allclose(density, expected)
    assert abs((density * edges.diff()).sum() - 1) < 1e-12


def test_points_on_edges_are_counted_once():
    edges = torch.tensor([0.0, 1.0, 3.0])
    density = histogram_density(torch.tensor([0.0, 1.0, 2.0, 3.0]), edges)
    assert density.tolist() == [0.25, 0.375]


def test_no_point_inside_is_refused():
    with pytest.raises(ValueError, match="no point"):
        histogram_density(torch.tensor([5.0]), torch.tensor([0.0, 1.0]))
