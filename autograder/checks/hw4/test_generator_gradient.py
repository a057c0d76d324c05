"""Hidden checks of hw4/generator_gradient: what a generator learns from a perfect discriminator.

Oracle   Central differences of the expected loss in Python numbers, with the discriminator computed once, at the
         logits themselves. For extremes: the gradient written with logarithms of softmax, in float64.
Error    1e-9; 1e-6 of the largest entry is allowed.
Cost     0.1 s.
Rejects  every mistake in generator_gradient.mistakes.md.
"""

import math

import torch
from torch import Tensor

from autograder.checking import Failed, Grade, hint, points, probe, sequence, tensor

PROMISES = {
    "generator_gradient": {
        "Gradient of the generator's loss in its logits while a perfect discriminator stands still: (K,)": (
            "minimax, non_saturating"
        ),
        "The generator draws symbol k with probability g_k = softmax(logits)_k; p (K,) > 0": "minimax, non_saturating",
        "it is held fixed while the expected loss": "minimax, non_saturating",
        "Nothing is sampled.": "minimax, non_saturating",
        "The result is finite for finite logits, also where some g_k is too small": "extremes",
        "Raises ValueError for another kind.": "another_kind",
    }
}


@probe
def gradients(student, cases, kind):
    return [student.generator_gradient(logits, p, kind) for logits, p in cases]


@probe
def outcomes(student, logits, p, kinds):
    """For every kind the gradient, or the name of the exception."""
    found = []
    for kind in kinds:
        try:
            found.append(student.generator_gradient(logits, p, kind))
        except ValueError:
            found.append("ValueError")
    return found


def normal(rng: torch.Generator, *shape: int) -> Tensor:
    return torch.randn(shape, generator=rng, dtype=torch.float64)


def softmax(values: list[float]) -> list[float]:
    total = sum(map(math.exp, values))
    return [math.exp(value) / total for value in values]


def by_differences(logits: list[float], p: list[float], kind: str) -> Tensor:
    """Every logit is moved; the discriminator is not."""
    D = [a / (a + b) for a, b in zip(p, softmax(logits), strict=True)]

    def loss(values: list[float]) -> float:
        terms = [math.log(1 - d) if kind == "minimax" else -math.log(d) for d in D]
        return sum(g * term for g, term in zip(softmax(values), terms, strict=True))

    step, found = 1e-5, []
    for k in range(len(logits)):
        up, down = ([*logits[:k], logits[k] + sign * step, *logits[k + 1 :]] for sign in (1, -1))
        found.append((loss(up) - loss(down)) / (2 * step))
    return torch.tensor(found, dtype=torch.float64)


def with_logarithms(logits: Tensor, p: Tensor, kind: str) -> Tensor:
    log_g = logits.log_softmax(0)
    log_sum = torch.logaddexp(log_g, p.log())
    cost = log_g - log_sum if kind == "minimax" else log_sum - p.log()
    g = log_g.exp()
    return g * (cost - (g * cost).sum())


def judge(grade: Grade, cases: list, kind: str, truths: list[Tensor], what: str) -> None:
    answer = sequence(grade.submission(gradients, cases, kind), len(cases), "the list of gradients")
    for value, true in zip(answer, truths, strict=True):
        found = tensor(value, tuple(true.shape), "the gradient")
        size = true.abs().max()
        assert ((found - true).abs() <= 1e-6 * size + 1e-9).all(), f"{what} is not right"


def generic(rng: torch.Generator) -> list:
    return [[1.5 * normal(rng, K), normal(rng, K).softmax(0)] for K in (2, 3, 5, 8)]


@points("3/10")
@hint("D is computed once and then stays; g depends on the logits. How does a softmax pass a gradient on?")
def test_minimax(grade: Grade):
    """The minimax gradient is that of E_g[log(1 - D)] at the best discriminator, held fixed."""
    cases = generic(grade.rng)
    truths = [by_differences(logits.tolist(), p.tolist(), "minimax") for logits, p in cases]
    judge(grade, cases, "minimax", truths, "the minimax gradient")


@points("3/10")
@hint("The same, with -log D. Only the logarithm differs, and what it does where D is small.")
def test_non_saturating(grade: Grade):
    """The non-saturating gradient is that of E_g[-log D] at the best discriminator, held fixed."""
    cases = generic(grade.rng)
    truths = [by_differences(logits.tolist(), p.tolist(), "non-saturating") for logits, p in cases]
    judge(grade, cases, "non-saturating", truths, "the non-saturating gradient")


@points("3/10")
@hint("1 - D = g / (p + g): subtracting D from 1 loses it. Keep log g from log_softmax, and never divide by g.")
def test_extremes(grade: Grade):
    """Where the discriminator is nearly sure, or some probability vanishes, the gradient is still right and finite."""
    sure = [
        torch.cat([20 + normal(grade.rng, 3), normal(grade.rng, 3) - 20]),
        torch.cat([(normal(grade.rng, 3) - 30).exp(), normal(grade.rng, 3).softmax(0)]),
    ]
    far = [torch.tensor([-2000.0, 0.0, 3.0, -900.0]).double() + normal(grade.rng, 4), normal(grade.rng, 4).softmax(0)]
    for kind in ("minimax", "non-saturating"):
        cases = [sure, far]
        answer = sequence(grade.submission(gradients, cases, kind), 2, "the list of gradients")
        for value, (logits, p) in zip(answer, cases, strict=True):
            true = with_logarithms(logits, p, kind)
            found = tensor(value, tuple(true.shape), "the gradient at extreme logits")
            right = ((found - true).abs() <= 1e-4 * true.abs().max() + 1e-12).all()  # 1e-16 is rounding
            assert right, "the gradient is not right where some probabilities are tiny"


@points("1/10")
@hint("Say what `kind` must be, in a ValueError.")
def test_another_kind(grade: Grade):
    """A kind that does not exist is refused with a ValueError, the two that exist are not."""
    logits, p = normal(grade.rng, 3), normal(grade.rng, 3).softmax(0)
    kinds = ["minimax", "wasserstein", "non-saturating", "non_saturating"]
    kinds = [kinds[i] for i in torch.randperm(4, generator=grade.rng)]
    answer = sequence(grade.submission(outcomes, logits, p, kinds), 4, "the list of answers")
    for kind, value in zip(kinds, answer, strict=True):
        if kind in ("minimax", "non-saturating"):
            if isinstance(value, str):
                raise Failed(f'kind "{kind}" is refused')
            tensor(value, (3,), "the gradient")
        else:
            assert value == "ValueError", "another kind does not raise ValueError"
