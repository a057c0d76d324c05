"""Hidden checks of hw4/t5_formula: both sides of the duality on a line.

Oracle   The transport problem itself, solved greedily from the left, point by point. A potential is judged by what it
         must do, so that every right one is accepted.
Error    1e-9; 1e-5 is allowed.
Cost     0.1 s.
Rejects  every mistake in t5_formula.mistakes.md.
"""

import torch
from torch import Tensor

from autograder.checking import Grade, hint, points, probe, sequence, tensor

PROMISES = {
    "line_duality": {
        "Wasserstein-1 distance of two distributions on the same points of a line, and a potential": "distance",
        "p and q (K,) are the masses at the points x (K,), which increase strictly.": "distance, potential",
        "f is 1-Lipschitz on the points": "potential",
        "sum of (p - q) f is w1": "potential",
        "Any such f is right.": "potential",
    }
}


@probe
def dualities(student, cases):
    return [list(student.line_duality(*case)) for case in cases]


def masses(rng: torch.Generator, K: int, empty: int) -> Tensor:
    p = torch.randn(K, generator=rng, dtype=torch.float64).softmax(0)
    p[torch.randperm(K, generator=rng)[:empty]] = 0
    return p / p.sum()


def problems(rng: torch.Generator) -> list[tuple[Tensor, Tensor, Tensor]]:
    cases = []
    for K, empty in ((2, 0), (4, 0), (7, 2), (5, 4)):
        x = torch.randn((), generator=rng) + torch.rand(K, generator=rng, dtype=torch.float64).add(0.1).cumsum(0)
        cases.append((masses(rng, K, empty), masses(rng, K, empty), x))
    return cases


def moved(p: list[float], q: list[float], x: list[float]) -> float:
    """The cost of serving the demands from left to right, always from the leftmost supply that is left."""
    p, q, i, j, cost = list(p), list(q), 0, 0, 0.0
    while i < len(p) and j < len(q):
        mass = min(p[i], q[j])
        cost += mass * abs(x[i] - x[j])
        p[i], q[j] = p[i] - mass, q[j] - mass
        if p[i] <= q[j]:
            i += 1
        else:
            j += 1
    return cost


def answers(grade: Grade) -> list[tuple]:
    cases = problems(grade.rng)
    answer = sequence(grade.submission(dualities, cases), len(cases), "the list of answers")
    found = []
    for value, (p, q, x) in zip(answer, cases, strict=True):
        w1, f = sequence(value, 2, "what line_duality returns")
        found.append((p, q, x, tensor(w1, (), "w1"), tensor(f, (len(x),), "f")))
    return found


@points("1/2")
@hint("How much mass must cross the gap between two neighbouring points?")
def test_distance(grade: Grade):
    """The first result is the Wasserstein-1 distance."""
    for p, q, x, w1, _ in answers(grade):
        assert abs(w1.item() - moved(p.tolist(), q.tolist(), x.tolist())) < 1e-5, "w1 is not the distance"


@points("1/2")
@hint("Mass rolls down the potential with slope 1. In which direction does it cross each gap?")
def test_potential(grade: Grade):
    """The second is a 1-Lipschitz function on the points whose means differ by the distance."""
    for p, q, x, _, f in answers(grade):
        assert ((f[:, None] - f).abs() <= (x[:, None] - x).abs() + 1e-6).all(), "f is not 1-Lipschitz"
        reached = ((p - q) * f).sum().item()
        truth = moved(p.tolist(), q.tolist(), x.tolist())
        assert abs(reached - truth) < 1e-5, "f does not reach the distance: sum of (p - q) f is something else"
