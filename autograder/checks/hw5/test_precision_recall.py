"""Hidden checks of hw5/precision_recall: nearest-neighbour precision and recall, and two kinds of truncation.

Oracle   Loops over points with sorted lists of distances; points with whole coordinates, whose squared distances are
         exact, for the edges of the balls. Truncated numbers by bisection on the distribution function (math.erf).
Error    Shares are exact; bisection agrees with the reference to 1e-9, and 1e-6 is allowed.
Cost     0.2 s.
"""

import math

import torch
from torch import Tensor

from autograder.checking import Grade, hint, number, points, probe, sequence, tensor
from autograder.judging.instruments import normal

PROMISES = {
    "precision_recall": {
        "two numbers () between 0 and 1": "precision, recall",
        "real is (N, d), fake (M, d), and k >= 1 is smaller than N and M": "precision, recall",
        "reaches to its k-th nearest neighbour in the same set, the point itself not counted": "precision, recall",
        "Precision is the share of generated points that lie in at least one ball of the real set": "precision",
        "recall is the share of real points that lie in at least one ball of the generated set": "recall",
        "A point on the edge of a ball lies in it, up to the rounding of distances.": "edges",
    },
    "truncated_normal": {
        "truncated to [-psi, psi] by their inverse distribution function: the shape of u": "truncated_normal",
        "u holds numbers in (0, 1). z increases with u": "truncated_normal",
        "its density is that of N(0, 1) between -psi and psi, divided by the mass that N(0, 1) has there": (
            "truncated_normal, psi_small_and_large"
        ),
        "psi > 0; raises ValueError otherwise": "psi_small_and_large",
    },
    "truncate_style": {
        "The points w (N, d), moved towards their mean w_mean (d,): psi times their distance from it is left.": (
            "truncate_style"
        ),
    },
}


@probe
def shares(student, real: Tensor, fake: Tensor, k: int) -> list:
    """Precision and recall."""
    return student.precision_recall(real, fake, k)


@probe
def truncated(student, u: Tensor, psi: float) -> Tensor:
    return student.truncated_normal(u, psi)


@probe
def complaints(student, u: Tensor, psis: list) -> list:
    """What happens for each psi: the error's type, or that there was none."""
    said = []
    for psi in psis:
        try:
            student.truncated_normal(u, psi)
            said.append("no error")
        except ValueError:
            said.append("ValueError")
        except Exception:
            said.append("another error")
    return said


@probe
def styles(student, w: Tensor, w_mean: Tensor, psi: float) -> Tensor:
    return student.truncate_style(w, w_mean, psi)


def share_inside(points: Tensor, centres: Tensor, k: int) -> float:
    """The share of points in at least one ball around the centres, with squared distances, by loops."""

    def squared(a: Tensor, b: Tensor) -> float:
        return sum((p - q) ** 2 for p, q in zip(a.tolist(), b.tolist(), strict=True))

    radii = []
    for i, centre in enumerate(centres):
        others = sorted(squared(centre, other) for j, other in enumerate(centres) if j != i)
        radii.append(others[k - 1])
    inside = [any(squared(p, c) <= radius for c, radius in zip(centres, radii, strict=True)) for p in points]
    return sum(inside) / len(points)


def two_sets(rng: torch.Generator, N: int, M: int, d: int) -> tuple[Tensor, Tensor]:
    """Overlapping sets, dense and thin in places, so that balls differ and precision and recall do."""
    real = 3 * normal(rng, N, d) * normal(rng, N, 1).exp()
    fake = 2 * normal(rng, M, d) * normal(rng, M, 1).exp() + 1.5
    return real, fake


def answer(grade: Grade, real: Tensor, fake: Tensor, k: int) -> list[float]:
    found = sequence(grade.submission(shares, real, fake, k), 2, "the result of precision_recall")
    return [number(value, name) for value, name in zip(found, ("precision", "recall"), strict=True)]


CASES = ((18, 12, 2, 1), (12, 20, 4, 3), (16, 15, 3, 4), (9, 9, 1, 2), (25, 20, 2, 2), (20, 25, 5, 1))


@points("1/4")
@hint("The balls of the real set; each reaches to a neighbour in the real set; every generated point asks all of them.")
def test_precision(grade):
    """Precision is the share of generated points inside the balls of the real set."""
    for N, M, d, k in CASES:
        real, fake = two_sets(grade.rng, N, M, d)
        found = answer(grade, real, fake, k)[0]
        assert abs(found - share_inside(fake, real, k)) < 1e-6, "precision is not right"
    real = normal(grade.rng, 15, 2)
    assert abs(answer(grade, real, real + 100, 3)[0]) < 1e-6, "precision is not 0 for points far from all real ones"


@points("1/4")
@hint("The same with the two sets exchanged: the balls are those of the generated set.")
def test_recall(grade):
    """Recall is the share of real points inside the balls of the generated set."""
    for N, M, d, k in CASES:
        real, fake = two_sets(grade.rng, N, M, d)
        found = answer(grade, real, fake, k)[1]
        assert abs(found - share_inside(real, fake, k)) < 1e-6, "recall is not right"
    fake = normal(grade.rng, 12, 3)
    assert abs(answer(grade, fake + 100, fake, 2)[1]) < 1e-6, "recall is not 0 for points far from all generated ones"


@points("1/10")
@hint("Is a point at exactly the distance of the k-th neighbour inside? What is the radius of a doubled point?")
def test_edges(grade):
    """A point on the edge of a ball lies in it, and equal points have each other as neighbours."""
    for k in (1, 2):
        real = torch.randint(-4, 5, (9, 2), generator=grade.rng).double()
        fake = torch.randint(-6, 7, (14, 2), generator=grade.rng).double()
        real[1], fake[3] = real[0], fake[2]
        truth = [share_inside(fake, real, k), share_inside(real, fake, k)]
        found = answer(grade, real, fake, k)
        right = all(abs(a - b) < 1e-6 for a, b in zip(found, truth, strict=True))
        assert right, "precision_recall is not right for points on the edges of the balls"
    doubled = torch.tensor([[0.0], [0.0], [7.0], [7.0], [20.0]], dtype=torch.float64)
    found = answer(grade, doubled, torch.tensor([[3.0], [0.0], [7.0], [31.0]], dtype=torch.float64), 1)
    assert abs(found[0] - 3 / 4) < 1e-6, "precision is not right where points have copies: their distance is 0"
    line = torch.tensor([[0.0], [2.0], [10.0]], dtype=torch.float64)
    at = torch.tensor([[-2.0], [-3.0], [18.0], [19.0], [3.0]], dtype=torch.float64)
    shift = torch.randint(-9, 9, (1,), generator=grade.rng).double()
    found = answer(grade, line + shift, at + shift, 1)[0]
    assert abs(found - 3 / 5) < 1e-6, "a point on the edge of a ball does not count as inside"


def by_bisection(u: Tensor, psi: float) -> Tensor:
    """z with (Phi(z) - Phi(-psi)) / (Phi(psi) - Phi(-psi)) = u."""
    mass = math.erf(psi / math.sqrt(2))
    low, high = torch.full_like(u, -psi), torch.full_like(u, psi)
    for _ in range(100):
        middle = (low + high) / 2
        below = (torch.erf(middle / math.sqrt(2)) + mass) / (2 * mass)
        low, high = torch.where(below < u, middle, low), torch.where(below < u, high, middle)
    return (low + high) / 2


@points("1/5")
@hint("Map u into the interval from Phi(-psi) to Phi(psi), and invert Phi there.")
def test_truncated_normal(grade):
    """Truncated numbers come from the inverse of their distribution function."""
    for shape, psi in (((9,), 1.0), ((3, 4), 0.5), ((2, 1, 3), 2.0), ((5,), 1.37)):
        u = 0.001 + 0.998 * torch.rand(shape, generator=grade.rng, dtype=torch.float64)
        found = tensor(grade.submission(truncated, u, psi), shape, "the truncated numbers")
        truth = by_bisection(u, psi)
        assert ((found - truth).abs() < 1e-6 * (1 + truth.abs())).all(), "the truncated numbers are not right"


@points("1/10")
@hint("For a small psi the law is nearly uniform, for a large one nearly N(0, 1). And psi = 0 leaves nothing.")
def test_psi_small_and_large(grade):
    """Small and large psi; a psi that is not positive is a ValueError."""
    u = 0.01 + 0.98 * torch.rand(8, generator=grade.rng, dtype=torch.float64)
    u[:2] = torch.tensor([1.0, 0.0]) + torch.tensor([-1e-6, 1e-6]) * (1 + u[2].item())
    for psi in (0.02, 6.0):
        found = tensor(grade.submission(truncated, u, psi), (8,), "the truncated numbers")
        truth = by_bisection(u, psi)
        assert ((found - truth).abs() < 1e-6 * psi).all(), (
            "the truncated numbers are not right for a small or large psi"
        )
    said = sequence(grade.submission(complaints, u, [0.0, -0.5]), 2, "what truncated_normal says")
    assert said == ["ValueError"] * 2, "truncated_normal should raise a ValueError unless psi is positive"


@points("1/10")
@hint("At psi = 1 nothing moves, at psi = 0 everything is the mean.")
def test_truncate_style(grade):
    """truncate_style keeps psi times the distance from the mean."""
    for N, d, psi in ((5, 3, 0.6), (1, 4, 0.0), (6, 2, 1.0), (4, 1, 0.25)):
        w, mean = normal(grade.rng, N, d), normal(grade.rng, d)
        found = tensor(grade.submission(styles, w, mean, psi), (N, d), "the result of truncate_style")
        truth = (1 - psi) * mean + psi * w
        assert ((found - truth).abs() < 1e-6 * (1 + truth.abs())).all(), "truncate_style is not right"
