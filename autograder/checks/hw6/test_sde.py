"""Hidden checks of hw6/sde: the Euler-Maruyama scheme and Langevin dynamics.

Oracle   The definition of one step, composed here for drifts and diffusions of state and time; for linear drifts the
         noise sent is one unit vector per chain, so that mean and variance of the scheme come out exactly: those of
         the linear recursion, and for Langevin dynamics v / (1 - eta / (4 v)) at rest.
Error    1e-12; 1e-6 is allowed.
Cost     0.1 s.
Rejects  every mistake in sde.mistakes.md.
"""

import math

import torch
from torch import Tensor

from autograder.checking import Grade, hint, points, probe, sequence, tensor

PROMISES = {
    "euler_maruyama": {
        "at all times ts (n + 1,): (n + 1, B, D)": "moments, one_step",
        "take the state (B, D) and a time, a tensor of shape ()": "one_step",
        "drift gives (B, D), diffusion anything that broadcasts to (B, D) and multiplies the noise elementwise": (
            "one_step"
        ),
        "Both are evaluated at the state and the time before the step": "one_step",
        "entry k for the step from ts[k] to ts[k + 1]": "one_step",
        "The steps need not be equally long": "one_step",
        "the times may fall: then the drift is followed backwards, and the noise still has the variance": "backwards",
        "Entry 0 of the result is x0.": "one_step",
    },
    "langevin": {
        "Chains of (unadjusted) Langevin dynamics from x0 (B, D): all their states, (n + 1, B, D).": "langevin_steps",
        "Each step adds (step_size / 2) score(x) + sqrt(step_size) eps": "langevin_steps, langevin_at_rest",
        "`score` takes x (B, D) to the gradient of log p (B, D)": "langevin_steps",
        "eps is an entry of the standard normal noise (n, B, D)": "langevin_steps",
        "Entry 0 of the result is x0.": "langevin_steps",
    },
}


@probe
def terms(a: float, b: float, c: float, wide: float) -> list:
    """A drift and a diffusion: 1 for one of every point's coordinates, 2 for all points' (D,), 3 for every point's
    (B, 1), 0 for one number."""

    def diffusion(x: object, t: object) -> object:
        if wide == 2:
            return c + t * torch.arange(x.shape[1]).to(x)
        if wide == 3:
            return c + t * torch.arange(len(x)).to(x)[:, None]
        return c + b * torch.cos(x) * t if wide else c + t**2

    return [lambda x, t: a * torch.sin(x + b * t) - torch.sin(t) * x, diffusion]


@probe
def path_of(student, settings: list, x0: Tensor, ts: Tensor, noise: Tensor) -> Tensor:
    return student.euler_maruyama(*terms(*settings), x0, ts, noise)


@probe
def linear_path(student, rate: float, g: float, x0: Tensor, ts: Tensor, noise: Tensor) -> Tensor:
    return student.euler_maruyama(lambda x, t: -rate * x, lambda x, t: g * torch.ones_like(x), x0, ts, noise)


@probe
def bent_score(a: float, b: float) -> object:
    return lambda x: -a * x**3 + torch.sin(b * x)


@probe
def chain_of(student, a: float, b: float, x0: Tensor, step_size: float, noise: Tensor) -> Tensor:
    return student.langevin(bent_score(a, b), x0, step_size, noise)


@probe
def axes(student, a: float, b: float, x0: Tensor, noise: Tensor) -> list:
    """How many axes x has, whenever the score is called."""
    found, score = [], bent_score(a, b)

    def counted(x: object) -> object:
        found.append(x.dim())
        return score(x)

    student.langevin(counted, x0, 0.1, noise)
    return found


@probe
def gaussian_chain(student, variance: float, x0: Tensor, step_size: float, noise: Tensor) -> Tensor:
    return student.langevin(lambda x: -x / variance, x0, step_size, noise)


def normal(rng: torch.Generator, *shape: int) -> Tensor:
    return torch.randn(shape, generator=rng, dtype=torch.float64)


def uniform(rng: torch.Generator, low: float, high: float) -> float:
    return low + (high - low) * torch.rand(1, generator=rng, dtype=torch.float64).item()


def times(rng: torch.Generator, n: int) -> Tensor:
    """Times from about 0.3 on, with steps between 0.05 and 0.3."""
    return uniform(rng, 0.2, 0.5) + (0.05 + 0.25 * torch.rand(n + 1, generator=rng, dtype=torch.float64)).cumsum(0)


def composed(settings: list, x0: Tensor, ts: Tensor, noise: Tensor) -> Tensor:
    """The definition, step by step."""
    a, b, c, wide = settings
    path = [x0]
    for k, eps in enumerate(noise):
        x, t, h = path[-1], ts[k].item(), (ts[k + 1] - ts[k]).item()
        drift = a * torch.sin(x + b * t) - math.sin(t) * x
        diffusion = c + b * torch.cos(x) * t if wide else c + t**2
        if wide == 2:
            diffusion = c + t * torch.arange(x.shape[1]).double()
        if wide == 3:
            diffusion = c + t * torch.arange(len(x)).double()[:, None]
        path.append(x + drift * h + diffusion * eps * abs(h) ** 0.5)
    return torch.stack(path)


def near(answer: Tensor, truth: Tensor) -> bool:
    return bool((answer - truth).abs().max() < 1e-6 * (1 + truth.abs().max()))


def units(n: int) -> Tensor:
    """Noise (n, n + 1, 1): chain 0 has none, chain i only in step i - 1, and there it is 1."""
    return torch.cat([torch.zeros(1, n), torch.eye(n)]).double().T[:, :, None].contiguous()


@points("1/5")
@hint("The increment of Brownian motion over a step of length h has the variance h.")
def test_moments(grade: Grade) -> None:
    """The mean and the variance of an Ornstein-Uhlenbeck process are those of the scheme."""
    n, rate, g, start = 60, uniform(grade.rng, 0.5, 1.5), uniform(grade.rng, 0.4, 0.9), uniform(grade.rng, 0.8, 1.6)
    h = uniform(grade.rng, 0.02, 0.06)
    x0, ts = torch.full((n + 1, 1), start, dtype=torch.float64), h * torch.arange(n + 1).double()
    path = tensor(grade.submission(linear_path, rate, g, x0, ts, units(n)), (n + 1, n + 1, 1), "the paths")
    factor = 1 - rate * h
    powers = torch.arange(n + 1).double()
    mean = path[:, 0, 0]
    variance = (path[:, 1:, 0] - mean[:, None]).square().sum(1)
    assert near(mean, start * factor**powers), "the mean of the paths is not right"
    truth = g**2 * h * (1 - factor ** (2 * powers)) / (1 - factor**2)
    assert near(variance, truth), "the variance of the paths is not right"


@points("1/5")
@hint("All on the right side belongs to the time before the step; noise[k] goes with the step that starts at ts[k].")
def test_one_step(grade: Grade) -> None:
    """Every step is the Euler-Maruyama step, for unequal times and for all shapes of a diffusion."""
    # As many points as coordinates too: a shape does not say then what an axis stands for.
    for wide, B in ((1, 4), (0, 4), (2, 4), (3, 4), (1, 3), (2, 3), (3, 3), (2, 1)):
        settings = [uniform(grade.rng, 0.5, 1.5), uniform(grade.rng, 0.5, 1.5), uniform(grade.rng, 0.8, 1.2), wide]
        x0, ts, noise = normal(grade.rng, B, 3), times(grade.rng, 5), normal(grade.rng, 5, B, 3)
        path = tensor(grade.submission(path_of, settings, x0, ts, noise), (6, B, 3), "the paths")
        assert torch.equal(path[0], x0), "entry 0 of the paths is not x0"
        assert near(path, composed(settings, x0, ts, noise)), "a step is not that of the scheme"


@points("1/10")
@hint("When the time falls, the step is negative; its square root is not a number.")
def test_backwards(grade: Grade) -> None:
    """With falling times the drift turns round, and the noise keeps its variance."""
    settings = [uniform(grade.rng, 0.5, 1.5), uniform(grade.rng, 0.5, 1.5), uniform(grade.rng, 0.8, 1.2), 1]
    x0, ts, noise = normal(grade.rng, 4, 3), times(grade.rng, 5).flip(0), normal(grade.rng, 5, 4, 3)
    path = tensor(grade.submission(path_of, settings, x0, ts, noise), (6, 4, 3), "the paths")
    assert near(path, composed(settings, x0, ts, noise)), "the paths are not right for falling times"


@points("1/4")
@hint("Half of step_size goes with the score, its square root with the noise.")
def test_langevin_steps(grade: Grade) -> None:
    """Every step of `langevin` adds (step_size / 2) score + sqrt(step_size) eps, and all states are kept."""
    a, b, eta = uniform(grade.rng, 0.2, 0.5), uniform(grade.rng, 0.5, 1.5), uniform(grade.rng, 0.05, 0.4)
    x0, noise = normal(grade.rng, 3, 2), normal(grade.rng, 6, 3, 2)
    path = tensor(grade.submission(chain_of, a, b, x0, eta, noise), (7, 3, 2), "the chains")
    assert torch.equal(path[0], x0), "entry 0 of the chains is not x0"
    truth = [x0]
    for eps in noise:
        x = truth[-1]
        truth.append(x + eta / 2 * (torch.sin(b * x) - a * x**3) + eta**0.5 * eps)
    assert near(path, torch.stack(truth)), "a step of langevin is not right"
    found = sequence(grade.submission(axes, a, b, x0, noise), None, "the calls of the score")
    assert set(found) == {2}, "the score takes x of shape (B, D), and is given one with other axes"

    steep = 1e-4 * (1 + torch.rand(1, generator=grade.rng).item())  # a Gaussian this narrow has scores of some 1e4
    answer = grade.submission(gaussian_chain, steep, x0, steep / 3, noise)
    path, x = tensor(answer, (7, 3, 2), "the chains"), x0
    for k, eps in enumerate(noise):
        x = x - x / 6 + (steep / 3) ** 0.5 * eps
        assert near(path[k + 1], x), "a step of langevin is not right where the score is large"


@points("1/4")
@hint("On N(0, v) a step multiplies by 1 - eta / (2 v) and adds the variance eta: where does this come to rest?")
def test_langevin_at_rest(grade: Grade) -> None:
    """On a Gaussian the chains come to rest at the variance that their step size implies, and at no other."""
    for share in (0.1, 0.5, 1.0):
        variance = uniform(grade.rng, 0.5, 2.0)
        eta, n = share * variance, 300
        x0 = torch.ones(n + 1, 1, dtype=torch.float64)
        path = tensor(grade.submission(gaussian_chain, variance, x0, eta, units(n)), (n + 1, n + 1, 1), "the chains")
        rest = (path[-1, 1:, 0] - path[-1, 0, 0]).square().sum().item()
        assert abs(rest - variance / (1 - eta / (4 * variance))) < 1e-4 * variance, "the variance at rest is not right"
