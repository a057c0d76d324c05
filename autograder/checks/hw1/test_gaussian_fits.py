"""Hidden checks of hw1/gaussian_fits: the KL on a grid, and the Gaussian that the forward and the reverse KL choose.

Oracle   the closed form of the KL between Gaussians; an explicit sum where p has holes; the moments of the grid density
         (forward); the component itself, which is a local optimum of the reverse KL when the other is far away.
Error    the Riemann sum of a smooth density that vanishes at both ends is exact to 1e-12; 1e-5 is allowed. The
         component is the reverse optimum to 1.2e-4 (measured on 10 seeds); 0.02 is allowed for the fits, which the
         reference meets within 1e-4 (20 seeds).
Cost     1.2 s, of which the fits take all.
Rejects  every mistake in gaussian_fits.mistakes.md.
"""

import math

import torch

from autograder.checking import hint, limits, number, points, probe, sequence
from autograder.judging.instruments import uniform


@probe
def divergences(student, cases):
    """kl_grid of every (log_p, log_q, dx)."""
    return [student.kl_grid(log_p, log_q, dx) for log_p, log_q, dx in cases]


@probe
def fits(student, log_p, grid, direction, starts):
    """Mean and standard deviation that fit_gaussian finds from every start (mean0, log_std0)."""
    pairs = []
    for mean0, log_std0 in starts:
        mean, std = student.fit_gaussian(log_p, grid, direction, mean0, log_std0)
        pairs.append([mean, std])
    return pairs


def log_gaussian(grid, mean, std):
    return -0.5 * ((grid - mean) / std) ** 2 - math.log(std) - 0.5 * math.log(2 * math.pi)


def random_grid(rng):
    """An even grid that is not centred at 0; its ends are more than 9 standard deviations from everything below."""
    return torch.linspace(-uniform(rng, 15, 16), uniform(rng, 15, 16), 401, dtype=torch.float64)


def two_components(grid, rng, spread):
    """The log density of w N(m1, s1^2) + (1 - w) N(m2, s2^2) with m2 - m1 near 2 spread; its (mean, std) pairs."""
    w, left, right = uniform(rng, 0.3, 0.7), -spread * uniform(rng, 1.0, 1.2), spread * uniform(rng, 0.8, 1.0)
    components = (left, uniform(rng, 0.45, 0.65)), (right, uniform(rng, 0.45, 0.65))
    first, second = (log_gaussian(grid, *component) for component in components)
    return torch.logaddexp(math.log(w) + first, math.log(1 - w) + second), components


@points("1/4")
@hint("Write the integral of p log(p / q) down, then the Riemann sum; which of its factors come from the arguments?")
def test_kl_of_two_gaussians(grade):
    """`kl_grid` gives the KL of two Gaussians, in this direction and not the other."""
    cases, exact = [], []
    for _ in range(4):
        grid = random_grid(grade.rng)
        m1, m2 = uniform(grade.rng, -1.5, -0.2), uniform(grade.rng, 0.3, 1.2)
        s1, s2 = uniform(grade.rng, 0.6, 0.9), uniform(grade.rng, 1.1, 1.6)
        cases.append((log_gaussian(grid, m1, s1), log_gaussian(grid, m2, s2), (grid[1] - grid[0]).item()))
        exact.append(math.log(s2 / s1) + (s1**2 + (m1 - m2) ** 2) / (2 * s2**2) - 0.5)
    answers = sequence(grade.submission(divergences, cases), len(cases), "the list of divergences")
    for answer, kl in zip(answers, exact, strict=True):
        assert abs(number(answer, "kl_grid") - kl) < 1e-5 * (1 + kl), "kl_grid is not KL(p || q) of two Gaussians"


@points("1/4")
@hint("What is 0 times infinity in floating point? Choose with torch.where, before you multiply.")
def test_kl_where_p_is_zero(grade):
    """`kl_grid` is finite when p is 0 on a part of the grid, whatever q is there."""
    grid = random_grid(grade.rng)
    dx = (grid[1] - grid[0]).item()
    log_q = log_gaussian(grid, uniform(grade.rng, -0.5, 0.5), uniform(grade.rng, 1.5, 2.5))
    inside = (grid > -uniform(grade.rng, 2, 4)) & (grid < uniform(grade.rng, 1, 3))
    weights = torch.where(inside, torch.rand(len(grid), generator=grade.rng, dtype=torch.float64) + 0.5, 0.0)
    log_p = (weights / weights.sum() / dx).log()
    holes = log_q.clone()
    holes[~inside] = -math.inf
    terms = zip(log_p[inside].tolist(), log_q[inside].tolist(), strict=True)
    kl = dx * math.fsum(math.exp(p) * (p - q) for p, q in terms)
    cases = [(log_p, log_q, dx), (log_p, holes, dx)]
    answers = sequence(grade.submission(divergences, cases), 2, "the list of divergences")
    for answer, where in zip(answers, ("where p is 0", "where both p and q are 0"), strict=True):
        value = number(answer, f"kl_grid for a grid with points {where}")
        assert abs(value - kl) < 1e-5 * (1 + kl), f"points {where} must contribute nothing to kl_grid"


@points("1/4")
@limits(cpu_seconds=30, wall_seconds=90)
@hint("The forward KL is large wherever p has mass and q has none: which density weighs the log ratio?")
def test_forward_fit_matches_moments(grade):
    """The forward fit has the mean and the standard deviation of p, though it starts at one of two modes."""
    grid = random_grid(grade.rng)
    log_p, ((left, _), _) = two_components(grid, grade.rng, spread=1.5)
    p = log_p.exp() / log_p.exp().sum()
    mean = (p * grid).sum()
    std = (p * (grid - mean) ** 2).sum().sqrt()
    starts = [(left + uniform(grade.rng, -0.5, 0.5), uniform(grade.rng, -0.2, 0.3))]
    judge_fits(grade, log_p, grid, "forward", starts, [(mean, std)], "which is not that of p itself")


@points("1/4")
@limits(cpu_seconds=30, wall_seconds=90)
@hint("The reverse KL is an average under q. Look at the density that your result describes on top of p.")
def test_reverse_fit_seeks_the_near_mode(grade):
    """The reverse fit started near a mode ends at that mode, with the width of that mode."""
    grid = random_grid(grade.rng)
    log_p, components = two_components(grid, grade.rng, spread=2.7)
    starts = [(mean + uniform(grade.rng, -0.5, 0.5), uniform(grade.rng, -0.4, 0.1)) for mean, _ in components]
    judge_fits(grade, log_p, grid, "reverse", starts, components, "which is not that of the mode it started from")


def judge_fits(grade, log_p, grid, direction, starts, expected, why):
    """Fail unless the fit from every start has the expected mean and standard deviation."""
    answers = sequence(grade.submission(fits, log_p, grid, direction, starts), len(starts), "the list of fits")
    for answer, (mean, std) in zip(answers, expected, strict=True):
        answer = sequence(answer, 2, "the result of fit_gaussian")
        off = abs(number(answer[0], "the mean of fit_gaussian") - mean)
        assert off < 0.02, f"the {direction} fit ends with a mean {why}"
        off = abs(number(answer[1], "the standard deviation of fit_gaussian") - std)
        assert off < 0.02, f"the {direction} fit ends with a standard deviation {why}"
