"""Hidden checks of hw7/fit_coin: no other coin on a grid is better, and the value is that of the coin found."""

import math

from autograder.checking import Grade, hint, number, points, probe, sequence
from autograder.judging.instruments import whole

PROMISES = {"fit_coin": {"The p that makes `coin_nll` smallest": "best_on_a_grid", "and its value there": "value"}}


def nll(p: float, heads: int, tails: int) -> float:
    return -(heads * math.log(p) + tails * math.log(1 - p))


@probe
def fits(student, heads: int, tails: int) -> object:
    return student.fit_coin(heads, tails)


def answered(grade: Grade) -> tuple[float, float, int, int]:
    heads, tails = whole(grade.rng, 2, 30), whole(grade.rng, 31, 60)
    p, value = sequence(grade.submission(fits, heads, tails), 2, "the result of fit_coin")
    return number(p, "p"), number(value, "the value"), heads, tails


@points("2/3")
@hint("Where is the slope zero?")
def test_best_on_a_grid(grade: Grade) -> None:
    """No other coin is better."""
    p, _, heads, tails = answered(grade)
    assert 0 < p < 1, "p is not between 0 and 1"
    best = min(nll(k / 1000, heads, tails) for k in range(1, 1000))
    assert nll(p, heads, tails) < best + 1e-6, "another coin makes the sequence more likely"


@points("1/3")
@hint("coin_nll at the p that was found.")
def test_value(grade: Grade) -> None:
    """The value is that of the best coin."""
    _, value, heads, tails = answered(grade)
    assert abs(value - nll(heads / (heads + tails), heads, tails)) < 1e-4, "the value is not right"
