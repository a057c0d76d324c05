"""KL on a grid against the closed form for Gaussians; the fits against moments and modes."""

import math

import pytest
import torch

from solutions.hw1.gaussian_fits import fit_gaussian, kl_grid

GRID = torch.linspace(-12, 12, 601, dtype=torch.float64)
DX = (GRID[1] - GRID[0]).item()


def gaussian(mean, std):
    return -0.5 * ((GRID - mean) / std) ** 2 - math.log(std) - 0.5 * math.log(2 * math.pi)


def mixture(w, mean1, std1, mean2, std2):
    return torch.logaddexp(math.log(w) + gaussian(mean1, std1), math.log(1 - w) + gaussian(mean2, std2))


def test_kl_has_the_closed_form_of_two_gaussians():
    for m1, s1, m2, s2 in ((0.3, 0.7, -0.9, 1.1), (-1.2, 1.3, 0.4, 0.8)):
        exact = math.log(s2 / s1) + (s1**2 + (m1 - m2) ** 2) / (2 * s2**2) - 0.5
        assert abs(kl_grid(gaussian(m1, s1), gaussian(m2, s2), DX) - exact) < 1e-10


def test_a_point_without_density_contributes_nothing():
    log_q = gaussian(0.5, 1.5)
    inside = (GRID > -1) & (GRID < 2)
    n = int(inside.sum())
    log_p = torch.full_like(GRID, -math.inf)
    log_p[inside] = -math.log(n * DX)
    exact = -math.log(n * DX) - log_q[inside].mean()
    assert abs(kl_grid(log_p, log_q, DX) - exact) < 1e-12
    assert abs(kl_grid(log_p, torch.where(inside, log_q, -math.inf), DX) - exact) < 1e-12
    assert kl_grid(log_q, log_p, DX) == math.inf


def test_the_forward_fit_matches_moments_from_any_start():
    log_p = mixture(0.3, -2.0, 0.5, 1.5, 0.8)
    p = log_p.exp() * DX
    mean = (p * GRID).sum()
    std = (p * (GRID - mean) ** 2).sum().sqrt()
    for start in ((-1.5, 0.1), (2.0, -0.2)):
        fit = fit_gaussian(log_p, GRID, "forward", *start)
        assert abs(fit[0] - mean) < 1e-3 and abs(fit[1] - std) < 1e-3


def test_the_reverse_fit_ends_at_the_mode_it_starts_from():
    log_p = mixture(0.3, -2.0, 0.5, 2.5, 0.6)
    for start, mode, std in ((-1.5, -2.0, 0.5), (1.9, 2.5, 0.6)):
        fit = fit_gaussian(log_p, GRID, "reverse", start, 0.1)
        assert abs(fit[0] - mode) < 1e-3 and abs(fit[1] - std) < 1e-3
        assert not fit[0].requires_grad and not fit[1].requires_grad


def test_an_unknown_direction_is_refused():
    with pytest.raises(ValueError, match="must be 'forward' or 'reverse', got 'backward'"):
        fit_gaussian(gaussian(0, 1), GRID, "backward", 0.0, 0.0)
