"""Hidden checks of hw6/t1_formula: the gradients of a loss of x(T) for dx/dt = a x.

Oracle   Central differences of the loss, computed here from the exact solution.
Error    1e-9 of the value; 1e-5 is allowed.
Cost     0.02 s.
Rejects  every mistake in t1_formula.mistakes.md.
"""

import math
from collections.abc import Iterator

import torch

from autograder.checking import Grade, hint, number, points, probe, sequence

PROMISES = {
    "linear_ode_gradients": {
        "Gradients of the loss L = (x(T) - target)^2 / 2, where dx/dt = a x and x(0) = x0: (dL/dx0, dL/da).": (
            "by_start, by_rate"
        ),
        "All arguments are numbers, T > 0, and a may be 0.": "by_start, by_rate",
    }
}


@probe
def gradients(student, cases: list) -> list:
    """Both gradients for every (a, x0, T, target)."""
    return [student.linear_ode_gradients(*case) for case in cases]


def loss(a: float, x0: float, T: float, target: float) -> float:
    return (x0 * math.exp(a * T) - target) ** 2 / 2


def answers(grade: Grade) -> Iterator[tuple[list, list]]:
    """What the submission gives for several cases, one of them with a = 0, and the cases."""
    low, high = torch.tensor([-1.5, -2, 0.4, -2]).double(), torch.tensor([1.0, 2, 1.8, 2]).double()
    cases = (low + (high - low) * torch.rand(6, 4, generator=grade.rng, dtype=torch.float64)).tolist()
    cases[2][0] = 0.0
    found = sequence(grade.submission(gradients, cases), 6, "the list of gradients")
    for answer, case in zip(found, cases, strict=True):
        yield sequence(answer, 2, "the result of linear_ode_gradients"), case


def judge(grade: Grade, index: int, shift: tuple, what: str) -> None:
    for answer, case in answers(grade):
        value = number(answer[index], what)
        up, down = ([at + sign * 1e-5 * by for at, by in zip(case, shift, strict=True)] for sign in (1, -1))
        truth = (loss(*up) - loss(*down)) / 2e-5
        assert abs(value - truth) < 1e-5 * (1 + abs(truth)), f"{what} is not right"


@points("1/2")
@hint("a(0) = exp(a T) a(T), and a(T) is dL/dx(T).")
def test_by_start(grade: Grade) -> None:
    """The gradient with respect to the start."""
    judge(grade, 0, (0, 1, 0, 0), "dL/dx0")


@points("1/2")
@hint("Integrate a(t) df/da = a(t) x(t) from 0 to T: the product does not depend on t.")
def test_by_rate(grade: Grade) -> None:
    """The gradient with respect to the rate."""
    judge(grade, 1, (1, 0, 0, 0), "dL/da")
