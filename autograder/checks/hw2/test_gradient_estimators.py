"""Hidden checks of hw2/gradient_estimators: the reparametrisation and the score-function gradient, draw by draw.

Oracle   The noise sent is the nodes of a quadrature rule, and the judge weights the rows that come back: averages and
         variances over eps are exact, not statistical. Polynomials and a sine have expectations in closed form, and so
         their gradients; for a step function P(z > c) is the normal distribution function. At mean = std = 1 and
         f(z) = z^2 the variances are 4 and 30.
Error    The quadratures agree with the closed forms to 1e-9 (the midpoint rule at a jump to 1e-5); 1e-4 is allowed.
Cost     0.05 s.
Rejects  every mistake in gradient_estimators.mistakes.md.
"""

import math

import torch
from torch import Tensor

from autograder.checking import Grade, hint, points, probe, sequence, tensor
from autograder.judging.instruments import gauss_hermite, near_max, uniform

PROMISES = {
    "grad_reparam": {
        "Reparametrisation estimates of the gradient of E[f(z)], z ~ N(mean, exp(log_std)^2): (n, 2), one row": (
            "reparametrisation_is_unbiased, single_draws"
        ),
        "mean and log_std are tensors of shape (); eps (n,) is standard normal noise, the only randomness.": (
            "reparametrisation_is_unbiased"
        ),
        "`f` is made of torch operations and acts elementwise": "reparametrisation_is_unbiased",
        "Row i holds the derivatives with respect to mean and to log_std that draw i alone gives; their average": (
            "single_draws"
        ),
        "Nothing is averaged here.": "single_draws",
    },
    "grad_score": {
        "Score-function estimates of the gradient of E[f(z)], z ~ N(mean, exp(log_std)^2): (n, 2), one row per": (
            "score_is_unbiased, single_draws"
        ),
        "`f` is used for its values only: it may have jumps, and it need not be differentiable.": "jumps",
        "`baseline` is a number subtracted from every value of f.": "baseline",
        "Row i holds the derivatives with respect to mean and to log_std that draw i alone gives.": "single_draws",
        "Nothing is averaged here.": "single_draws",
    },
}


@probe
def bent(cubic: float, square: float, wave: float, frequency: float, constant: float) -> object:
    """A differentiable function of z, elementwise."""
    return lambda z: cubic * z**3 + square * z**2 + wave * torch.sin(frequency * z) + constant


@probe
def straight(slope: float, constant: float) -> object:
    """A straight line, elementwise."""
    return lambda z: slope * z + constant


@probe
def pathwise_of_lines(student, line: list, mean: Tensor, log_std: Tensor, eps: Tensor) -> Tensor:
    return student.grad_reparam(straight(*line), mean, log_std, eps)


@probe
def pathwise(student, f: list, mean: Tensor, log_std: Tensor, eps: Tensor) -> Tensor:
    return student.grad_reparam(bent(*f), mean, log_std, eps)


@probe
def by_score(student, f: list, mean: Tensor, log_std: Tensor, eps: Tensor, baselines: list) -> list:
    """The score-function estimates without a baseline, and for every baseline."""
    rows = [student.grad_score(bent(*f), mean, log_std, eps)]
    return rows + [student.grad_score(bent(*f), mean, log_std, eps, baseline=baseline) for baseline in baselines]


@probe
def by_score_of_values(student, f: list, mean: Tensor, log_std: Tensor, eps: Tensor) -> Tensor:
    """The same for a function that shows its values and no slope to follow."""
    return student.grad_score(lambda z: bent(*f)(z.detach()), mean, log_std, eps)


@probe
def by_score_of_steps(student, height: float, place: float, mean: Tensor, log_std: Tensor, eps: Tensor) -> Tensor:
    """The same for a function that jumps: its derivative is zero wherever it exists."""
    return student.grad_score(lambda z: height * (z > place).to(z.dtype), mean, log_std, eps)


def random_case(rng: torch.Generator) -> tuple[list, float, float]:
    """A function, a mean and a log_std; std is well away from 1, to either side."""
    f = [uniform(rng, 0.3, 1), uniform(rng, -1.5, -0.5), uniform(rng, 0.5, 1.5), uniform(rng, 1, 2), uniform(rng, 1, 3)]
    sides = ((-1.5, -0.3), (0.3, 1.5)), ((-0.8, -0.25), (0.2, 0.5))
    return f, *(uniform(rng, *side[int(uniform(rng, 0, 2))]) for side in sides)


def scalar(value: float) -> Tensor:
    return torch.tensor(value, dtype=torch.float64)


def true_gradient(f: list, mean: float, log_std: float) -> Tensor:
    """Derivatives of cubic E[z^3] + square E[z^2] + wave E[sin(frequency z)], all known for a Gaussian."""
    cubic, square, wave, frequency, _ = f
    variance = math.exp(2 * log_std)
    damping = wave * math.exp(-(frequency**2) * variance / 2)
    by_mean = 3 * cubic * (mean**2 + variance) + 2 * square * mean + damping * frequency * math.cos(frequency * mean)
    by_variance = 3 * cubic * mean + square - damping * frequency**2 / 2 * math.sin(frequency * mean)
    return torch.tensor([by_mean, 2 * variance * by_variance], dtype=torch.float64)


def belongs(rows: Tensor, eps: Tensor, log_std: float, name: str) -> bool:
    """Whether the two columns of every row are in the ratio that its draw says, whatever f is."""
    std = math.exp(log_std)
    ratio = (std * eps, torch.ones_like(eps)) if name == "grad_reparam" else (std * (eps**2 - 1), eps)
    return near_max(rows[:, 1] * ratio[1], rows[:, 0] * ratio[0])


def moments(rows: Tensor, weights: Tensor) -> tuple[Tensor, Tensor]:
    mean = weights @ rows
    return mean, weights @ (rows - mean) ** 2


def pathwise_rows(grade: Grade, f: list, mean: float, log_std: float, eps: Tensor) -> Tensor:
    answer = grade.submission(pathwise, f, scalar(mean), scalar(log_std), eps)
    return tensor(answer, (len(eps), 2), "the result of grad_reparam")


def score_rows(grade: Grade, f: list, mean: float, log_std: float, eps: Tensor, *baselines: float) -> list[Tensor]:
    answer = grade.submission(by_score, f, scalar(mean), scalar(log_std), eps, list(baselines))
    answer = sequence(answer, 1 + len(baselines), "the results of grad_score")
    return [tensor(rows, (len(eps), 2), "the result of grad_score") for rows in answer]


@points("1/5")
@hint("z moves with mean and with log_std, for a fixed eps; f has a slope at z: the chain rule.")
def test_reparametrisation_is_unbiased(grade):
    """Averaged over eps, `grad_reparam` is the gradient of E[f(z)] in mean and in log_std."""
    eps, weights = gauss_hermite(60)
    for _ in range(4):
        f, mean, log_std = random_case(grade.rng)
        # Along a straight line every draw has the same slope; an estimator that is unbiased in another way varies.
        line = [f[0] + 1, f[4]]
        rows = grade.submission(pathwise_of_lines, line, scalar(mean), scalar(log_std), eps)
        rows = tensor(rows, (len(eps), 2), "the result of grad_reparam")
        assert near_max(rows[:, 0], torch.full_like(eps, line[0])), "grad_reparam does not follow the slope of f"
        average, truth = weights @ pathwise_rows(grade, f, mean, log_std, eps), true_gradient(f, mean, log_std)
        assert near_max(average[0], truth[0]), "the average of column 0 is not the derivative with respect to mean"
        assert near_max(average[1], truth[1]), "the average of column 1 is not the derivative with respect to log_std"
    # A narrow Gaussian and a fast wave, whose slope is known at every draw.
    wave, mean, log_std = uniform(grade.rng, 0.5, 1.5), uniform(grade.rng, -1, 1), uniform(grade.rng, -6.2, -5.8)
    draws = torch.randn(9, generator=grade.rng, dtype=torch.float64)
    rows = pathwise_rows(grade, [0.0, 0.0, wave, 100.0, 0.0], mean, log_std, draws)
    moved = math.exp(log_std) * draws
    slope = 100 * wave * torch.cos(100 * (mean + moved))
    assert near_max(rows[:, 0], slope), "grad_reparam does not follow the slope of a wave"
    assert near_max(rows[:, 1], slope * moved), "column 1 of grad_reparam is not right for a narrow Gaussian"


@points("1/5")
@hint("f(z) times the derivatives of log q(z) at a fixed z, with respect to mean and to log_std.")
def test_score_is_unbiased(grade):
    """Averaged over eps, `grad_score` is the gradient of E[f(z)] in mean and in log_std."""
    eps, weights = gauss_hermite(60)
    for _ in range(4):
        f, mean, log_std = random_case(grade.rng)
        (rows,), truth = score_rows(grade, f, mean, log_std, eps), true_gradient(f, mean, log_std)
        blind = grade.submission(by_score_of_values, f, scalar(mean), scalar(log_std), eps)
        blind = tensor(blind, (len(eps), 2), "the result of grad_score")
        assert near_max(blind, rows), "grad_score uses more of f than its values"
        average = weights @ rows
        assert near_max(average[0], truth[0]), "the average of column 0 is not the derivative with respect to mean"
        assert near_max(average[1], truth[1]), "the average of column 1 is not the derivative with respect to log_std"


@points("1/5")
@hint("The score-function estimator never needs the slope of f, only its values.")
def test_jumps(grade):
    """`grad_score` works for an f with jumps, where there is no slope to follow."""
    n, width = 3001, 0.006
    for _ in range(3):
        _, mean, log_std = random_case(grade.rng)
        height, jump, std = uniform(grade.rng, 1, 3), uniform(grade.rng, -1, 1), math.exp(log_std)
        # The jump lies midway between two nodes: then the midpoint rule is as good as for a smooth function.
        eps = jump + width * (torch.arange(n, dtype=torch.float64) - n // 2 + 0.5)
        weights = torch.exp(-(eps**2) / 2) * width / math.sqrt(2 * math.pi)
        place = mean + std * jump
        answer = grade.submission(by_score_of_steps, height, place, scalar(mean), scalar(log_std), eps)
        average = weights @ tensor(answer, (n, 2), "the result of grad_score for a step function")
        slope = height * math.exp(-(jump**2) / 2) / math.sqrt(2 * math.pi)
        assert near_max(average, torch.tensor([slope / std, slope * jump], dtype=torch.float64)), (
            "grad_score is not right for a step function"
        )


@points("1/5")
@hint("The baseline is taken off every value of f, before the score. The score has mean zero: the average stays.")
def test_baseline(grade):
    """A constant baseline b gives the estimates for f - b: the same average, another variance."""
    eps, weights = gauss_hermite(60)
    for _ in range(3):
        f, mean, log_std = random_case(grade.rng)
        baselines = uniform(grade.rng, 0.7, 3), uniform(grade.rng, -3, -0.7)
        # That the averages are right is for `test_score_is_unbiased` to judge; here they must stay the same in mean.
        plain, *others = score_rows(grade, f, mean, log_std, eps, *baselines)
        assert belongs(plain, eps, log_std, "grad_score"), "a row of grad_score does not belong to its draw"
        # The same value at the mean, other values elsewhere: who asks f at the mean alone does not notice.
        wave = f[2] * math.sin(f[3] * mean)
        (other,) = score_rows(grade, [*f[:2], 0.0, *f[3:-1], f[-1] + wave], mean, log_std, eps)
        assert (plain - other).abs().max() > 1e-3, "grad_score does not ask f at the draws"
        for rows, baseline in zip(others, baselines, strict=True):
            (lowered,) = score_rows(grade, [*f[:-1], f[-1] - baseline], mean, log_std, eps)
            assert near_max(rows, lowered), "grad_score with a baseline is not grad_score of f minus the baseline"
            assert near_max(weights @ rows[:, 0], weights @ plain[:, 0]), "a baseline changes the average of grad_score"
            before, after = moments(plain, weights)[1], moments(rows, weights)[1]
            assert ((after - before).abs() > 1e-3).any(), "a baseline does not change the variance of grad_score"


@points("1/5")
@hint("Row i is what draw i alone gives. Neither estimator averages, centres or rescales over the draws.")
def test_single_draws(grade):
    """Every row belongs to its own draw, and the variances are those of single draws: 4 and 30 for z^2 at 1."""
    eps, weights = gauss_hermite(60)
    square = [0.0, 1.0, 0.0, 1.0, 0.0]
    rows = {
        "grad_reparam": pathwise_rows(grade, square, 1.0, 0.0, eps),
        "grad_score": score_rows(grade, square, 1.0, 0.0, eps)[0],
    }
    for name, expected in (("grad_reparam", 4), ("grad_score", 30)):
        average, variance = moments(rows[name][:, 0], weights)
        assert abs(average - 2) < 1e-3, f"the average of {name} is not the slope of E[z^2] in mean"
        assert abs(variance - expected) < 1e-3, f"the variance of {name} in mean is not right for f(z) = z^2"
    f, mean, log_std = random_case(grade.rng)
    draws = torch.randn(7, generator=grade.rng, dtype=torch.float64)
    for name, ask in (("grad_reparam", pathwise_rows), ("grad_score", lambda *case: score_rows(*case)[0])):
        together = ask(grade, f, mean, log_std, draws)
        assert belongs(together, draws, log_std, name), f"a row of {name} does not belong to its draw"
        for i in (0, 4):
            alone = ask(grade, f, mean, log_std, draws[i : i + 1])
            assert near_max(together[i : i + 1], alone), f"a row of {name} depends on the other draws"
