"""Hidden checks of hw4/t4_formula: three divergences between two noisy segments.

Oracle   Densities of the first coordinate on a fine grid: KL and JS as sums, W1 as the area between the distribution
         functions. Without noise the values of the definitions.
Error    1e-8; 2e-6 is allowed, as the docstring does.
Cost     0.1 s.
Rejects  every mistake in t4_formula.mistakes.md.
"""

import math

import torch

from autograder.checking import Grade, hint, number, points, probe, sequence

PROMISES = {
    "noisy_segments": {
        "KL, Jensen-Shannon divergence and Wasserstein-1 distance of two parallel segments with noise": "with_noise",
        "The first law is (0, U), the second (theta, U)": "with_noise, without_noise",
        "independent Gaussian noise with standard deviation sigma >= 0": "with_noise",
        "kl is the same in both directions, and math.inf where it is infinite": "with_noise, without_noise",
        "js, in nats, is right to 1e-6": "with_noise",
        "With sigma = 0 the segments have no noise.": "without_noise",
        "Arguments are numbers, results numbers or tensors ().": "with_noise, without_noise",
    }
}


@probe
def divergences(student, cases):
    return [list(student.noisy_segments(*case)) for case in cases]


def by_grid(theta: float, sigma: float) -> list[float]:
    reach = 12 * sigma
    x = torch.linspace(min(0, theta) - reach, max(0, theta) + reach, 100_001, dtype=torch.float64)
    laws = [torch.distributions.Normal(mean, sigma) for mean in (0.0, theta)]
    log_p, log_q = (law.log_prob(x) for law in laws)
    log_m = torch.logaddexp(log_p, log_q) - math.log(2)
    kl = torch.trapezoid(log_p.exp() * (log_p - log_q), x)
    js = torch.trapezoid(log_p.exp() * (log_p - log_m) + log_q.exp() * (log_q - log_m), x) / 2
    w1 = torch.trapezoid((laws[0].cdf(x) - laws[1].cdf(x)).abs(), x)
    return [kl.item(), js.item(), w1.item()]


def judge(grade: Grade, cases: list, truths: list[list[float]], what: str) -> None:
    order = torch.randperm(len(cases), generator=grade.rng).tolist()
    answer = sequence(grade.submission(divergences, [cases[i] for i in order]), len(cases), "the list of values")
    for i, value in zip(order, answer, strict=True):
        entries = sequence(value, 3, "what noisy_segments returns")
        for entry, true, name in zip(entries, truths[i], ("kl", "js", "w1"), strict=True):
            found = number(entry, name, finite=math.isfinite(true))
            right = found == true if math.isinf(true) else abs(found - true) < 2e-6 * (1 + abs(true))
            assert right, f"{name} is not right {what}"


@points("3/5")
@hint("The second coordinate plays no part. What is left are two Gaussians of the same width.")
def test_with_noise(grade: Grade):
    """With noise all three are finite: from segments far apart to segments that overlap."""
    cases = [(0.0, 0.5)]
    for low, high in ((0.1, 0.3), (0.4, 1.0), (1.5, 4.0)):
        theta, sigma = torch.rand(2, generator=grade.rng, dtype=torch.float64).tolist()
        sign = 1 if torch.rand((), generator=grade.rng) < 0.5 else -1
        cases.append((sign * (0.5 + theta), low + (high - low) * sigma))
    cases.append((1.0 + torch.rand((), generator=grade.rng).item(), 0.03))
    cases += [(1.5 * sigma, sigma) for sigma in (0.002, 20.0)]  # a quadrature follows sigma
    judge(grade, cases, [by_grid(*case) for case in cases], "with noise")


@points("2/5")
@hint("Without noise the segments are disjoint or the same; how far must each point of the one travel?")
def test_without_noise(grade: Grade):
    """Without noise: disjoint segments, on either side, and the same segment."""
    shifts = torch.rand(2, generator=grade.rng, dtype=torch.float64).tolist()
    cases = [(0.3 + shifts[0], 0.0), (-0.3 - shifts[1], 0.0), (0.0, 0.0)]
    truths = [[math.inf, math.log(2), abs(theta)] if theta else [0.0, 0.0, 0.0] for theta, _ in cases]
    judge(grade, cases, truths, "without noise")
