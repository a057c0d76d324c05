"""Hidden checks of hw3/t4_formula: two bounds and the truth for a density that is constant on pieces of a cell.

Oracle   Sums over all pieces, and over all pairs of pieces, in Python's arithmetic.
Error    1e-12; 1e-6 is allowed.
Cost     0.02 s.
"""

import math

import torch
from torch import Tensor

from autograder.checking import Grade, hint, points, probe, sequence, tensor

PROMISES = {
    "dequantisation_bounds": {
        "The uniform bound, the two-sample importance-weighted bound and log P(x) itself: three numbers (), "
        "in nats": "uniform, pair, exact",
        "On the cell [x, x + 1) the density is constant on J pieces: heights (J,) > 0, with widths (J,) > 0 "
        "that sum to 1": "uniform, pair, exact",
        "Both bounds are expectations over the noise, not estimates": "uniform, pair",
    }
}


@probe
def three(student, heights, widths):
    return student.dequantisation_bounds(heights, widths)


def answers(grade: Grade) -> list[tuple[list[Tensor], list[float], list[float]]]:
    rng, found = grade.rng, []
    for J in (1, 2, 3, 6):
        heights = (1.5 * torch.randn(J, generator=rng, dtype=torch.float64)).exp()
        widths = torch.rand(J, generator=rng, dtype=torch.float64) + 0.1
        widths = widths / widths.sum()
        answer = sequence(grade.submission(three, heights, widths), 3, "the result of dequantisation_bounds")
        found.append(([tensor(part, (), "a bound") for part in answer], heights.tolist(), widths.tolist()))
    return found


def near(value: Tensor, truth: float) -> bool:
    return bool(abs(value - truth) <= 1e-6 * (1 + abs(truth)))


@points("1/3")
@hint("u falls into a piece with a probability equal to its width.")
def test_uniform(grade):
    """The uniform bound is the mean logarithm of the density."""
    for (uniform, _, _), heights, widths in answers(grade):
        truth = sum(w * math.log(h) for h, w in zip(heights, widths, strict=True))
        assert near(uniform, truth), "the uniform bound is not right"


@points("1/3")
@hint("Two independent draws of u: sum over all pairs of pieces.")
def test_pair(grade):
    """The bound from two draws is the mean logarithm of their mean density."""
    for (_, pair, _), heights, widths in answers(grade):
        pieces = list(zip(heights, widths, strict=True))
        truth = sum(v * w * math.log((g + h) / 2) for g, v in pieces for h, w in pieces)
        assert near(pair, truth), "the bound from two draws is not right"


@points("1/3")
@hint("P(x) is the integral of the density over the cell.")
def test_exact(grade):
    """log P(x) is the logarithm of the whole mass."""
    for (_, _, exact), heights, widths in answers(grade):
        truth = math.log(sum(w * h for h, w in zip(heights, widths, strict=True)))
        assert near(exact, truth), "log P(x) is not right"
