"""Hidden checks of hw7/t1_formula: the entropy against an average over the two sides."""

import math

from autograder.checking import Grade, hint, points, probe
from autograder.judging.instruments import each, near, uniform

PROMISES = {"coin_entropy": {"The entropy of a coin with 0 < p < 1, in nats": "average_surprise"}}


@probe
def values(student, cases: list) -> list:
    return [student.coin_entropy(p) for p in cases]


@points("1")
@hint("The average of -log over the two sides.")
def test_average_surprise(grade: Grade) -> None:
    """The entropy is the average surprise."""
    cases = [uniform(grade.rng, 0.05, 0.95) for _ in range(4)]
    truth = [math.fsum(-q * math.log(q) for q in (p, 1 - p)) for p in cases]
    assert near(each(grade, values, cases, "coin_entropy"), truth), "coin_entropy is not the average surprise"
