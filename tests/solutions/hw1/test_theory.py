"""Tests of solutions/hw1/theory.py: quadrature, paths that are walked one by one, evidence minus gap."""

import math

import torch
from torch.distributions import Normal

from solutions.hw1.elbo import elbo_gap
from solutions.hw1.theory import alpha_divergence_of_gaussians, conjugate_elbo, forward_kl_gaussian, path_counts

X = torch.linspace(-40, 40, 80_001, dtype=torch.float64)
DX = (X[1] - X[0]).item()


def log_gaussian(mean, std):
    return torch.distributions.Normal(torch.tensor(mean, dtype=torch.float64), std).log_prob(X)


def test_alpha_divergence_of_gaussians_against_quadrature():
    mean1, mean2, std = 0.7, -1.1, 1.3
    log_p, log_q = log_gaussian(mean1, std), log_gaussian(mean2, std)
    for alpha in (-2.4, -0.5, 0.0, 0.8, 2.9):
        t = (1 + alpha) / 2
        integral = (t * log_p + (1 - t) * log_q).exp().sum().item() * DX
        exact = 4 / (1 - alpha**2) * (1 - integral)
        assert abs(alpha_divergence_of_gaussians(mean1, mean2, std, alpha) - exact) < 1e-10
    kl = (log_p.exp() * (log_p - log_q)).sum().item() * DX
    for alpha, tolerance in ((1, 1e-10), (-1.0, 1e-10), (1 - 1e-9, 1e-8), (-1 + 1e-13, 1e-10)):
        assert abs(alpha_divergence_of_gaussians(mean1, mean2, std, alpha) - kl) < tolerance


def test_forward_kl_gaussian_against_quadrature():
    for w, a, s in ((0.2, 1.7, 0.6), (0.65, -2.1, 0.9)):
        p = w * log_gaussian(-a, s).exp() + (1 - w) * log_gaussian(a, s).exp()
        mean = (p * X).sum().item() * DX
        variance = (p * (X - mean) ** 2).sum().item() * DX
        got = forward_kl_gaussian(w, a, s)
        assert abs(got[0] - mean) < 1e-9 and abs(got[1] - variance) < 1e-9


def walk(degrees, unit_degree, layer, D):
    """For every output, the number of paths to it from a unit of that degree in that layer (0: the inputs)."""
    if layer == len(degrees):
        return [int(output + 1 > unit_degree) for output in range(D)]
    ways = [walk(degrees, degree, layer + 1, D) for degree in degrees[layer] if degree >= unit_degree]
    return [sum(way[output] for way in ways) for output in range(D)]


def test_path_counts_against_a_walk():
    for degrees, D in (([[1, 2, 2, 1]], 3), ([[1, 3, 2, 2], [3, 1, 2]], 4), ([[4, 1, 2], [1, 2, 4, 3], [2, 4]], 5)):
        counts = path_counts(degrees, D)
        assert counts.shape == (D, D) and counts.dtype == torch.long
        for j in range(D):
            assert counts[:, j].tolist() == walk(degrees, j + 1, 0, D)


def test_path_counts_by_hand():
    # One unit of degree 1 and one of degree 2: the first reads x_1 and feeds x_2, x_3; the second reads x_1, x_2 and
    # feeds x_3.
    assert path_counts([[1, 2]], 3).tolist() == [[0, 0, 0], [1, 0, 0], [2, 1, 0]]


CONJUGATE = [(0.7, -0.4, 0.6, 0.9), (-1.8, 0.3, 1.7, 1.4), (2.1, 1.2, 0.1, 0.5), (0.0, 0.0, 1.0, 2.0)]


def test_conjugate_elbo_equals_an_integral():
    for x, m, v, s in CONJUGATE:
        z = torch.linspace(m - 12 * math.sqrt(v), m + 12 * math.sqrt(v), 20_001, dtype=torch.float64)
        log_q = Normal(torch.tensor(m, dtype=torch.float64), math.sqrt(v)).log_prob(z)
        log_joint = Normal(0.0, 1.0).log_prob(z) + Normal(z, s).log_prob(torch.tensor(x, dtype=torch.float64))
        integral = (log_q.exp() * (log_joint - log_q)).sum() * (z[1] - z[0])
        assert abs(conjugate_elbo(x, m, v, s) - integral.item()) < 1e-9


def test_conjugate_elbo_is_evidence_minus_gap():
    for case in CONJUGATE:
        x, m, v, s = (torch.tensor(value, dtype=torch.float64) for value in case)
        log_px = Normal(0.0, (1 + s**2).sqrt()).log_prob(x)
        assert abs(conjugate_elbo(*case) - (log_px - elbo_gap(x, m, v, s)).item()) < 1e-12
