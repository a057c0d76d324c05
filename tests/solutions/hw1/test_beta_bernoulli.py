"""Tests of solutions/hw1/beta_bernoulli.py against quadrature, enumeration and sequential prediction."""

import itertools
import math

import torch

from solutions.hw1.beta_bernoulli import beta_posterior, log_evidence, map_estimate, predictive

CASES = [(2.3, 0.7, 5, 8), (0.6, 1.9, 0, 4), (1.4, 3.1, 6, 6), (2.2, 1.7, 0, 0), (40.5, 13.5, 31, 90)]


def integral(a: float, b: float, power: int = 0) -> torch.Tensor:
    """Integral of t^(a - 1 + power) (1 - t)^(b - 1) over 0..1, over the logit of t."""
    logit = torch.linspace(-90, 90, 40_001, dtype=torch.float64)
    log_t, log_rest = torch.nn.functional.logsigmoid(logit), torch.nn.functional.logsigmoid(-logit)
    return ((a + power) * log_t + b * log_rest).exp().sum() * (logit[1] - logit[0])


def test_evidence_and_predictive_are_integrals():
    for a, b, k, n in CASES:
        prior, joint = integral(a, b), integral(a + k, b + n - k)
        assert abs(log_evidence(a, b, k, n) - (joint / prior).log()) < 1e-9
        assert abs(predictive(a, b, k, n) - integral(a + k, b + n - k, power=1) / joint) < 1e-10
        assert beta_posterior(a, b, k, n) == (a + k, b + n - k)


def test_evidence_is_the_product_of_predictions_in_any_order():
    a, b = 0.8, 2.6
    for draws in itertools.permutations((1, 1, 0, 1, 0)):
        total, ones = 0.0, 0
        for i, draw in enumerate(draws):
            p = predictive(a, b, ones, i)
            total += math.log(p if draw else 1 - p)
            ones += draw
        assert abs(log_evidence(a, b, 3, 5) - total) < 1e-12


def test_all_sequences_sum_to_one():
    k = torch.arange(13, dtype=torch.float64)
    ways = torch.tensor([math.comb(12, i) for i in range(13)], dtype=torch.float64)
    assert abs((ways * log_evidence(0.4, 2.7, k, 12).exp()).sum() - 1) < 1e-12


def test_map_is_the_highest_point_of_the_density():
    for a, b, k, n in ((2.3, 1.7, 5, 8), (1.4, 3.1, 6, 6), (2.2, 1.7, 0, 0)):
        a1, b1 = beta_posterior(a, b, k, n)
        t = torch.linspace(0, 1, 1_000_001, dtype=torch.float64)[1:-1]
        best = t[((a1 - 1) * t.log() + (b1 - 1) * (1 - t).log()).argmax()]
        assert abs(map_estimate(a, b, k, n) - best) < 2e-6
        assert abs(map_estimate(a, b, k, n) - predictive(a, b, k, n)) > 1e-3


def test_many_draws():
    a, b, k, n = 0.7, 1.9, 30_000, 100_000
    log = [math.log(a + i) for i in range(k)] + [math.log(b + i) for i in range(n - k)]
    exact = math.fsum(log) - math.fsum(math.log(a + b + i) for i in range(n))
    assert abs(log_evidence(a, b, k, n) - exact) < 1e-6


def test_tensors_give_what_numbers_give():
    a, b, k, n = (torch.tensor(part, dtype=torch.float64) for part in zip(*CASES, strict=True))
    assert torch.equal(log_evidence(a, b, k, n), torch.stack([log_evidence(*case) for case in CASES]))
    assert predictive(a, b, k, n).tolist() == [predictive(*case) for case in CASES]
