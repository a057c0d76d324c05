"""Hidden checks of hw4/surgery: the aggregate posterior and the parts of the ELBO's KL term.

Oracle   torch.distributions for the mixture; the log densities at the draws that eps makes; central differences of
         the judge's own mixture for gradients; integrals over a grid for three Gaussians on the line.
Costing  A wrong aggregate density costs `elbo_surgery` nothing: its terms may follow the submission's own density, for
once     which another call asks.
Error    The oracles agree with the reference to 1e-9, the quadrature to 1e-4; 1e-6 of the size is allowed, 1e-3 there.
Cost     0.2 s.
Rejects  every mistake in surgery.mistakes.md.
"""

import math

import torch
from torch import Tensor
from torch.distributions import Categorical, Independent, MixtureSameFamily, Normal

from autograder.checking import Grade, hint, points, probe, sequence, tensor

PROMISES = {
    "aggregate_log_prob": {
        "Log density of the aggregate posterior": "density",
        "z (M, d) are any points.": "density, far_away",
        "mean and log_std (N, d) hold the means and the logarithms of the standard deviations": "density",
        "The result is finite for finite arguments, also a thousand standard deviations away": "far_away",
        "it can be differentiated with respect to all three": "gradient",
    },
    "elbo_surgery": {
        "(average_kl, marginal_kl, mutual_information)": "parts",
        "average_kl is the mean over n of KL(q(z | x_n) || p(z))": "parts, integrals",
        "marginal_kl is KL(q(z) || p(z))": "parts, integrals",
        "mutual_information is the mean over n of KL(q(z | x_n) || q(z))": "parts, integrals",
        "mean and log_std (N, d) are as in `aggregate_log_prob`": "parts",
        "eps (S, N, d) is standard normal noise, S draws from every q(z | x_n)": "parts",
        "All three are averages over the same S N draws": "parts",
        "each of shape ()": "parts",
        "average_kl = marginal_kl + mutual_information holds for any eps": "parts",
    },
}


@probe
def densities(student, z, mean, log_std):
    """log q(z) of every row of z."""
    return student.aggregate_log_prob(z, mean, log_std)


@probe
def gradients(student, z, mean, log_std, cotangent):
    """What a backward pass from the log densities leaves at z, mean and log_std."""
    arguments = [t.clone().requires_grad_() for t in (z, mean, log_std)]
    value = (student.aggregate_log_prob(*arguments) * cotangent).sum()
    return list(torch.autograd.grad(value, arguments))


@probe
def parts_of(student, mean, log_std, eps):
    """The three terms of the surgery."""
    return list(student.elbo_surgery(mean, log_std, eps))


def normal(rng: torch.Generator, *shape: int) -> Tensor:
    return torch.randn(shape, generator=rng, dtype=torch.float64)


def posteriors(rng: torch.Generator, N: int, d: int) -> tuple[Tensor, Tensor]:
    """Generic means and log standard deviations: aggregates with several bumps."""
    return 1.5 * normal(rng, N, d) + 0.4, 0.4 * normal(rng, N, d) - 0.5


def mixture(z: Tensor, mean: Tensor, log_std: Tensor) -> Tensor:
    weights = Categorical(torch.ones(len(mean), dtype=torch.float64))
    return MixtureSameFamily(weights, Independent(Normal(mean, log_std.exp()), 1)).log_prob(z)


def close(found: Tensor, truth: Tensor, tolerance: float = 1e-6) -> bool:
    right = (found - truth).abs() <= tolerance * (1 + truth.abs())
    return bool((truth.isfinite() & right).all())


@points("3/10")
@hint("One Gaussian density per data point and coordinate: which of the two is summed, which is averaged, and where?")
def test_density(grade: Grade):
    """`aggregate_log_prob` is the log density of the equal mixture of all posteriors."""
    for M, N, d in ((6, 4, 3), (1, 7, 2), (5, 1, 4), (3, 5, 1), (4, 4, 4)):
        mean, log_std = posteriors(grade.rng, N, d)
        z = 2 * normal(grade.rng, M, d)
        if M == N:  # no standard deviation is too small or too large
            log_std[0], log_std[1], z[0] = -9, 9, mean[0] + math.exp(-9)
        found = tensor(grade.submission(densities, z, mean, log_std), (M,), "the log density")
        assert close(found, mixture(z, mean, log_std)), "the log density of the aggregate posterior is not right"


@points("1/10")
@hint("Far away every single density is 0 to machine precision, but its logarithm is an ordinary number.")
def test_far_away(grade: Grade):
    """Far away from every mean the log density is still a right, finite number."""
    mean, log_std = posteriors(grade.rng, 5, 2)
    z = 1000 * normal(grade.rng, 4, 2).sign() * (1 + normal(grade.rng, 4, 2).abs())
    found = tensor(grade.submission(densities, z, mean, log_std), (4,), "the log density far away")
    assert close(found, mixture(z, mean, log_std)), "the log density is not right far away from every mean"


@points("1/10")
@hint("Is anything detached, or taken through NumPy?")
def test_gradient(grade: Grade):
    """The log density can be differentiated with respect to z, the means and the log standard deviations."""
    mean, log_std = posteriors(grade.rng, 4, 2)
    z = normal(grade.rng, 5, 2)
    tensor(grade.submission(densities, z, mean, log_std), (5,), "the log density")
    cotangent = normal(grade.rng, 5)
    answer = sequence(grade.submission(gradients, z, mean, log_std, cotangent), 3, "the gradients")
    arguments = [z, mean, log_std]
    for i, name in enumerate(("z", "mean", "log_std")):
        found = tensor(answer[i], tuple(arguments[i].shape), f"the gradient with respect to {name}")
        direction, ends = normal(grade.rng, *arguments[i].shape), []
        for step in (1e-5, -1e-5):
            moved = list(arguments)
            moved[i] = arguments[i] + step * direction
            ends.append((mixture(*moved) * cotangent).sum())
        truth = (ends[0] - ends[1]) / 2e-5
        assert close((found * direction).sum(), truth, 1e-5), f"the gradient with respect to {name} is not right"


def parts(grade: Grade, mean: Tensor, log_std: Tensor, eps: Tensor) -> list[Tensor]:
    answer = sequence(grade.submission(parts_of, mean, log_std, eps), 3, "what elbo_surgery returns")
    return [tensor(value, (), name) for value, name in zip(answer, NAMES, strict=True)]


def true_parts(mean: Tensor, log_std: Tensor, eps: Tensor, log_aggregate: Tensor | None = None) -> list[Tensor]:
    """The averages of the differences of log densities at the draws; the aggregate's are the mixture's unless given."""
    z = mean + log_std.exp() * eps
    log_q = Normal(mean, log_std.exp()).log_prob(z).sum(-1).mean()
    log_p = Normal(0.0, 1.0).log_prob(z).sum(-1).mean()
    log_aggregate = (mixture(z, mean, log_std) if log_aggregate is None else log_aggregate).mean()
    return [log_q - log_p, log_aggregate - log_p, log_q - log_aggregate]


def own_parts(grade: Grade, mean: Tensor, log_std: Tensor, eps: Tensor) -> list[Tensor]:
    """The same with the submission's own aggregate density, so that a mistake there costs nothing here."""
    grade.fresh_session()
    z = (mean + log_std.exp() * eps).flatten(0, 1)
    found = tensor(grade.submission(densities, z, mean, log_std), (len(z),), "the log density")
    assert (found - found[0]).abs().max() > 1e-6, "a term is not right, and the log density is the same for all z"
    return true_parts(mean, log_std, eps, found)


NAMES = ("average_kl", "marginal_kl", "mutual_information")


def wrong(found: list[Tensor], truth: list[Tensor], tolerance: float) -> list[str]:
    """The names of the terms that are not right."""
    pairs = zip(NAMES, found, truth, strict=True)
    return [name for name, value, true in pairs if not close(value, true, tolerance)]


@points("3/10")
@hint("z comes from q(z | x_n) everywhere. Three log densities at the same draws, three differences of their averages.")
def test_parts(grade: Grade):
    """The three terms are the averages, over the same draws, of differences of log densities."""
    for S, N, d in ((3, 5, 2), (1, 4, 3), (4, 1, 2), (2, 6, 1)):
        mean, log_std = posteriors(grade.rng, N, d)
        eps = normal(grade.rng, S, N, d)
        if S == 3:
            log_std[0, 0], log_std[1, 1] = -9, 9
        if S == 2:  # all around the same place, and drawn far out: an estimate of the information below 0
            mean = mean[:1].expand(N, d).contiguous()
            log_std, eps = torch.linspace(-1, 1, N).double()[:, None].expand(N, d).contiguous(), 3 + eps.abs()
        found = parts(grade, mean, log_std, eps)
        off = wrong(found, true_parts(mean, log_std, eps), 1e-6)
        assert not off or not wrong(found, own_parts(grade, mean, log_std, eps), 1e-6), f"{off[0]} is not right"


@points("1/5")
@hint("Between which two densities is each of the three divergences, and over which of them is the average taken?")
def test_integrals(grade: Grade):
    """With noise that covers the line evenly the terms are the integrals which define the three divergences."""
    N, S = 3, 3000
    mean, log_std = posteriors(grade.rng, N, 1)
    eps = torch.special.ndtri((torch.arange(S, dtype=torch.float64) + 0.5) / S)[:, None, None].expand(S, N, 1)
    found = parts(grade, mean, log_std, eps.contiguous())
    grid = torch.linspace(-20, 20, 20_001, dtype=torch.float64)
    log_q = Normal(mean, log_std.exp()).log_prob(grid)  # (N, G)
    log_p, log_aggregate = Normal(0.0, 1.0).log_prob(grid), log_q.logsumexp(0) - math.log(N)
    average = torch.trapezoid(log_q.exp() * (log_q - log_p), grid).mean()
    marginal = torch.trapezoid(log_aggregate.exp() * (log_aggregate - log_p), grid)
    information = torch.trapezoid(log_q.exp() * (log_q - log_aggregate), grid).mean()
    off = wrong(found, [average, marginal, information], 3e-3)
    assert not off or not wrong(found, own_parts(grade, mean, log_std, eps), 1e-6), (
        f"{off[0]} does not come close to the divergence that it should estimate"
    )
