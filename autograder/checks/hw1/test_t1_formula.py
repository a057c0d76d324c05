"""Hidden checks of hw1/t1_formula: the alpha divergence of two Gaussians with one variance.

Oracle   quadrature of the definition on a wide even grid (the trapezoidal rule, exponentially accurate for Gaussians).
Error    1e-12 (measured against the closed form); 1e-5 is allowed, 1e-4 next to the limits.
Cost     0.02 s.
Rejects  every mistake in t1_formula.mistakes.md.
"""

import math

import torch

from autograder.checking import hint, number, points, probe, sequence
from autograder.judging.instruments import uniform

PROMISES = {
    "alpha_divergence_of_gaussians": {
        "Alpha divergence of N(mean1, std^2) from N(mean2, std^2), in closed form, for any real alpha.": (
            "generic_alpha"
        ),
        "Results beyond 1e15 are not asked for": "generic_alpha",
        "The convention is that of `alpha_divergence`, with an integral in place of the sum": "generic_alpha",
        "All arguments are numbers, std > 0, and so is the result.": "generic_alpha, limits",
        "alpha = 1 and alpha = -1 give the limits.": "limits",
    },
}


LARGEST = 1e15  # of a result that is asked for, as the docstring says


@probe
def divergences(student, cases):
    """alpha_divergence_of_gaussians for every (mean1, mean2, std, alpha)."""
    return [student.alpha_divergence_of_gaussians(*case) for case in cases]


def random_gaussians(rng):
    """mean1, mean2, std: neither mean is 0, their distance is 0.5 to 2.5 standard deviations of either sign."""
    std = uniform(rng, 0.6, 0.9) if uniform(rng, 0, 1) < 0.5 else uniform(rng, 1.2, 1.8)
    mean1 = uniform(rng, -2, 2)
    sign = 1 if uniform(rng, 0, 1) < 0.5 else -1
    return mean1, mean1 + sign * std * uniform(rng, 0.5, 2.5), std


def quadrature(mean1, mean2, std, alpha):
    """The definition of the divergence, or of the KL at alpha = +-1, by the trapezoidal rule."""
    x = torch.linspace(mean1 - 25 * std, mean1 + 25 * std, 20_001, dtype=torch.float64)
    log_p, log_q = (-0.5 * ((x - m) / std) ** 2 - math.log(std * math.sqrt(2 * math.pi)) for m in (mean1, mean2))
    dx = (x[1] - x[0]).item()
    if alpha == 1:
        return (log_p.exp() * (log_p - log_q)).sum().item() * dx
    if alpha == -1:
        return (log_q.exp() * (log_q - log_p)).sum().item() * dx
    t = (1 + alpha) / 2
    return 4 / (1 - alpha**2) * (1 - (t * log_p + (1 - t) * log_q).exp().sum().item() * dx)


def off(answer, expected):
    return abs(number(answer, "alpha_divergence_of_gaussians", largest=LARGEST) - expected) / (1 + abs(expected))


@points("3/5")
@hint("Complete the square in the exponent of p^t q^(1 - t); what is left outside the Gaussian integral?")
def test_generic_alpha(grade):
    """The formula equals the integral for alpha inside and outside (-1, 1)."""
    ranges = ((-2.5, -1.5), (-0.8, -0.2), (-0.05, 0.05), (0.2, 0.8), (1.5, 2.5))
    cases = [(*random_gaussians(grade.rng), uniform(grade.rng, low, high)) for low, high in ranges]
    away = uniform(grade.rng, 90, 110)  # nothing depends on where 0 is
    mean1, mean2, std = random_gaussians(grade.rng)
    cases += [(mean1 + shift, mean2 + shift, std, uniform(grade.rng, 0.2, 0.8)) for shift in (away, -away)]
    answers = sequence(grade.submission(divergences, cases), len(cases), "the list of divergences")
    for answer, case in zip(answers, cases, strict=True):
        where = "inside" if abs(case[-1]) < 1 else "outside"
        assert off(answer, quadrature(*case)) < 1e-5, f"the formula is not the integral for an alpha {where} (-1, 1)"
    far = []
    for sign in (-1, 1):  # the integral is above exp(20) there
        mean1, _, std = random_gaussians(grade.rng)
        far.append((mean1, mean1 + std * uniform(grade.rng, 2.2, 2.4), std, sign * uniform(grade.rng, 6.3, 6.6)))
    answers = sequence(grade.submission(divergences, far), len(far), "the list of divergences")
    for answer, case in zip(answers, far, strict=True):
        assert off(answer, quadrature(*case)) < 1e-3, "the formula is not the integral for an alpha far from (-1, 1)"


@points("2/5")
@hint("Expand the exponential for alpha near +-1: 1 - alpha^2 cancels.")
def test_limits(grade):
    """At alpha = 1 and alpha = -1, and next to them, the formula gives the KL."""
    for limit in (1.0, -1.0):
        gaussians = random_gaussians(grade.rng)
        step = uniform(grade.rng, 1e-6, 2e-6)
        cases = [(*gaussians, alpha) for alpha in (limit, limit - step, limit + step)]
        answers = sequence(grade.submission(divergences, cases), len(cases), "the list of divergences")
        for answer, where in zip(answers, ("at", "just below", "just above"), strict=True):
            right = off(answer, quadrature(*gaussians, limit)) < 1e-4
            assert right, f"{where} alpha = {limit:.0f} the formula does not give the KL that it tends to"
        mean1, _, std = random_gaussians(grade.rng)
        mean2 = mean1 + std * uniform(grade.rng, 2, 2.5)
        cases = [(mean1, mean2, std, limit + side * uniform(grade.rng, 0.004, 0.008)) for side in (-1, 1)]
        answers = sequence(grade.submission(divergences, cases), len(cases), "the list of divergences")
        for answer, case in zip(answers, cases, strict=True):
            right = off(answer, quadrature(*case)) < 1e-4
            assert right, f"an alpha that is close to {limit:.0f} is not {limit:.0f}: the formula is not right there"
