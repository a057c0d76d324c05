"""Hidden checks of hw7/biased_coin: the likelihood of a sequence, one toss after the other."""

import math

from autograder.checking import Grade, hint, points, probe
from autograder.judging.instruments import each, near, uniform, whole

PROMISES = {
    "coin_nll": {"-log of the probability of one sequence with that many heads and tails, in nats": "toss_by_toss"},
}


@probe
def values(student, cases: list) -> list:
    return [student.coin_nll(*case) for case in cases]


@points("1")
@hint("The tosses are independent: their probabilities multiply.")
def test_toss_by_toss(grade: Grade) -> None:
    """Every toss adds its own surprise."""
    cases = [(uniform(grade.rng, 0.1, 0.9), whole(grade.rng, 1, 9), whole(grade.rng, 1, 9)) for _ in range(5)]
    truth = [sum([-math.log(p)] * heads + [-math.log(1 - p)] * tails) for p, heads, tails in cases]
    assert near(each(grade, values, cases, "coin_nll"), truth), "coin_nll is not the sum over the tosses"
