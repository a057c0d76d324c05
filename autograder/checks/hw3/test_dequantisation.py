"""Hidden checks of hw3/dequantisation: pixels as real numbers, bits, and two bounds on the mass of a cell.

Oracle   For the logit: its inverse in Python's own arithmetic, and central differences of that. For the bounds:
         densities of which the judge knows the mass of every cell and the mean logarithm over it in closed form.
Forging  Noise and points are random; the bounds are asked for several K and D.
Error    1e-9; 1e-5 is allowed.
Cost     0.1 s.
"""

import math

import torch
from torch import Tensor
from torch.distributions import Normal

from autograder.checking import Grade, hint, points, probe, sequence, tensor
from autograder.judging import instruments
from autograder.judging.instruments import between, normal

PROMISES = {
    "to_logits": {
        "Pixels x (B, D), whole numbers from 0 to levels - 1, as real numbers y (B, D), and log |det dy/d(x +"
        " u)| (B,)": "to_logits",
        "With uniform noise u (B, D) in [0, 1): v = (x + u) / levels lies in [0, 1)": "to_logits",
        "p = alpha + (1 - 2 alpha) v away from 0 and 1, and y = log p - log(1 - p)": "to_logits",
        "The log-determinant belongs to the whole map from x + u to y": "to_logits",
    },
    "from_logits": {
        "The pixels x (B, D) from which `to_logits` made y, whatever the noise was": "from_logits",
        "whole numbers in the dtype of y": "from_logits",
        "Only next to 0 and 1 may rounding put the noise into a neighbouring pixel": "from_logits",
        "A y that no pixel could have become gives the nearest level, 0 or levels - 1": "from_logits",
    },
    "bits_per_dim": {
        "-log2 P(x) per dimension, for log P(x) in nats (any shape) of an x with D dimensions: the same "
        "shape, in bits": "bits",
    },
    "uniform_bound": {
        "An estimate (B,) of the lower bound E_u[log p(x + u)] on log P(x), in nats": "uniform_bound",
        "x (B, D) holds whole numbers, u (K, B, D) K draws of the noise for each x": "uniform_bound",
        "`log_density` takes any rows (n, D) to log p (n,)": "uniform_bound",
        "The estimate is the mean over the K draws": "uniform_bound",
        "Gradients reach the parameters of the density": "uniform_bound",
    },
    "importance_bound": {
        "Arguments as in `uniform_bound`": "importance_bound",
        "The tighter bound (B,) on log P(x) from K noises at once: the logarithm of the mean of the K "
        "densities, in nats": "importance_bound",
        "It stays finite where the densities are too small or too large for a floating-point "
        "number": "importance_bound",
        "gradients pass as well": "importance_bound",
        "On a fine, even grid of u in place of the draws it is log P(x) itself": "importance_bound",
    },
}


@probe
def logits_of(student, x, u, settings):
    return student.to_logits(x, u, *settings)


@probe
def pixels_of(student, y, settings):
    pixels = student.from_logits(y, *settings)
    return pixels, pixels.dtype == y.dtype


@probe
def bits_of(student, log_prob, D):
    return student.bits_per_dim(log_prob, D)


@probe
def density_of(mean, std, offset):
    """Independent Gaussians, times a constant: (n, D) -> (n,)."""

    def log_density(y):
        each = -0.5 * ((y - mean) / std) ** 2 - torch.log(std) - 0.5 * math.log(2 * math.pi)
        return each.sum(1) + offset

    return log_density


@probe
def bounds_of(student, name, density, x, u):
    with torch.no_grad():
        return getattr(student, name)(density_of(*density), x, u)


@probe
def bound_products(student, name, density, x, u, cotangent):
    """The product of the cotangent with the Jacobian of a bound in mean and std."""
    mean, std = density[0].clone().requires_grad_(), density[1].clone().requires_grad_()
    bound = getattr(student, name)(density_of(mean, std, density[2]), x, u)
    total = (bound * cotangent).sum() + 0.0 * (mean.sum() + std.sum())
    return list(torch.autograd.grad(total, [mean, std]))


def near(answer: Tensor, truth: Tensor, tolerance: float = 1e-5) -> bool:
    return instruments.near(answer, truth, tolerance)


SETTINGS = ([17], [256, 0.01], [2, 0.2])


def squeezed(x: Tensor, levels: int, alpha: float = 0.05) -> Tensor:
    """p of the docstring, from x + u."""
    return alpha + (1 - 2 * alpha) * x / levels


def grade_bound(grade: Grade, name: str, density: list, x: Tensor, u: Tensor) -> Tensor:
    return tensor(grade.submission(bounds_of, name, density, x, u), (len(x),), f"the result of {name}")


def judge_gradient(grade: Grade, name: str, density: list, x: Tensor, u: Tensor, truth: Tensor, sources: list) -> None:
    """Compare products of the Jacobian with a cotangent that is drawn now with those of `truth`."""
    cotangent = normal(grade.rng, len(x))
    answer = sequence(grade.submission(bound_products, name, density, x, u, cotangent), 2, "the gradients")
    for found, true in zip(answer, torch.autograd.grad((truth * cotangent).sum(), sources), strict=True):
        assert near(tensor(found, tuple(true.shape), "a gradient"), true), f"the gradient of {name} is not right"


@points("3/10")
@hint("Three maps, one after the other: divide by the levels, squeeze by 1 - 2 alpha, take the logit.")
def test_to_logits(grade):
    """`to_logits` gives the logit of the squeezed pixel, and the log-determinant of the whole way."""
    rng = grade.rng
    for settings, B, D in zip(SETTINGS, (4, 1, 3), (3, 5, 1), strict=True):
        x, u = torch.floor(settings[0] * between(rng, 0, 1, B, D)), between(rng, 0, 1, B, D)
        x[0, 0], u[0, 0] = settings[0] - 1, 0.0
        answer = sequence(
            grade.submission(logits_of, x.long() if B == 1 else x, u, settings), 2, "what to_logits returns"
        )
        y, log_det = tensor(answer[0], (B, D), "y of to_logits"), tensor(answer[1], (B,), "its log-determinant")
        truth = torch.tensor([math.log(p / (1 - p)) for p in squeezed(x + u, *settings).flatten().tolist()])
        assert near(y.flatten(), truth.double()), "y is not the logit of the squeezed pixel"
        h = 1e-6
        up, down = (torch.logit(squeezed(x + u + sign * h, *settings)) for sign in (1, -1))
        slope = ((up - down) / (2 * h)).log().sum(1)
        assert near(log_det, slope), "the log-determinant is not that of the whole map from x + u to y"


@points("1/5")
@hint("Undo the three maps in reverse order; the noise disappears when you round down.")
def test_from_logits(grade):
    """`from_logits` gives back the pixels, and a level for every number."""
    rng = grade.rng
    for settings in SETTINGS:
        levels = settings[0]
        x = torch.floor(levels * between(rng, 0, 1, 40, 3))
        x[0, 0], x[0, 1] = 0, levels - 1
        y = torch.logit(squeezed(x + 0.005 + 0.99 * between(rng, 0, 1, 40, 3), *settings))
        for dtype in (torch.float64, torch.float32):
            pixels, same = sequence(grade.submission(pixels_of, y.to(dtype), settings), 2, "the answer")
            pixels = tensor(pixels, (40, 3), "the result of from_logits")
            assert (pixels == x).all(), "from_logits does not give back the pixels"
            assert same is True, "from_logits does not keep the dtype of y"
        extreme = torch.tensor([[-30.0, 30.0]], dtype=torch.float64)
        pixels = tensor(grade.submission(pixels_of, extreme, settings)[0], (1, 2), "the result of from_logits")
        assert pixels.tolist() == [[0, levels - 1]], "a y beyond all pixels does not give the nearest level"


@points("1/10")
@hint("A fair coin costs 1 bit, which is log 2 nats.")
def test_bits(grade):
    """`bits_per_dim` changes the unit, the sign, and shares among the dimensions."""
    for shape, D in (((), 1), ((4,), 196), ((2, 3), 5)):
        log_prob = -D * 3 * torch.rand(shape, generator=grade.rng, dtype=torch.float64)
        answer = tensor(grade.submission(bits_of, log_prob, D), shape, "the result of bits_per_dim")
        truth = torch.tensor([-v / math.log(2) / D for v in log_prob.flatten().tolist()]).double().view(shape)
        assert near(answer, truth), "bits_per_dim is not right"


def density(rng: torch.Generator, D: int, offset: float = 0.0) -> list:
    return [2 * between(rng, 0, 1, D) + 0.5, 0.6 + 0.8 * between(rng, 0, 1, D), offset]


def cells(rng: torch.Generator, B: int, D: int) -> Tensor:
    return torch.floor(4 * between(rng, 0, 1, B, D))


@points("1/5")
@hint("The logarithm first, then the mean over the K draws.")
def test_uniform_bound(grade):
    """`uniform_bound` is the mean logarithm of the density over the draws."""
    rng = grade.rng
    for K, B, D in ((1, 3, 2), (6, 1, 3), (5, 4, 1)):
        p, x, u = density(rng, D), cells(rng, B, D), between(rng, 0, 1, K, B, D)
        answer = grade_bound(grade, "uniform_bound", p, x, u)
        mean, std = p[0].clone().requires_grad_(), p[1].clone().requires_grad_()
        truth = sum(Normal(mean, std).log_prob(x + u[k]).sum(1) for k in range(K)) / K
        assert near(answer, truth.detach()), "uniform_bound is not the mean over the draws of log p(x + u)"
        judge_gradient(grade, "uniform_bound", p, x, u, truth, [mean, std])
    p, x, n = density(rng, 1), cells(rng, 3, 1), 2000
    grid = ((torch.arange(n, dtype=torch.float64) + 0.5) / n).view(n, 1, 1).expand(n, 3, 1)
    answer = grade_bound(grade, "uniform_bound", p, x, grid[torch.randperm(n, generator=rng)])
    near_mean = ((x - p[0]) ** 2 + (x - p[0]) + 1 / 3)[:, 0]  # the mean of (x + u - mean)^2 over the cell
    truth = -near_mean / (2 * p[1] ** 2) - p[1].log() - 0.5 * math.log(2 * math.pi)
    assert near(answer, truth), "on an even grid uniform_bound is not the mean logarithm over the cell"


@points("1/5")
@hint("logsumexp over the draws, and do not forget that it was a mean.")
def test_importance_bound(grade):
    """`importance_bound` is the logarithm of the mean density, also for tiny and huge ones."""
    rng, n = grade.rng, 2000
    for K, B, D, offset in ((1, 3, 2, 0.0), (6, 1, 3, -3000.0), (5, 4, 1, 3000.0)):
        p, x, u = density(rng, D, offset), cells(rng, B, D), between(rng, 0, 1, K, B, D)
        x[: B - 1] += 60  # far out: next to the last row these densities are too small
        answer = grade_bound(grade, "importance_bound", p, x, u)
        mean, std = p[0].clone().requires_grad_(), p[1].clone().requires_grad_()
        each = torch.stack([Normal(mean, std).log_prob(x + u[k]).sum(1) for k in range(K)])
        largest = each.detach().max(0).values  # of every row by itself
        truth = (each - largest).exp().mean(0).log() + largest
        assert near(answer, truth.detach() + offset, 1e-8), "importance_bound is not the logarithm of the mean density"
        judge_gradient(grade, "importance_bound", p, x, u, truth, [mean, std])
    p, x = density(rng, 1), cells(rng, 3, 1)
    grid = ((torch.arange(n, dtype=torch.float64) + 0.5) / n).view(n, 1, 1).expand(n, 3, 1)
    answer = grade_bound(grade, "importance_bound", p, x, grid[torch.randperm(n, generator=rng)])
    law = Normal(p[0], p[1])
    truth = (law.cdf(x + 1) - law.cdf(x)).log()[:, 0]
    assert near(answer, truth), "on an even grid importance_bound is not log P(x)"
