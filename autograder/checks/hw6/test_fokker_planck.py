"""Hidden checks of hw6/fokker_planck: the residual of the Kolmogorov-Fokker-Planck equation in logarithms.

Oracle   A log-density and a drift that do *not* solve the equation, each of its terms written down here in closed form
         with coefficients that can be switched off one by one; and the Ornstein-Uhlenbeck process, which does solve it,
         among rows that do not. A residual that is always zero is wrong almost everywhere.
Error    1e-12; 1e-6 of the size is allowed.
Cost     0.1 s.
Rejects  every mistake in fokker_planck.mistakes.md.
"""

import math

import torch
from torch import Tensor

from autograder.checking import Grade, hint, points, probe, tensor

PROMISES = {
    "fokker_planck_residual": {
        "By how much log p misses the equation": "terms, solution",
        "at x (B, D), t (B,): (B,)": "terms",
        "all made of torch operations that take each row on its own": "terms",
        "d/dt log p + div drift + drift . grad log p - diffusion^2 / 2 (laplacian log p + |grad log p|^2)": "terms",
        "with the partial derivative in t": "time",
        "it is zero everywhere where p is the density of X": "solution",
        "also under `torch.no_grad()`": "no_grad",
    }
}


@probe
def parts(p: list, A: Tensor) -> list:
    """log_prob, drift and diffusion with coefficients p; none solves the equation of the others."""

    def log_prob(x: object, t: object) -> object:
        return p[0] * torch.cos(t) * torch.sin(x).sum(1) - p[1] * (1 + t) * (x**2).sum(1) + p[2] * x[:, 0] * x[:, 1]

    def drift(x: object, t: object) -> object:
        return p[3] * x**2 * t[:, None] + p[4] * torch.sin(x @ A.T)

    return [log_prob, drift, lambda t: p[5] * torch.exp(-t) + p[6]]


@probe
def residual(student, p: list, A: Tensor, x: Tensor, t: Tensor, graph: bool) -> Tensor:
    with torch.set_grad_enabled(graph):
        return student.fokker_planck_residual(*parts(p, A), x, t)


@probe
def residual_of_gaussian(student, theta: float, g: float, start: list, stretch: float, x: Tensor, t: Tensor) -> Tensor:
    """The Ornstein-Uhlenbeck process; its density is right for stretch = 1 only."""

    def log_prob(x: object, t: object) -> object:
        mean = start[0] * torch.exp(-theta * t)[:, None]
        rest = g**2 / (2 * theta)
        variance = rest + (start[1] - rest) * torch.exp(-2 * theta * t * stretch)[:, None]
        return (-0.5 * (x - mean) ** 2 / variance - 0.5 * torch.log(2 * math.pi * variance)).sum(1)

    return student.fokker_planck_residual(log_prob, lambda x, t: -theta * x, lambda t: g + 0 * t, x, t)


def normal(rng: torch.Generator, *shape: int) -> Tensor:
    return torch.randn(shape, generator=rng, dtype=torch.float64)


def uniform(rng: torch.Generator, low: float, high: float, n: int = 1) -> list:
    return (low + (high - low) * torch.rand(n, generator=rng, dtype=torch.float64)).tolist()


def truth(p: list, A: Tensor, x: Tensor, t: Tensor) -> Tensor:
    """Every term in closed form."""
    D, T, cos = x.shape[1], t[:, None], torch.cos(t)[:, None]
    by_time = -p[0] * torch.sin(t) * torch.sin(x).sum(1) - p[1] * (x**2).sum(1)
    gradient = p[0] * cos * torch.cos(x) - 2 * p[1] * (1 + T) * x
    gradient[:, :2] += p[2] * x[:, [1, 0]]
    laplacian = -p[0] * torch.cos(t) * torch.sin(x).sum(1) - 2 * D * p[1] * (1 + t)
    drift = p[3] * x**2 * T + p[4] * torch.sin(x @ A.T)
    div = 2 * p[3] * x.sum(1) * t + p[4] * (torch.cos(x @ A.T) * A.diagonal()).sum(1)
    g = p[5] * torch.exp(-t) + p[6]
    return by_time + div + (drift * gradient).sum(1) - g**2 / 2 * (laplacian + gradient.square().sum(1))


def case(rng: torch.Generator, D: int, B: int = 5) -> tuple[list, Tensor, Tensor, Tensor]:
    t = torch.tensor(uniform(rng, 0.2, 1.2, B), dtype=torch.float64)
    return uniform(rng, 0.5, 1.5, 7), normal(rng, D, D), normal(rng, B, D), t


def near(answer: Tensor, true: Tensor) -> bool:
    return bool((answer - true).abs().max() < 1e-6 * (1 + true.abs().max()))


@points("2/5")
@hint("Start from the equation for p, put p = exp(log p) into it, and divide by p: which terms appear?")
def test_terms(grade: Grade) -> None:
    """Every term of the equation is there with its factor, in two and more dimensions."""
    for D, B in ((2, 5), (3, 3), (4, 1)):
        p, A, x, t = case(grade.rng, D, B)
        for off in ((), (3, 4), (0, 1, 2), (5, 6)):  # all of it; no drift; a flat density; no diffusion
            some = [0.0 if i in off else value for i, value in enumerate(p)]
            # A term that is off stays in the graph of the guest: the functions are the same.
            answer = tensor(grade.submission(residual, some, A, x, t, True), (B,), "the residual")
            which = {
                (): "the residual",
                (3, 4): "the residual without a drift",
                (0, 1, 2): "the residual of a constant",
            }
            assert near(answer, truth(some, A, x, t)), f"{which.get(off, 'the residual without noise')} is not right"


@points("1/5")
@hint("For the right density all terms cancel; a factor one half decides.")
def test_solution(grade: Grade) -> None:
    """The density of the Ornstein-Uhlenbeck process solves its equation, and a wrong one does not."""
    theta, g, mean, variance = (
        uniform(grade.rng, *ends)[0] for ends in ((0.5, 1.5), (0.6, 1.2), (0.5, 2), (0.05, 0.2))
    )
    x, t = normal(grade.rng, 6, 3), torch.tensor(uniform(grade.rng, 0.2, 1.2, 6), dtype=torch.float64)
    for stretch in (1.0, 0.6):
        question = theta, g, [mean, variance], stretch, x, t
        found = tensor(grade.submission(residual_of_gaussian, *question), (6,), "the residual")
        if stretch == 1.0:
            assert found.abs().max() < 1e-6, "the residual of a solution is not zero"
        else:
            truth = grade.reference(residual_of_gaussian, *question)
            assert near(found, truth), "the residual of what is no solution is not right"


@points("1/5")
@hint("Only log p itself is differentiated by t, at a fixed x: the points do not move.")
def test_time(grade: Grade) -> None:
    """The derivative in time is the partial one: without drift and noise nothing else is left."""
    p, A, x, t = case(grade.rng, 2)
    still = [*p[:3], 0.0, 0.0, 0.0, 0.0]
    answer = tensor(grade.submission(residual, still, A, x, t, True), (5,), "the residual")
    assert near(answer, truth(still, A, x, t)), "the derivative of log p in time is not right"
    moving = [*p[:5], 0.0, 0.0]
    answer = tensor(grade.submission(residual, moving, A, x, t, True), (5,), "the residual")
    assert near(answer, truth(moving, A, x, t)), "the residual without noise is not that of the continuity equation"


@points("1/5")
@hint("Inside, gradients have to be switched on: `with torch.enable_grad()`.")
def test_no_grad(grade: Grade) -> None:
    """It works where gradients are switched off."""
    p, A, x, t = case(grade.rng, 3)
    answer = tensor(grade.submission(residual, p, A, x, t, False), (5,), "the residual")
    assert near(answer, truth(p, A, x, t)), "the residual is not right under torch.no_grad()"
