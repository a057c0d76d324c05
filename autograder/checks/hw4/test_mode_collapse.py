"""Hidden checks of hw4/mode_collapse: the Jensen-Shannon divergence, and the report on modes.

Oracle   Divergences as sums over symbols in Python numbers; samples that are laid out so that every count is known.
Error    1e-12; 1e-6 is allowed.
Cost     0.1 s.
Rejects  every mistake in mode_collapse.mistakes.md.
"""

import math

import torch
from torch import Tensor

from autograder.checking import Grade, hint, number, points, probe, sequence, tensor

PROMISES = {
    "js": {
        "The Jensen-Shannon divergence (KL(p || m) + KL(q || m)) / 2 with m = (p + q) / 2, in nats.": "js_value",
        "p and q (..., K) are distributions over K symbols in their last dimension; the result has shape (...)": (
            "js_value"
        ),
        "Zeros are allowed, in one of the two or in both: 0 log 0 counts as 0.": "js_zeros",
    },
    "mode_report": {
        "(n_modes, good_share, kl_to_uniform)": "report",
        "x (N, d) are samples, centres (K, d) the modes.": "report",
        "A sample is good when its nearest centre is at most `radius` away": "report, edges",
        "good_share is the share of good samples.": "report",
        "n_modes counts the centres that at least a tenth of their fair share": "report, edges",
        "a single stray sample makes no mode": "report",
        "kl_to_uniform is the KL divergence, in nats": "report",
        "if no sample is good it is log K": "edges",
    },
}


@probe
def divergence(student, p, q):
    return student.js(p, q)


@probe
def reports(student, cases):
    return [list(student.mode_report(*case)) for case in cases]


def normal(rng: torch.Generator, *shape: int) -> Tensor:
    return torch.randn(shape, generator=rng, dtype=torch.float64)


def by_hand(p: list[float], q: list[float]) -> float:
    total = 0.0
    for a, b in zip(p, q, strict=True):
        total += sum(0.5 * value * math.log(2 * value / (a + b)) for value in (a, b) if value > 0)
    return total


def judge_js(grade: Grade, p: Tensor, q: Tensor, what: str) -> None:
    found = tensor(grade.submission(divergence, p, q), tuple(p.shape[:-1]), "js")
    rows = zip(p.reshape(-1, p.shape[-1]).tolist(), q.reshape(-1, p.shape[-1]).tolist(), strict=True)
    truth = torch.tensor([by_hand(a, b) for a, b in rows], dtype=torch.float64).reshape(p.shape[:-1])
    assert ((found - truth).abs() < 1e-6).all(), f"js is not right {what}"


@points("3/10")
@hint("Two KL divergences to the middle, half of each, with the natural logarithm.")
def test_js_value(grade: Grade):
    """`js` is the mean of the two KL divergences to the middle, for distributions in the last dimension."""
    for shape in ((5,), (3, 4), (2, 3, 6), (4, 1, 2)):
        p, q = ((2 * normal(grade.rng, *shape)).softmax(-1) for _ in range(2))
        judge_js(grade, p, q, "for distributions without zeros")


@points("1/5")
@hint("0 log 0 is 0, and the middle is 0 only where both are. Is anything nan or clamped?")
def test_js_zeros(grade: Grade):
    """Zeros in one distribution or in both are no obstacle; without overlap the divergence is log 2."""
    p, q = normal(grade.rng, 3, 7).softmax(-1), normal(grade.rng, 3, 7).softmax(-1)
    p[:, :2], q[:, 1:4] = 0, 0
    judge_js(grade, p / p.sum(-1, keepdim=True), q / q.sum(-1, keepdim=True), "where some probabilities are zero")
    cells = int(torch.randint(10, 30, (), generator=grade.rng))
    first = torch.zeros(3, 3 * cells).double()
    first[:, :cells] = 1 / cells
    shifts = (0, int(torch.randint(1, cells, (), generator=grade.rng)), cells + 1)
    second = torch.stack([row.roll(shift) for row, shift in zip(first, shifts, strict=True)])
    judge_js(grade, first, second, "for two uniform distributions that are shifted against each other")
    tiny = torch.tensor([1e-12, 1 - 1e-12]).double()
    judge_js(grade, tiny, tiny.flip(0), "for two distributions with next to no overlap")


def around(rng: torch.Generator, centre: Tensor, count: int, radius: float) -> Tensor:
    """Samples at most 0.9 of the radius away from the centre."""
    direction = normal(rng, count, len(centre))
    direction = direction / direction.norm(dim=1, keepdim=True)
    return centre + 0.9 * radius * torch.rand(count, 1, generator=rng, dtype=torch.float64) * direction


def far(rng: torch.Generator, centres: Tensor, count: int, radius: float) -> Tensor:
    """Samples that no centre is within 1.1 of the radius of."""
    x = 4 * normal(rng, 40 * count + 200, centres.shape[1])
    return x[torch.cdist(x, centres).min(1).values > 1.1 * radius][:count]


def kl_of(counts: list[int]) -> float:
    total, K = sum(counts), len(counts)
    return sum(c / total * math.log(K * c / total) for c in counts if c > 0)


def judge_reports(grade: Grade, cases: list[list], truths: list[tuple[int, float, float]], what: str) -> None:
    order = torch.randperm(len(cases), generator=grade.rng).tolist()
    answer = sequence(grade.submission(reports, [cases[i] for i in order]), len(cases), "the list of reports")
    for i, value in zip(order, answer, strict=True):
        for entry, true, name in zip(
            sequence(value, 3, "a report"), truths[i], ("n_modes", "good_share", "kl_to_uniform"), strict=True
        ):
            assert abs(number(entry, name) - true) < 1e-6, f"{name} is not right {what}"


@points("2/5")
@hint("Nearest centre first, then the radius. All N samples decide about a mode, only the good ones about the KL.")
def test_report(grade: Grade):
    """Modes, share and KL of samples around some of the modes, in numbers that are known."""
    cases, truths = [], []
    for d, counts, bad in (
        (2, [40, 40, 40, 40], 0),
        (2, [90, 3, 0, 30, 12], 25),
        (3, [50, 0, 0], 10),
        (1, [7, 60], 33),
    ):
        radius = 0.3
        centres = 1.5 * torch.arange(len(counts)).double()[:, None] + 0.1 * normal(grade.rng, len(counts), d)
        parts = [around(grade.rng, c, n, radius) for c, n in zip(centres, counts, strict=True)]
        x = torch.cat([*parts, far(grade.rng, centres, bad, radius)])
        cases.append([x[torch.randperm(len(x), generator=grade.rng)], centres, radius])
        least = len(x) / (10 * len(counts))
        truths.append((sum(c >= least for c in counts), sum(counts) / len(x), kl_of(counts)))
    judge_reports(grade, cases, truths, "for samples around some of the modes")


@points("1/10")
@hint("What exactly counts at the radius, at a tenth of the fair share, and when nothing is good?")
def test_edges(grade: Grade):
    """At the radius a sample is still good, at N / (10 K) a mode still counts; without good samples KL is log K."""
    grid = torch.tensor([[0.0, 0.0], [8.0, 0.0]]).double()
    at_radius = torch.tensor([[0.5, 0.0]] * 19 + [[8.0, 0.5]]).double()  # 1 of 20 is exactly N / (10 K)
    centres = 3 * torch.arange(5).double()[:, None] * torch.ones(1, 2).double()
    nothing = far(grade.rng, centres, 11, 0.2)
    overlap = torch.tensor([[3.4, 0.0], [4.6, 0.0], [3.6, 0.0]]).double()
    cases = [[at_radius, grid, 0.5], [nothing, centres, 0.2], [overlap, grid, 9.0]]
    truths = [(2, 1.0, kl_of([19, 1])), (0, 0.0, math.log(5)), (2, 1.0, kl_of([2, 1]))]
    judge_reports(grade, cases, truths, "at the edges of its definition")
