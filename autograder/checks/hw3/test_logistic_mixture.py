"""Hidden checks of hw3/logistic_mixture: discretised logistics (Salimans et al., 2017, arXiv:1701.05517, section 2.1).

Oracle   Differences of the logistic's CDF in decimal numbers of 60 digits, on the side where it is small, so that tails
         and sharp scales have a truth as well; sums over all levels; gradients by automatic differentiation of the
         plain difference where that is accurate, by the tail's closed form where it is not. Draws are taken on an even
         grid of both uniform numbers, where the share of every level must be its mass.
Error    1e-12; 1e-6 is allowed. Shares on a grid of 300 x 300 are right to 4e-3; 1e-2 is allowed.
Cost     0.3 s.
"""

import math
from decimal import Decimal, localcontext

import torch
from torch import Tensor

from autograder.checking import hint, points, probe, sequence, tensor
from autograder.judging import instruments
from autograder.judging.instruments import inherits, normal

PROMISES = {
    "dlm_log_prob": {
        "log P(x) (...) of whole numbers x (...) from 0 to levels - 1, in nats": "masses",
        "logits, mean and log_scale are (..., K)": "masses",
        "component k has weight softmax(logits)_k and is a logistic distribution with that mean and scale "
        "exp(log_scale)": "masses",
        "The pixel x has the mass between x - 1/2 and x + 1/2": "masses",
        "0 has all the mass below 1/2 as well, and levels - 1 all the mass above levels - 3/2": "masses",
        "the masses of all levels sum to 1": "masses",
        "The logarithm and its gradients stay finite when a mass is too small for a floating-point "
        "number": "tails, gradient",
    },
    "dlm_sample": {
        "Pixels (...) drawn from the distribution of `dlm_log_prob`: whole numbers, in the dtype that all arguments "
        "share": "draws",
        "u_component and u_logistic (...) are uniform on (0, 1) and the only randomness": "draws",
        "the first chooses one component, the second its value": "draws",
        "Both together give every level the probability that `dlm_log_prob` says": "draws",
    },
}


@probe
def log_probs(student, x, parts, levels):
    with torch.no_grad():
        return student.dlm_log_prob(x, *parts, levels)


@probe
def pulled_back(student, x, parts, levels, cotangent):
    """The product of the cotangent with the Jacobian in logits, mean and log_scale."""
    parts = [part.clone().requires_grad_() for part in parts]
    total = (student.dlm_log_prob(x, *parts, levels) * cotangent).sum()
    return list(torch.autograd.grad(total + sum(0.0 * part.sum() for part in parts), parts))


@probe
def drawn(student, parts, levels, u_component, u_logistic):
    with torch.no_grad():
        pixels = student.dlm_sample(*parts, levels, u_component, u_logistic)
        return pixels, pixels.dtype == parts[1].dtype


@probe
def drawn_twice(student, parts, levels, u_component, u_logistic):
    """Draws from the same numbers, two times."""
    with torch.no_grad():
        return [student.dlm_sample(*parts, levels, u_component, u_logistic) for _ in range(2)]


def mixture(rng: torch.Generator, *shape: int, levels: int) -> list[Tensor]:
    """Logits, means (some outside the levels) and log scales, none extreme."""
    return [normal(rng, *shape), levels * (1.2 * torch.rand(shape, generator=rng, dtype=torch.float64) - 0.1),
            0.6 * normal(rng, *shape) + math.log(levels / 10)]  # fmt: skip


def cdf_difference(low: float | None, high: float | None, mean: float, scale: float) -> Decimal:
    """The mass of a logistic between two places, None for no end, with 60 digits.

    A cell on the right is mirrored to the left, where the CDF is small and its difference keeps all its digits.
    """
    with localcontext() as context:
        context.prec = 60
        ends = [None if place is None else (Decimal(place) - Decimal(mean)) / Decimal(scale) for place in (low, high)]
        if ends[1] is None or (ends[0] is not None and ends[0] > 0):
            ends = [None if end is None else -end for end in reversed(ends)]

        def cdf(end: Decimal | None, otherwise: int) -> Decimal:
            return Decimal(otherwise) if end is None else 1 / (1 + (-end).exp())

        return cdf(ends[1], 1) - cdf(ends[0], 0)


def true_log_prob(x: int, parts: list[Tensor], levels: int) -> float:
    """log P(x) for one pixel with parts (K,)."""
    logits, mean, log_scale = (part.tolist() for part in parts)
    low, high = (None if x == 0 else x - 0.5), (None if x == levels - 1 else x + 0.5)
    with localcontext() as context:
        context.prec = 60
        weights = [Decimal(logit).exp() for logit in logits]
        mass = sum(
            weight * cdf_difference(low, high, m, math.exp(s))
            for weight, m, s in zip(weights, mean, log_scale, strict=True)
        )
        return float((mass / sum(weights)).ln())


def near(answer: Tensor, truth: Tensor, tolerance: float = 1e-6) -> bool:
    return instruments.near(answer, truth, tolerance)


@points("3/10")
@hint("Half a bin on either side, in units of the scale; the outer bins have no outer end.")
def test_masses(grade):
    """Every level has its mass, for pixels of any shape, and all masses sum to 1."""
    rng = grade.rng
    for levels, K, shape in ((17, 3, (4,)), (2, 1, (2, 3)), (256, 4, (1, 2))):
        parts = mixture(rng, *shape, K, levels=levels)
        x = torch.arange(levels).view(levels, *[1] * len(shape)).expand(levels, *shape)
        if levels == 17:
            x = x.double()  # whole numbers of a real dtype count as well
        everywhere = [part.expand(levels, *part.shape) for part in parts]
        answer = tensor(
            grade.submission(log_probs, x, everywhere, levels), (levels, *shape), "the result of dlm_log_prob"
        )
        assert (answer.exp().sum(0) - 1).abs().max() < 1e-6, "the masses of all levels do not sum to 1"
        for place in {0, 1, levels // 2, levels - 2, levels - 1} - {-1}:
            truth = [true_log_prob(place, [part.reshape(-1, K)[i] for part in parts], levels)
                     for i in range(math.prod(shape))]  # fmt: skip
            right = near(answer[place].flatten(), torch.tensor(truth, dtype=torch.float64))
            assert right, f"the mass of {'an outer' if place in (0, levels - 1) else 'an inner'} level is not right"


@points("1/4")
@hint("The logarithm of a difference of two numbers that are both 1 to the machine is -inf. Factor the difference.")
def test_tails(grade):
    """Far from every component, and for very sharp or wide ones, log P(x) is still right."""
    rng = grade.rng
    for distance, scale in ((40, 0.02), (7, 1e-3), (200, 0.05), (60, 3.0), (3, 1e-4), (4, 50.0), (0, 1e-4)):
        for side in (1, -1):
            mean = torch.tensor([128.0, 128 - side * 90.0], dtype=torch.float64) + 0.2 * torch.rand(1, generator=rng)
            parts = [torch.tensor([2.0, -1e4]).double(), mean, torch.full((2,), math.log(scale)).double()]
            x = 128 + side * min(distance, 120)
            answer = grade.submission(log_probs, torch.tensor([x]), [part[None] for part in parts], 256)
            answer = tensor(answer, (1,), "log P(x) far from every component, or for a sharp or wide one,")
            truth = true_log_prob(x, parts, 256)
            assert near(answer, torch.tensor(truth)), "log P(x) is not right in the tail of a component"


@points("1/5")
@hint("torch.where and clamp hide a value, but the gradient of what they hide can still be nan.")
def test_gradient(grade):
    """Gradients in all parameters are right, and finite far out."""
    rng, levels = grade.rng, 17
    parts, x = mixture(rng, levels, 3, levels=levels), torch.arange(levels)
    tensor(grade.submission(log_probs, x, parts, levels), (levels,), "the result of dlm_log_prob")
    cotangent = normal(rng, levels)
    mine = [part.clone().requires_grad_() for part in parts]
    scale = mine[2].exp()
    above = torch.sigmoid((x[:, None] + 0.5 - mine[1]) / scale).index_fill(0, torch.tensor(levels - 1), 1.0)
    below = torch.sigmoid((x[:, None] - 0.5 - mine[1]) / scale).index_fill(0, torch.tensor(0), 0.0)
    plain = (mine[0].softmax(-1) * (above - below)).sum(-1).log()
    truth = torch.autograd.grad((plain * cotangent).sum(), mine)
    answer = sequence(grade.submission(pulled_back, x, parts, levels, cotangent), 3, "the gradients")
    for gradient, true, name in zip(answer, truth, ("logits", "mean", "log_scale"), strict=True):
        gradient = tensor(gradient, tuple(true.shape), f"the gradient in {name}")
        assert near(gradient, true, 1e-4), f"the gradient in {name} is not right"
    s = 1e-3
    far = [
        torch.zeros(4, 1).double(),
        torch.tensor([[3.0], [3.0], [3.0], [14.0]]).double(),
        torch.full((4, 1), math.log(s)).double(),
    ]
    x, cotangent = torch.tensor([0, 8, 16, 8]), normal(rng, 4)
    answer = sequence(grade.submission(pulled_back, x, far, levels, cotangent), 3, "the gradients far out")
    slope = torch.tensor([-1 / s, 1 / s, 1 / s, -1 / s]).double() * cotangent
    found = tensor(answer[1], (4, 1), "the gradient in mean far from the component")
    assert near(found[:, 0], slope, 1e-4), "the gradient in mean is not right far from the component"
    for gradient, name in ((answer[0], "logits"), (answer[2], "log_scale")):
        tensor(gradient, (4, 1), f"the gradient in {name} far from the component")


@points("1/4")
@hint("Cumulative weights choose the component; the logistic's quantile at u is mean + scale log(u / (1 - u)).")
def test_draws(grade):
    """On an even grid of both uniform numbers every level comes as often as its mass says."""
    rng, n = grade.rng, 300
    line = (torch.arange(n, dtype=torch.float64) + 0.5) / n
    for levels, K, shape in ((9, 3, (n * n, 1)), (17, 1, (n, n)), (2, 2, (1, n * n))):
        parts = mixture(rng, K, levels=levels)
        u = torch.cartesian_prod(line, line)[torch.randperm(n * n, generator=rng)]
        everywhere = [part.expand(*shape, K) for part in parts]
        answer = grade.submission(drawn, everywhere, levels, u[:, 0].view(shape), u[:, 1].view(shape))
        pixels, same_dtype = sequence(answer, 2, "what dlm_sample returns")
        pixels = tensor(pixels, shape, "the result of dlm_sample")
        assert same_dtype is True, "the pixels do not have the dtype of the arguments"
        inside = (pixels == pixels.round()).all() and pixels.min() >= 0 and pixels.max() <= levels - 1
        assert inside, "dlm_sample gives something that is no level"
        shares = torch.bincount(pixels.long().flatten(), minlength=levels).double() / n**2
        truth = torch.tensor([true_log_prob(x, parts, levels) for x in range(levels)], dtype=torch.float64).exp()
        assert (shares - truth).abs().max() < 1e-2, "the levels do not come as often as their masses say"
    u = torch.rand(2, 60, generator=rng, dtype=torch.float64)
    apart = [torch.zeros(60, 2), torch.tensor([3.0, 13.0]).expand(60, 2), torch.full((60, 2), -1.0)]
    for parts in (apart, [part.double() for part in apart]):
        answer = sequence(grade.submission(drawn_twice, parts, 17, *u.to(parts[0])), 2, "the draws")
        inherits(answer, parts[0], "the result of dlm_sample")
        first, second = (tensor(part, (60,), "the result of dlm_sample") for part in answer)
        assert (first == second).all(), "the same two uniform numbers give other pixels"
    few = torch.rand(2, 3, generator=rng, dtype=torch.float64)
    parts = [part.expand(3, 2) for part in mixture(rng, 2, levels=17)]
    for edge in (1e-9, 1 - 1e-9):
        answer = grade.submission(drawn, parts, 17, few[0], torch.full((3,), edge).double())
        tensor(sequence(answer, 2, "what dlm_sample returns")[0], (3,), "a draw with u near 0 or 1")
