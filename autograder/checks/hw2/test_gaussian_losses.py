"""Hidden checks of hw2/gaussian_losses: the KL divergence of two Gaussians and the Gaussian negative log-likelihood.

Oracle   KL: the average under the first Gaussian of the difference of two log-densities of `torch.distributions`, a
         sum over 5 Gauss-Hermite nodes, exact because the difference is a quadratic. NLL: `torch.distributions`; and
         its exponential integrates to 1. Gradients: products with random cotangents, against central differences of
         the oracles.
Error    The oracles agree with the reference to 1e-10, the differences to 1e-7; 1e-4 is allowed (float32 inside).
Cost     0.05 s.
Rejects  every mistake in gaussian_losses.mistakes.md.
"""

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor
from torch.distributions import Normal

from autograder.checking import hint, points, probe, sequence, tensor
from autograder.judging.instruments import between, near, normal

PROMISES = {
    "gaussian_kl": {
        "KL(N(mean1, std1^2) || N(mean2, std2^2)) of univariate Gaussians, elementwise, in nats.": "kl",
        "Each Gaussian is given by its mean and the logarithm of its standard deviation.": "kl",
        "mean2 and log_std2 are tensors or numbers, by default the standard normal.": "kl_defaults",
        "The result has the shape to which all four broadcast: nothing is summed or averaged.": "kl",
        "It can be differentiated with respect to every tensor argument.": "gradients",
    },
    "gaussian_nll": {
        "-log N(x; mean, std^2) of univariate Gaussians, elementwise, in nats.": "nll",
        "log_std is the logarithm of the standard deviation.": "nll",
        "the result has the shape to which they broadcast: nothing is summed or averaged.": "nll",
        "No constant is left out: the values are densities that integrate to 1 over x.": "nll",
        "The result can be differentiated with respect to every argument.": "gradients",
    },
}


@probe
def divergence(student, arguments: list) -> Tensor:
    return student.gaussian_kl(*arguments)


@probe
def negative_log_likelihood(student, x: Tensor, mean: Tensor, log_std: Tensor) -> Tensor:
    return student.gaussian_nll(x, mean, log_std)


@probe
def pulled_back(student, name: str, arguments: list, cotangent: Tensor) -> list:
    """The gradients of the sum of the values times the cotangent; none where the values depend on nothing."""
    arguments = [argument.requires_grad_() for argument in arguments]
    values = getattr(student, name)(*arguments)
    if not torch.is_tensor(values) or values.shape != cotangent.shape or not values.requires_grad:
        return []
    return torch.autograd.grad((values * cotangent).sum(), arguments, materialize_grads=True)


def true_kl(mean1: Tensor, log_std1: Tensor, mean2: Tensor | float, log_std2: Tensor | float) -> Tensor:
    """The average of log N1 - log N2 under N1, by quadrature."""
    first = Normal(mean1, log_std1.exp())
    second = Normal(*(torch.as_tensor(part, dtype=torch.float64) for part in (mean2, np.exp(log_std2))))
    nodes, weights = np.polynomial.hermite_e.hermegauss(5)
    total = 0
    for node, weight in zip(nodes, weights / weights.sum(), strict=True):
        z = mean1 + first.stddev * node
        total = total + weight * (first.log_prob(z) - second.log_prob(z))
    return total


def far_log_stds(rng: torch.Generator) -> Tensor:
    """(6,) logarithms of standard deviations far below 1, then far above it."""
    return torch.cat([between(rng, -8, -7, 3), between(rng, 6, 7, 3)])


def true_nll(x: Tensor, mean: Tensor, log_std: Tensor) -> Tensor:
    return -Normal(mean, log_std.exp()).log_prob(x)


def slopes(f: Callable[..., Tensor], arguments: list[Tensor], cotangent: Tensor) -> list[Tensor]:
    """Derivatives of (f(arguments) * cotangent).sum() by central differences."""
    h, result = 1e-5, []
    for i, argument in enumerate(arguments):
        slope = torch.zeros_like(argument)
        for j in range(argument.numel()):
            ends = []
            for sign in (1, -1):
                moved = argument.clone()
                moved.view(-1)[j] += sign * h
                ends.append((f(*arguments[:i], moved, *arguments[i + 1 :]) * cotangent).sum())
            slope.view(-1)[j] = (ends[0] - ends[1]) / (2 * h)
        result.append(slope)
    return result


@points("3/10")
@hint("From the first Gaussian to the second; log_std is the logarithm of a standard deviation, not of a variance.")
def test_kl(grade):
    """`gaussian_kl` is KL(N1 || N2), elementwise, for all shapes that broadcast."""
    rng = grade.rng
    for shapes in (((6,),) * 4, ((3, 4), (3, 4), (4,), (3, 1)), ((2, 1), (2, 1), (5,), (1, 5)), ((),) * 4):
        arguments = [normal(rng, *shape) for shape in shapes]
        truth = true_kl(*arguments)
        answer = tensor(grade.submission(divergence, arguments), tuple(truth.shape), "the result of gaussian_kl")
        assert (answer > -1e-5).all(), "a KL divergence is negative"
        assert near(answer, truth), "gaussian_kl is not the KL divergence from the first Gaussian to the second"
    # Two narrow ones near each other, two wide ones.
    log_std1, log_std2 = far_log_stds(rng), far_log_stds(rng)
    mean1, mean2 = normal(rng, 6) * log_std1.exp(), normal(rng, 6) * log_std2.exp()
    answer = tensor(grade.submission(divergence, [mean1, log_std1, mean2, log_std2]), (6,), "the result of gaussian_kl")
    assert near(answer, true_kl(mean1, log_std1, mean2, log_std2)), (
        "gaussian_kl is not right for very narrow or very wide Gaussians"
    )


@points("1/10")
@hint("Without its last two arguments, gaussian_kl measures the distance to the standard normal.")
def test_kl_defaults(grade):
    """Left out, the second Gaussian is standard normal; it may be two numbers; KL(q || q) is zero."""
    rng = grade.rng
    mean, log_std = normal(rng, 4, 3), normal(rng, 4, 3)
    number1, number2 = normal(rng, 2).tolist()
    for rest in ([], [number1], [number1, number2]):
        truth = true_kl(mean, log_std, *rest, *[0.0] * (2 - len(rest)))
        answer = grade.submission(divergence, [mean, log_std, *rest])
        answer = tensor(answer, (4, 3), "the result of gaussian_kl for the default or for numbers")
        assert near(answer, truth), "gaussian_kl is not right when the second Gaussian is left out or given by numbers"
    for rest in ([normal(rng, 4, 3)], [normal(rng, 3), number2], [number1, normal(rng, 4, 1)]):
        truth = true_kl(mean, log_std, *rest, *[0.0] * (2 - len(rest)))
        answer = grade.submission(divergence, [mean, log_std, *rest])
        answer = tensor(answer, (4, 3), "the result of gaussian_kl for a tensor and a number")
        assert near(answer, truth), "gaussian_kl is not right when one of mean2 and log_std2 is a tensor, one a number"
    answer = tensor(grade.submission(divergence, [mean, log_std, mean, log_std]), (4, 3), "KL(q || q)")
    assert answer.abs().max() < 1e-5, "KL(q || q) is not zero"


@points("3/10")
@hint("Minus the logarithm of the whole normal density, constant included; nothing is summed.")
def test_nll(grade):
    """`gaussian_nll` is minus the log-density, elementwise; the density integrates to 1."""
    rng = grade.rng
    for shapes in (((5, 3),) * 3, ((5, 3), (5, 3), (3,)), ((4, 1, 2), (3, 1), (2,)), ((),) * 3):
        arguments = [normal(rng, *shape) for shape in shapes]
        truth = true_nll(*arguments)
        answer = grade.submission(negative_log_likelihood, *arguments)
        answer = tensor(answer, tuple(truth.shape), "the result of gaussian_nll")
        assert near(answer, truth), "gaussian_nll is not minus the log-density of the Gaussian"
    log_std = far_log_stds(rng)
    mean, x = normal(rng, 6) * log_std.exp(), normal(rng, 5, 6) * log_std.exp()
    answer = tensor(grade.submission(negative_log_likelihood, x, mean, log_std), (5, 6), "the result of gaussian_nll")
    assert near(answer, true_nll(x, mean, log_std)), "gaussian_nll is not right for very narrow or very wide Gaussians"
    mean, log_std = normal(rng, 3), 0.5 * normal(rng, 3).tanh()
    x = torch.linspace(-20, 20, 2001, dtype=torch.float64)[:, None]
    answer = tensor(
        grade.submission(negative_log_likelihood, x, mean, log_std), (2001, 3), "the result of gaussian_nll"
    )
    assert ((-answer).exp().sum(0) * 0.02 - 1).abs().max() < 1e-3, (
        "the density behind gaussian_nll does not integrate to 1"
    )


@points("3/10")
@hint("Stay with torch operations on the arguments as they are: no NumPy, no detach, no item().")
def test_gradients(grade):
    """Both can be trained through: the gradients with respect to every argument are right."""
    rng = grade.rng
    for name, truth, shapes in (
        ("gaussian_kl", true_kl, ((3, 2), (3, 2), (2,), (3, 1))),
        ("gaussian_nll", true_nll, ((3, 2), (3, 2), (2,))),
    ):
        arguments, cotangent = [0.7 * normal(rng, *shape) for shape in shapes], normal(rng, 3, 2)
        answer = grade.submission(pulled_back, name, arguments, cotangent)
        assert answer != [], f"no gradient flows through {name}, or its result has the wrong shape"
        answer = sequence(answer, len(shapes), f"the gradients of {name}")
        for slope, expected in zip(answer, slopes(truth, arguments, cotangent), strict=True):
            slope = tensor(slope, tuple(expected.shape), f"a gradient of {name}")
            assert near(slope, expected), f"a gradient of {name} is not right"
