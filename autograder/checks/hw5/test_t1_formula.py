"""Hidden checks of hw5/t1_formula: slope and estimate of a critic under a gradient penalty.

Oracle   At every place of the grid the objective is w s - weight r (|s| - 1)^2, and the best s is searched for
         numerically (golden section on either side of 0); nothing of the formula is used.
Error    The search agrees with the reference to 1e-7; 1e-5 is allowed.
Cost     0.1 s.
"""

import torch
from torch import Tensor

from autograder.checking import Grade, hint, points, probe, sequence, tensor

PROMISES = {
    "penalised_optimum": {
        "the best critic on a line under a gradient penalty: (slope (n,), estimate ())": "slope, estimate",
        "F_fake - F_real, the difference of the distribution functions, which has either sign": "slope",
        "r (n,), positive, the density of the points at which the penalty is taken": "slope",
        "The critic f maximises mean f(real) - mean f(fake) - weight * mean of (|f'| - 1)^2 under r.": "slope",
        "`slope` is f' on the grid": "slope",
        "`estimate` is mean f(real) - mean f(fake), with the integral as a sum over the grid times dx.": "estimate",
    }
}


@probe
def optimum(student, w: Tensor, r: Tensor, dx: float, weight: float) -> list:
    """Slope and estimate."""
    return student.penalised_optimum(w, r, dx, weight)


def case(rng: torch.Generator, n: int) -> tuple[Tensor, Tensor, float, float]:
    """w of both signs, none near 0; r; dx; the weight."""
    w = 0.05 + 0.9 * torch.rand(n, generator=rng, dtype=torch.float64)
    w = torch.where(torch.rand(n, generator=rng) < 0.5, -w, w)
    r = 0.1 + torch.rand(n, generator=rng, dtype=torch.float64)
    dx, weight = 0.02 + 0.3 * torch.rand(2, generator=rng, dtype=torch.float64)
    return w, r, dx.item(), 30 * weight.item()


def best_slope(w: Tensor, r: Tensor, weight: float) -> Tensor:
    """The slope with the largest objective, by golden section on either side of 0, where it is concave."""
    found = []
    for sign in (1.0, -1.0):
        low, high = torch.zeros_like(w), torch.full_like(w, 100.0)
        for _ in range(120):
            a, b = high - 0.618034 * (high - low), low + 0.618034 * (high - low)
            better = gain(sign * a, w, r, weight) > gain(sign * b, w, r, weight)
            low, high = torch.where(better, low, a), torch.where(better, b, high)
        found.append(sign * (low + high) / 2)
    up, down = found
    return torch.where(gain(up, w, r, weight) > gain(down, w, r, weight), up, down)


def gain(slope: Tensor, w: Tensor, r: Tensor, weight: float) -> Tensor:
    return w * slope - weight * r * (slope.abs() - 1).square()


def answer(grade: Grade, w: Tensor, r: Tensor, dx: float, weight: float) -> tuple[Tensor, float]:
    slope, estimate = sequence(grade.submission(optimum, w, r, dx, weight), 2, "the result of penalised_optimum")
    return tensor(slope, (len(w),), "the slope"), tensor(estimate, (), "the estimate").item()


@points("2/3")
@hint("Integrate by parts: the difference of the means is the integral of w f'. Then every place is on its own.")
def test_slope(grade):
    """The slope maximises the objective at every place, for a w of either sign."""
    for n in (7, 1, 12):
        w, r, dx, weight = case(grade.rng, n)
        slope, _ = answer(grade, w, r, dx, weight)
        truth = best_slope(w, r, weight)
        assert ((slope - truth).abs() < 1e-5 * (1 + truth.abs())).all(), "the slope is not the best one everywhere"


@points("1/3")
@hint("The estimate is the integral of w f', without the penalty.")
def test_estimate(grade):
    """The estimate is what this critic says about the distance."""
    for n in (9, 4):
        w, r, dx, weight = case(grade.rng, n)
        _, estimate = answer(grade, w, r, dx, weight)
        truth = (w * best_slope(w, r, weight)).sum().item() * dx
        assert abs(estimate - truth) < 1e-5 * (1 + abs(truth)), "the estimate is not right"
