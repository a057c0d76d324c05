"""Hidden checks of hw6/t3_formula: three score matching losses of a linear score on Gaussian data.

Oracle   Gauss-Hermite quadrature of the three definitions, exact for these polynomials.
Error    1e-12 of the value; 1e-6 is allowed.
Cost     0.02 s.
Rejects  every mistake in t3_formula.mistakes.md.
"""

from collections.abc import Iterator

import numpy as np
import torch

from autograder.checking import Grade, hint, number, points, probe, sequence

PROMISES = {
    "score_matching_losses": {
        "of the score model s(x) = slope x on data x ~ N(0, variance)": "explicit, implicit, denoising",
        "Explicit: E[(s(x) - score(x))^2] / 2.": "explicit",
        "Implicit: E[s'(x) + s(x)^2 / 2].": "implicit",
        "Denoising with noise sigma > 0: E[(s(x + sigma eps) + eps / sigma)^2] / 2.": "denoising",
        "All are numbers.": "explicit, implicit, denoising",
    }
}

NODES, WEIGHTS = np.polynomial.hermite_e.hermegauss(12)
WEIGHTS = WEIGHTS / WEIGHTS.sum()


@probe
def losses(student, cases: list) -> list:
    """The three losses for every (slope, variance, sigma)."""
    return [student.score_matching_losses(*case) for case in cases]


def answers(grade: Grade) -> Iterator[tuple[list, list]]:
    low, high = torch.tensor([-1.5, 0.4, 0.3]).double(), torch.tensor([0.5, 2.5, 1.2]).double()
    cases = (low + (high - low) * torch.rand(5, 3, generator=grade.rng, dtype=torch.float64)).tolist()
    found = sequence(grade.submission(losses, cases), 5, "the list of losses")
    for answer, case in zip(found, cases, strict=True):
        yield sequence(answer, 3, "the result of score_matching_losses"), case


def judge(value: object, truth: float, what: str) -> None:
    assert abs(number(value, what) - truth) < 1e-6 * (1 + abs(truth)), f"{what} is not right"


@points("1/3")
@hint("The score of N(0, variance) is -x / variance.")
def test_explicit(grade: Grade) -> None:
    """The explicit loss."""
    for answer, (slope, variance, _) in answers(grade):
        x = variance**0.5 * NODES
        judge(answer[0], WEIGHTS @ (0.5 * (slope * x + x / variance) ** 2), "the explicit loss")


@points("1/3")
@hint("s'(x) is the same for every x; E[x^2] is known.")
def test_implicit(grade: Grade) -> None:
    """The implicit loss."""
    for answer, (slope, variance, _) in answers(grade):
        judge(answer[1], WEIGHTS @ (slope + 0.5 * slope**2 * variance * NODES**2), "the implicit loss")


@points("1/3")
@hint("x and eps are independent: expand the square, and only three expectations are left.")
def test_denoising(grade: Grade) -> None:
    """The denoising loss."""
    for answer, (slope, variance, sigma) in answers(grade):
        noisy = variance**0.5 * NODES[:, None] + sigma * NODES
        judge(answer[2], WEIGHTS @ (0.5 * (slope * noisy + NODES / sigma) ** 2) @ WEIGHTS, "the denoising loss")
