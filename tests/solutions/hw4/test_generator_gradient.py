"""Tests of solutions/hw4/generator_gradient.py: finite differences at a fixed discriminator, KL - 2 JS, extremes."""

import math

import pytest
import torch
from torch import Tensor

from solutions.hw4.generator_gradient import generator_gradient
from solutions.hw4.theory import non_saturating_objective


def normal(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def by_differences(logits: list[float], p: list[float], kind: str) -> list[float]:
    """Python numbers: the discriminator is computed once, and the loss at moved logits."""

    def softmax(values: list[float]) -> list[float]:
        total = sum(map(math.exp, values))
        return [math.exp(value) / total for value in values]

    D = [a / (a + b) for a, b in zip(p, softmax(logits), strict=True)]

    def loss(values: list[float]) -> float:
        terms = [math.log(1 - d) if kind == "minimax" else -math.log(d) for d in D]
        return sum(g * term for g, term in zip(softmax(values), terms, strict=True))

    step, found = 1e-6, []
    for k in range(len(logits)):
        up, down = list(logits), list(logits)
        up[k] += step
        down[k] -= step
        found.append((loss(up) - loss(down)) / (2 * step))
    return found


def test_gradient_at_a_fixed_discriminator():
    for K in (2, 3, 6):
        logits, p = normal(K, seed=K), normal(K, seed=K + 10).softmax(0)
        for kind in ("minimax", "non-saturating"):
            truth = by_differences(logits.tolist(), p.tolist(), kind)
            assert generator_gradient(logits, p, kind).tolist() == pytest.approx(truth, abs=1e-8)


def test_they_are_the_gradients_of_divergences():
    """Minimax: of 2 JS - log 4, so twice JS. Non-saturating: of KL(g || p) - 2 JS."""
    logits, p = normal(4, seed=1).requires_grad_(), normal(4, seed=2).softmax(0)
    g = logits.softmax(0)
    middle = (p + g) / 2
    two_js = (p * (p / middle).log()).sum() + (g * (g / middle).log()).sum()
    (of_js,) = torch.autograd.grad(two_js, logits, retain_graph=True)
    (of_objective,) = torch.autograd.grad(non_saturating_objective(p, g), logits)
    assert (generator_gradient(logits, p, "minimax") - of_js).abs().max() < 1e-14
    assert (generator_gradient(logits, p, "non-saturating") - of_objective).abs().max() < 1e-14


def test_it_vanishes_when_the_discriminator_is_sure():
    logits = torch.tensor([30.0, 30.5, -30.0, -30.0], dtype=torch.float64)
    p = torch.tensor([1e-14, 1e-14, 0.5, 0.5], dtype=torch.float64)
    assert generator_gradient(logits, p, "minimax").abs().max() < 1e-12
    assert generator_gradient(logits, p / p.sum(), "non-saturating").abs().max() < 1  # a ratio of tiny numbers


def test_extreme_logits():
    logits, p = torch.tensor([[-2000.0, 0.0, 2000.0], [0.3, 0.3, 0.4]], dtype=torch.float64)
    for kind in ("minimax", "non-saturating"):
        assert generator_gradient(logits.requires_grad_(), p, kind).isfinite().all()
        assert not generator_gradient(logits, p, kind).requires_grad


def test_an_unknown_kind():
    with pytest.raises(ValueError, match="kind must be"):
        generator_gradient(torch.zeros(2), torch.full((2,), 0.5), "wasserstein")
