"""Tests of solutions/hw2/collapse.py: chosen variances, and KL divergences of torch and by quadrature."""

import pytest
import torch
from torch import Tensor
from torch.distributions import Normal, kl_divergence

from solutions.hw2.collapse import active_units, collapse_report


def normal(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def columns(variances: list[float], n: int = 50) -> Tensor:
    noise = normal(n, len(variances), seed=1)
    noise = (noise - noise.mean(0)) / noise.std(0)
    return noise * torch.tensor(variances).double().sqrt() + 3


def test_active_units_have_variances_above_the_threshold():
    mean = columns([0.005, 0.009, 0.011, 0.2, 1.5])
    assert active_units(mean) == 3
    assert active_units(mean, threshold=0.1) == 2
    assert active_units(mean, threshold=2.0) == 0
    assert isinstance(active_units(mean), int)


def test_kl_is_the_average_of_torchs():
    mean, log_std = normal(9, 4, seed=2), normal(9, 4, seed=3) / 2
    found = collapse_report(mean, log_std)
    truth = kl_divergence(Normal(mean, log_std.exp()), Normal(0.0, 1.0)).mean(0)
    assert (found["kl"] - truth).abs().max() < 1e-12
    z = torch.linspace(-20, 20, 40_001, dtype=torch.float64)
    q = Normal(mean[2, 1], log_std[2, 1].exp())
    integrand = q.log_prob(z).exp() * (q.log_prob(z) - Normal(0.0, 1.0).log_prob(z))
    one = collapse_report(mean[2:3, 1:2].expand(2, 1), log_std[2:3, 1:2].expand(2, 1))["kl"].item()
    assert one == pytest.approx((integrand.sum() * (z[1] - z[0])).item(), abs=1e-9)


def test_active_and_collapsed_are_two_questions():
    mean = columns([0.0004, 0.0004, 0.014, 0.5]) - torch.tensor([3.0, 2.0, 3.0, 3.0])
    found = collapse_report(mean, torch.zeros_like(mean))
    assert found["collapsed"].tolist() == [True, False, True, False]
    assert found["collapsed"].dtype == torch.bool
    assert found["active"] == 2


def test_a_hundredth_of_a_nat_divides_the_collapsed_from_the_others():
    """From the standard normal, q = N(m, 1) costs m^2 / 2 nats."""
    mean = torch.tensor([0.009, 0.011, 0.05, 0.5]).double().mul(2).sqrt().expand(6, 4)
    assert collapse_report(mean, torch.zeros_like(mean))["collapsed"].tolist() == [True, False, False, False]


def test_prior_as_posterior_is_collapsed():
    found = collapse_report(torch.zeros(5, 3), torch.zeros(5, 3))
    assert found["kl"].tolist() == [0, 0, 0] and found["active"] == 0 and found["collapsed"].all()
