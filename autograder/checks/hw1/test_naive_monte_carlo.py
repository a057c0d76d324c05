"""Hidden checks of hw1/naive_monte_carlo: log p(x) of a latent-variable model by averaging over draws from the prior.

Oracle   Values: torch.distributions and a sum of exponentials around the largest, in float64, from the same z. The
         decoder is the probe's own and is computed a second time here. Unbiasedness: a linear-Gaussian model, whose
         p(x) is a multivariate normal density; the mean of 4000 estimates must lie within 5 standard errors of it.
Error    Values agree to 1e-12; 1e-5 of the value is allowed, 1e-4 where log p(x) is far below the range of exp.
Cost     0.1 s.
Rejects  every mistake in naive_monte_carlo.mistakes.md.
"""

import math

import torch
from torch import Tensor
from torch.distributions import MultivariateNormal, Normal

from autograder.checking import Grade, hint, points, probe, tensor
from autograder.judging.instruments import normal

PROMISES = {
    "naive_log_px": {
        "Logarithm of the Monte Carlo estimate of p(x) with K draws per data point: (B,), in nats.": "value",
        "x (B, D) data; z (K, B, d) draws from the prior, column z[:, i] for the point x[i].": "value",
        "std a positive tensor of shape () or any that broadcasts to it.": "std_of_any_shape",
        "The estimate of p(x[i]) is the mean of p(x[i] | z[k, i]) over k; it is unbiased for p(x[i])": (
            "value, unbiased"
        ),
        "The result must be finite even where every p(x | z) is far too small for a floating-point number.": "far_away",
    },
}


@probe
def decoder(weight: Tensor, bias: Tensor, std: Tensor, kind: str, bent: bool) -> object:
    """z (..., d) -> mean (..., D) and std, which is fixed, or has the mean's shape, or depends on z."""

    def decode(z):
        mean = z @ weight.T + bias
        mean = mean + torch.sin(2 * mean) if bent else mean
        stds = {
            "fixed": std,
            "spread out": std.expand(mean.shape),
            "per draw": std * (1.5 + torch.cos(z.sum(-1, keepdim=True))),
            "per coordinate": std * (1.5 + torch.cos(mean)),
        }
        return mean, stds[kind]

    return decode


@probe
def estimate(student, x: Tensor, parameters: list, z: Tensor) -> Tensor:
    """log p(x) of every data point: (B,)."""
    return student.naive_log_px(x, decoder(*parameters), z)


def model(rng: torch.Generator, K: int, B: int, D: int, d: int) -> tuple:
    """x, weight, bias and z of a random model."""
    return normal(rng, B, D), normal(rng, D, d), normal(rng, D), normal(rng, K, B, d)


def decoded(z: Tensor, weight: Tensor, bias: Tensor, std: Tensor, kind: str, bent: bool) -> tuple[Tensor, Tensor]:
    """What the probe's decoder gives for z, computed in another way; std has the mean's shape."""
    linear = torch.einsum("kbj,ij->kbi", z, weight) + bias
    mean = linear + 2 * torch.sin(linear) * torch.cos(linear) if bent else linear
    angle = {"per draw": z.sum(2, keepdim=True), "per coordinate": mean}
    scale = 1.5 + torch.cos(angle[kind]) if kind in angle else torch.ones(1, dtype=z.dtype)
    return mean, (std * scale).expand_as(mean)


def true_estimate(x: Tensor, parameters: list, z: Tensor) -> Tensor:
    """The logarithm of the mean of p(x | z) over the draws, one data point after the other."""
    mean, std = decoded(z, *parameters)
    log_p = Normal(mean, std).log_prob(x.expand_as(mean))
    result = []
    for b in range(x.shape[0]):
        terms = [math.fsum(row) for row in log_p[:, b].tolist()]
        top = max(terms)
        result.append(top + math.log(math.fsum(math.exp(term - top) for term in terms) / len(terms)))
    return torch.tensor(result, dtype=torch.float64)


def compare(grade: Grade, x: Tensor, parameters: list, z: Tensor, message: str) -> None:
    """Fail with the message unless the submission's value is right."""
    answer = tensor(grade.submission(estimate, x, parameters, z), (len(x),), "log p(x)")
    truth = true_estimate(x, parameters, z)
    assert ((answer - truth).abs() <= 1e-5 * truth.abs().clamp(min=1)).all(), message


@points("2/5")
@hint("Average probabilities over the draws, not logarithms; sum log densities over the D coordinates.")
def test_value(grade):
    """The estimate is the logarithm of the mean of p(x | z) over the K draws."""
    for K, B, D, d in ((7, 5, 3, 2), (4, 1, 2, 5), (1, 6, 4, 1), (50, 2, 1, 3)):
        x, weight, bias, z = model(grade.rng, K, B, D, d)
        std = 0.5 + torch.rand(D, generator=grade.rng, dtype=torch.float64)
        message = "the estimate of log p(x) from the given draws is not right"
        compare(
            grade,
            x,
            [weight, bias, std, "per coordinate", True],
            z,
            message + (", already for one draw" if K == 1 else ""),
        )


@points("1/5")
@hint("Every coordinate of x has its own -log std, also when one number stands for all of them.")
def test_std_of_any_shape(grade):
    """The decoder's std may be one number for all coordinates, or any shape that broadcasts to the mean."""
    # With one draw the average over draws, which test_value judges, plays no part.
    K, B, D, d = 1, 4, 5, 2
    for shape, kind in (((), "fixed"), ((D,), "fixed"), ((), "per draw"), ((B, D), "fixed"), ((1, 1, 1), "fixed")):
        x, weight, bias, z = model(grade.rng, K, B, D, d)
        std = 0.6 + 1.5 * torch.rand(shape, generator=grade.rng, dtype=torch.float64)
        parameters = [weight, bias, std, kind, True]
        compare(grade, x, parameters, z, "the estimate is not right when std has fewer entries than the mean")


@points("1/5")
@hint("The logarithm of the estimate is biased; the estimate of p(x) itself must not be.")
def test_unbiased(grade):
    """The mean of many estimates of p(x) is p(x), in a linear-Gaussian model where p(x) is known."""
    K, R, D, d = 3, 4000, 2, 2
    weight, bias = 0.7 * normal(grade.rng, D, d), normal(grade.rng, D)
    std = 0.8 + 0.4 * torch.rand((), generator=grade.rng, dtype=torch.float64)
    exact = MultivariateNormal(bias, weight @ weight.T + std**2 * torch.eye(D, dtype=torch.float64))
    point = bias + 0.5 * normal(grade.rng, D)
    x, z = point.repeat(R, 1), normal(grade.rng, K, R, d)
    parameters = [weight, bias, std, "spread out", False]
    answer = tensor(grade.submission(estimate, x, parameters, z), (R,), "log p(x)").exp()
    error = (answer.mean() - exact.log_prob(point).exp()).abs()
    assert error <= 5 * answer.std() / math.sqrt(R), "the mean of many estimates of p(x) is not p(x)"
    # A constant has no standard error to hide behind, and an estimate must depend on its draws.
    spread = true_estimate(x, parameters, z).exp().std()
    assert 0.5 * spread < answer.std() < 2 * spread, "estimates from different draws do not vary as they should"


@points("1/5")
@hint("exp(-1000) is zero in floating-point numbers. Subtract the largest logarithm before the exponential.")
def test_far_away(grade):
    """The estimate is finite and right where every p(x | z) underflows, and where densities overflow."""
    for K, D, scale, distance in ((5, 3, 0.05, 3.0), (8, 900, 1.0, 1.0), (4, 700, 0.01, 0.0)):
        x, weight, bias, z = model(grade.rng, K, 3, D, 2)
        weight = 0.01 * scale * weight
        std = scale * (0.9 + 0.2 * torch.rand(D, generator=grade.rng, dtype=torch.float64))
        x = bias + (distance + scale) * (x + 0.5 * x.sign())
        parameters = [weight, bias, std, "spread out", False]
        compare(grade, x, parameters, z, "the estimate is not right where p(x | z) leaves the range of exp")
