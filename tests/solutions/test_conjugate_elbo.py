"""Tests of conjugate_elbo in solutions/hw1/theory.py: quadrature, and evidence minus gap."""

import math

import torch
from torch.distributions import Normal

from solutions.hw1.elbo import elbo_gap
from solutions.hw1.theory import conjugate_elbo

CASES = [(0.7, -0.4, 0.6, 0.9), (-1.8, 0.3, 1.7, 1.4), (2.1, 1.2, 0.1, 0.5), (0.0, 0.0, 1.0, 2.0)]


def test_equals_an_integral():
    for x, m, v, s in CASES:
        z = torch.linspace(m - 12 * math.sqrt(v), m + 12 * math.sqrt(v), 20_001, dtype=torch.float64)
        log_q = Normal(torch.tensor(m, dtype=torch.float64), math.sqrt(v)).log_prob(z)
        log_joint = Normal(0.0, 1.0).log_prob(z) + Normal(z, s).log_prob(torch.tensor(x, dtype=torch.float64))
        integral = (log_q.exp() * (log_joint - log_q)).sum() * (z[1] - z[0])
        assert abs(conjugate_elbo(x, m, v, s) - integral.item()) < 1e-9


def test_is_evidence_minus_gap():
    for case in CASES:
        x, m, v, s = (torch.tensor(value, dtype=torch.float64) for value in case)
        log_px = Normal(0.0, (1 + s**2).sqrt()).log_prob(x)
        assert abs(conjugate_elbo(*case) - (log_px - elbo_gap(x, m, v, s)).item()) < 1e-12
