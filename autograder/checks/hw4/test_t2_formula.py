"""Hidden checks of hw4/t2_formula: the best discriminators of two games.

Oracle   Both objectives are sums over symbols, concave or convex in every entry of D: the best entries are found by
         bisection on the sign of central differences, and the values are the sums at these entries.
Error    1e-7; 1e-5 is allowed.
Cost     0.2 s.
Rejects  every mistake in t2_formula.mistakes.md.
"""

import torch
from torch import Tensor

from autograder.checking import Grade, hint, points, probe, sequence, tensor

PROMISES = {
    "gan_optimum": {
        "when `share` of all points that it sees are data, and what it reaches: (D (K,), value ())": "gan",
        "p and g (K,) > 0 are the distributions of data and generator": "gan",
        "value is that maximum, in nats": "gan",
    },
    "lsgan_optimum": {
        "The best discriminator of a least-squares GAN, and what the generator's objective is then": "lsgan",
        "D minimises (E_p[(D - b)^2] + E_g[(D - a)^2]) / 2": "lsgan",
        "value is (E_p[(D - c)^2] + E_g[(D - c)^2]) / 2 at this D": "lsgan",
        "a, b and c are any numbers": "lsgan",
    },
}


@probe
def optima(student, cases):
    return [list(student.gan_optimum(*case)) for case in cases]


@probe
def least_squares(student, cases):
    return [list(student.lsgan_optimum(*case)) for case in cases]


def law(rng: torch.Generator, K: int) -> Tensor:
    return torch.randn(K, generator=rng, dtype=torch.float64).softmax(0)


def best(slope, low: float, high: float, K: int) -> Tensor:
    """Where a decreasing function (K,) -> (K,) of every entry crosses zero, by bisection."""
    low, high = torch.full((K,), low, dtype=torch.float64), torch.full((K,), high, dtype=torch.float64)
    for _ in range(60):
        middle = (low + high) / 2
        up = slope(middle) > 0
        low, high = torch.where(up, middle, low), torch.where(up, high, middle)
    return low


def judge(answer: object, truths: list[tuple[Tensor, float]], game: str) -> None:
    for value, (D, reached) in zip(sequence(answer, len(truths), "the list of optima"), truths, strict=True):
        found = sequence(value, 2, "what comes back")
        entries = tensor(found[0], tuple(D.shape), "D")
        assert ((entries - D).abs() < 1e-5 * (1 + D.abs())).all(), f"the best discriminator of {game} is not right"
        error = abs(tensor(found[1], (), "the value").item() - reached)
        assert error < 1e-8 * (1 + abs(reached)), f"the value of {game} is not right"


@points("3/5")
@hint("a log D + b log(1 - D) for every symbol on its own: where is its maximum?")
def test_gan(grade: Grade):
    """The discriminator of the GAN with a class prior, and the maximum."""
    cases, truths = [], []
    for K, share in ((2, 0.5), (4, 0.2), (3, 0.85), (6, 0.5)):
        p, g = law(grade.rng, K), law(grade.rng, K)
        D = best(lambda D, a=share * p, b=(1 - share) * g: a * (1 - D) - b * D, 0.0, 1.0, K)
        value = share * (p * D.log()).sum() + (1 - share) * (g * (1 - D).log()).sum()
        cases.append((p, g, share))
        truths.append((D, value.item()))
    judge(grade.submission(optima, cases), truths, "the GAN")


@points("2/5")
@hint("A parabola for every symbol. Then put its minimum into the other objective, with c.")
def test_lsgan(grade: Grade):
    """The discriminator of the least-squares GAN, and the generator's objective there."""
    cases, truths = [], []
    numbers = torch.randn(3, generator=grade.rng, dtype=torch.float64).tolist()
    for K, (a, b, c) in ((3, (0.0, 1.0, 1.0)), (4, (-1.0, 1.0, 0.0)), (5, numbers)):
        p, g = law(grade.rng, K), law(grade.rng, K)
        D = best(lambda D, p=p, g=g, a=a, b=b: -p * (D - b) - g * (D - a), -10.0, 10.0, K)
        cases.append((p, g, a, b, c))
        truths.append((D, 0.5 * ((p + g) * (D - c).square()).sum().item()))
    judge(grade.submission(least_squares, cases), truths, "the least-squares GAN")
