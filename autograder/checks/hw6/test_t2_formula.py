"""Hidden checks of hw6/t2_formula: the variance in which discretised Langevin dynamics comes to rest.

Oracle   The recursion of the variance, run until it stands still.
Error    1e-12 of the value; 1e-5 is allowed.
Cost     0.02 s.
Rejects  every mistake in t2_formula.mistakes.md.
"""

import torch

from autograder.checking import Grade, hint, number, points, probe, sequence

PROMISES = {
    "langevin_variance": {
        "The variance in which Langevin dynamics with steps comes to rest, when the target is N(0, variance).": (
            "unit_target, any_target"
        ),
        "A step adds (step_size / 2) score(x) + sqrt(step_size) noise; 0 < step_size < 4 variance.": (
            "unit_target, any_target"
        ),
        "All are numbers.": "unit_target, any_target",
    }
}


@probe
def variances(student, cases: list) -> list:
    """The result for every (variance, step_size)."""
    return [student.langevin_variance(*case) for case in cases]


def at_rest(variance: float, step_size: float) -> float:
    """Each step multiplies the deviation by 1 - step_size / (2 variance) and adds step_size to the variance."""
    factor, found = (1 - step_size / (2 * variance)) ** 2, 1.0
    for _ in range(3000):
        found = factor * found + step_size
    return found


def judge(grade: Grade, cases: list) -> None:
    found = sequence(grade.submission(variances, cases), len(cases), "the list of variances")
    for answer, case in zip(found, cases, strict=True):
        value, truth = number(answer, "the result of langevin_variance"), at_rest(*case)
        assert abs(value - truth) < 1e-5 * truth, "the variance at rest is not right"


@points("1/2")
@hint("On N(0, 1) a step multiplies by 1 - step_size / 2 and adds noise: which variance does not change?")
def test_unit_target(grade: Grade) -> None:
    """The variance at rest for a standard normal target."""
    shares = torch.rand(5, generator=grade.rng, dtype=torch.float64).tolist()
    # The small step comes to rest only after many hundreds of them.
    judge(grade, [[1.0, 0.05 + 3.6 * u] for u in shares] + [[1.0, 0.01 + 0.005 * shares[0]]])


@points("1/2")
@hint("The score of N(0, v) is -x / v: measure x in units of the standard deviation, and the step size too.")
def test_any_target(grade: Grade) -> None:
    """The variance at rest for any Gaussian target."""
    shares = torch.rand(5, 2, generator=grade.rng, dtype=torch.float64).tolist()
    judge(grade, [[0.3 + 2 * v, (0.3 + 2 * v) * (0.1 + 3.4 * u)] for v, u in shares])
