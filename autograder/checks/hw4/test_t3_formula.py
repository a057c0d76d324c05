"""Hidden checks of hw4/t3_formula: the divergence behind the non-saturating loss.

Oracle   Sums over symbols in Python numbers.
Error    1e-12; 1e-6 is allowed.
Cost     0.1 s.
Rejects  every mistake in t3_formula.mistakes.md.
"""

import math

import torch
from torch import Tensor

from autograder.checking import Grade, hint, points, probe, sequence, tensor

PROMISES = {
    "non_saturating_objective": {
        "KL(g || p) - 2 JS(p, g): () in nats": "value",
        "p and g (K,) are the distributions of data and generator": "value",
        "g may have zeros, p may not": "zeros",
        "JS is the Jensen-Shannon divergence with weights 1/2 and 1/2.": "value",
    }
}


@probe
def objectives(student, cases):
    return [student.non_saturating_objective(p, g) for p, g in cases]


def by_hand(p: list[float], g: list[float]) -> float:
    total = 0.0
    for a, b in zip(p, g, strict=True):
        total -= a * math.log(2 * a / (a + b))
        if b > 0:
            total += b * math.log(b / a) - b * math.log(2 * b / (a + b))
    return total


def judge(grade: Grade, cases: list[tuple[Tensor, Tensor]], what: str) -> None:
    answer = sequence(grade.submission(objectives, cases), len(cases), "the list of values")
    for value, (p, g) in zip(answer, cases, strict=True):
        error = abs(tensor(value, (), "the objective").item() - by_hand(p.tolist(), g.tolist()))
        assert error < 1e-6, f"the objective is not right {what}"


def law(rng: torch.Generator, K: int) -> Tensor:
    return (1.5 * torch.randn(K, generator=rng, dtype=torch.float64)).softmax(0)


@points("7/10")
@hint("Which of the two comes first in the KL divergence? And JS has two halves.")
def test_value(grade: Grade):
    """The value for distributions without zeros, and 0 for equal ones."""
    cases = [(law(grade.rng, K), law(grade.rng, K)) for K in (2, 3, 5, 9)]
    judge(grade, [*cases, (cases[1][0], cases[1][0])], "for distributions without zeros")


@points("3/10")
@hint("0 log 0 is 0.")
def test_zeros(grade: Grade):
    """A generator that misses symbols: finite, and even negative where it misses much."""
    cases = []
    for K, missing in ((3, 1), (6, 3), (4, 3)):
        g = law(grade.rng, K)
        g[torch.randperm(K, generator=grade.rng)[:missing]] = 0
        cases.append((law(grade.rng, K), g / g.sum()))
    judge(grade, cases, "where the generator misses symbols")
