"""Tests of solutions/hw4/two_sample.py: all thresholds by hand, the accuracy of known laws, a fitted classifier."""

import math

import pytest
import torch
from torch import Tensor
from torch.distributions import Normal

from solutions.hw4.two_sample import two_sample_test


def normal(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def best_of_all_rules(logit: list[float], label: list[int]) -> float:
    """Every threshold that can make a difference, point by point."""
    n_p, n_q, best = sum(label), len(label) - sum(label), 0.0
    for t in [-math.inf, *logit]:
        right_p = sum(value > t for value, which in zip(logit, label, strict=True) if which == 1) / n_p
        right_q = sum(value <= t for value, which in zip(logit, label, strict=True) if which == 0) / n_q
        best = max(best, (right_p + right_q) / 2)
    return best


def test_accuracy_by_all_thresholds():
    for seed in range(30):
        label = (normal(11, seed=seed) > 0.3).long()
        label[:2] = torch.tensor([0, 1])
        logit = (normal(11, seed=seed + 100) * 2).round() / 2  # with ties
        found = two_sample_test(logit, label)[1].item()
        assert abs(found - best_of_all_rules(logit.tolist(), label.tolist())) < 1e-12


def test_accuracy_of_two_gaussians_one_apart():
    """The Neyman-Pearson test between N(1, 1) and N(0, 1) is right with probability Phi(1/2)."""
    n = 200_000
    x = torch.cat([normal(n, seed=1) + 1, normal(n, seed=2)])
    label = torch.cat([torch.ones(n), torch.zeros(n)])
    assert abs(two_sample_test(x - 0.5, label)[1].item() - Normal(0.0, 1.0).cdf(torch.tensor(0.5)).item()) < 3e-3


def test_ratio_of_samples_of_different_size():
    """A classifier fitted to 4 times as many points from p: its logit is off by log 4, log_ratio is not."""
    x = torch.cat([normal(40_000, seed=1) + 1, normal(10_000, seed=2)])
    label = torch.cat([torch.ones(40_000), torch.zeros(10_000)]).double()
    weights = torch.zeros(2, dtype=torch.float64, requires_grad=True)
    features = torch.stack([x, torch.ones_like(x)], 1)
    optimizer = torch.optim.LBFGS([weights], max_iter=50)

    def closure() -> Tensor:
        optimizer.zero_grad()
        loss = torch.nn.functional.binary_cross_entropy_with_logits(features @ weights, label)
        loss.backward()
        return loss

    optimizer.step(closure)
    log_ratio = two_sample_test((features @ weights).detach(), label)[0]
    assert (log_ratio - (x - 0.5)).abs().max() < 0.3
    assert (log_ratio - (x - 0.5)).abs().mean() < 0.05


def test_no_better_than_chance_and_perfect():
    label = torch.tensor([1, 1, 0, 0])
    assert two_sample_test(torch.zeros(4).double(), label)[1] == 0.5
    assert two_sample_test(torch.tensor([-1.0, -2.0, 1.0, 2.0], dtype=torch.float64), label)[1] == 0.5
    assert two_sample_test(torch.tensor([3.0, 4.0, 1.0, 2.0], dtype=torch.float64), label)[1] == 1


def test_an_empty_sample():
    for label in (torch.ones(3), torch.zeros(3)):
        with pytest.raises(ValueError, match="both samples"):
            two_sample_test(torch.zeros(3), label)
