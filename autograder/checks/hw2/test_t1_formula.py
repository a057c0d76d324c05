"""Hidden checks of hw2/t1_formula: the evidence lower bound of a mixture for any responsibilities.

Oracle   The defining sum, term by term in Python; log p(X) by a sum over components, which the bound reaches at the
         posterior and nowhere else.
Error    1e-13; 1e-4 is allowed, so that float32 may be used inside.
Cost     0.02 s.
Rejects  every mistake in t1_formula.mistakes.md.
"""

import math

import torch
from torch import Tensor

from autograder.checking import Grade, hint, number, points, probe, sequence
from autograder.judging.instruments import between, near, normal

PROMISES = {
    "mixture_elbo": {
        "The evidence lower bound of a mixture for any responsibilities, summed over all points: (), in nats.": (
            "value, tight_after_an_e_step"
        ),
        "R (N, K) holds a distribution over the K components in every row, entries >= 0 that sum to 1": "value",
        "The bound is the sum over n of E[log_joint[n, k] - log R[n, k]] with k drawn from row n of R": "value",
        "a component with R[n, k] = 0 adds nothing.": "zero_responsibilities",
    },
}


@probe
def bounds(student, cases: list) -> list:
    """The bound of every case (R, log_joint)."""
    return [student.mixture_elbo(*case) for case in cases]


def answers(grade: Grade, cases: list) -> list[float]:
    found = sequence(grade.submission(bounds, cases), len(cases), "the list of bounds")
    return [number(value, "the bound") for value in found]


def term_by_term(R: Tensor, log_joint: Tensor) -> float:
    pairs = zip(R.flatten().tolist(), log_joint.flatten().tolist(), strict=True)
    return math.fsum(r * (value - math.log(r)) for r, value in pairs if r > 0)


def random_log_joints(rng: torch.Generator) -> list[Tensor]:
    """Logarithms of joint densities, of several shapes; none is normalised."""
    shapes = (5, 3), (1, 4), (7, 2)
    return [torch.randn(shape, generator=rng, dtype=torch.float64) * 1.5 - 2 for shape in shapes]


def random_shares(rng: torch.Generator, N: int, K: int) -> Tensor:
    return torch.randn(N, K, generator=rng, dtype=torch.float64).softmax(1)


@points("2/5")
@hint("For every point: the average of log_joint under its row of R, plus the entropy of that row.")
def test_value(grade):
    """The bound is right for any responsibilities: an energy and an entropy, summed over the points."""
    cases = [(random_shares(grade.rng, *table.shape), table) for table in random_log_joints(grade.rng)]
    # Many small responsibilities: together their entropy counts.
    small = between(grade.rng, 2e-4, 6e-4, 20, 7)
    small[:, 0] = 1 - small[:, 1:].sum(1)
    cases.append((small, normal(grade.rng, 20, 7) / 2))
    # Very small ones of components that are very unlikely: together they count as well.
    tiny = between(grade.rng, 1e-6, 5e-5, 5, 4)
    tiny[:, 0] = 1 - tiny[:, 1:].sum(1)
    unlikely = normal(grade.rng, 5, 4)
    unlikely[:, 1:] -= 1e6
    cases.append((tiny, unlikely))
    for value, case in zip(answers(grade, cases), cases, strict=True):
        assert near(value, term_by_term(*case)), "the bound is not right"


@points("3/10")
@hint("What the bound loses is a KL divergence from R to the posterior: zero after an E-step.")
def test_tight_after_an_e_step(grade):
    """At the posterior the bound is log p(X), and below it for any other responsibilities."""
    tables = random_log_joints(grade.rng)
    evidence = [table.logsumexp(1).sum().item() for table in tables]
    for value, truth in zip(answers(grade, [(table.softmax(1), table) for table in tables]), evidence, strict=True):
        assert near(value, truth), "at the posterior the bound is not log p(X)"
    others = [((table.softmax(1) + random_shares(grade.rng, *table.shape)) / 2, table) for table in tables]
    for value, truth in zip(answers(grade, others), evidence, strict=True):
        assert value < truth, "away from the posterior the bound is not below log p(X)"


@points("3/10")
@hint("r log r tends to 0 as r does: such a component adds nothing. torch has a function that knows this.")
def test_zero_responsibilities(grade):
    """A component without responsibility adds nothing: 0 log 0 is 0."""
    cases = []
    for table in random_log_joints(grade.rng):
        R = random_shares(grade.rng, *table.shape)
        R[torch.arange(len(R)), table.argmax(1)] = 0
        R[0] = 0
        R[0, table[0].argmin()] = 1
        R = R / R.sum(1, keepdim=True)
        cases += [(R, table), (R, table.masked_fill(R == 0, -1e5))]  # 0 times anything finite is 0
    for value, case in zip(answers(grade, cases), cases, strict=True):
        assert near(value, term_by_term(*case)), "the bound is not right where some responsibilities are 0"
