"""Hidden checks of hw1/gaussian_fits: the KL on a grid, and the Gaussian that the forward and the reverse KL choose.

Oracle   the closed form of the KL between Gaussians; an explicit sum where p has holes; the moments of the grid density
         (forward); the component itself, which is a local optimum of the reverse KL when the other is far away; for
         the first steps, central differences of the Riemann sum.
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

PROMISES = {
    "kl_grid": {
        "KL(p || q) in nats, (): the Riemann sum of p log(p / q) over a grid with spacing dx.": (
            "kl_of_two_gaussians, kl_where_p_is_zero"
        ),
        "log_p, log_q (N,) are the log densities at the grid points.": "kl_of_two_gaussians",
        "Where p is 0, that is log_p = -inf, the point contributes exactly 0, whatever log_q is there": (
            "kl_where_p_is_zero"
        ),
        "Where q is 0 and p is not, the result is inf.": "kl_where_p_is_zero",
    },
    "fit_gaussian": {
        "Mean () and standard deviation () of the Gaussian q fitted to p by gradient descent from (mean0, log_std0).": (
            "forward_fit_matches_moments, reverse_fit_seeks_the_near_mode, first_steps"
        ),
        "log_p (N,) is the log density of p on `grid` (N,), evenly spaced.": "forward_fit_matches_moments",
        '`direction` is "forward", minimise KL(p || q), or "reverse", minimise KL(q || p).': (
            "forward_fit_matches_moments, reverse_fit_seeks_the_near_mode"
        ),
        "The parameters that move are the mean and the logarithm of the standard deviation.": "first_steps",
        "which decide in which local minimum the reverse fit ends": "reverse_fit_seeks_the_near_mode",
        "each of the `steps` steps subtracts learning_rate times their gradient of the Riemann sum": "first_steps",
        "The results carry no gradient.": "first_steps",
        "Raises ValueError for any other direction.": "other_directions",
    },
}

DIRECTIONS = ("forward", "reverse")


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


@probe
def few_steps(student, log_p, grid, direction, mean0, log_std0, schedule):
    """Mean and standard deviation after some steps, for every (steps, learning_rate); whether they carry a gradient."""
    found = []
    for steps, learning_rate in schedule:
        mean, std = student.fit_gaussian(
            log_p, grid, direction, mean0, log_std0, steps=steps, learning_rate=learning_rate
        )
        found.append([mean, std, any(bool(getattr(part, "requires_grad", False)) for part in (mean, std))])
    return found


@probe
def directions(student, log_p, grid, asked):
    """What fit_gaussian does for every (direction, steps): "fits", or the name of what it raises."""
    found = []
    for direction, steps in asked:
        try:
            student.fit_gaussian(log_p, grid, direction, 0.0, 0.0, steps=steps)
            found.append("fits")
        except ValueError:
            found.append("ValueError")
        except Exception:
            found.append("another error")
    return found


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


@points("1/5")
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
    # A q so narrow and so far away that log q is some hundreds below 0 where p has its mass.
    m1, m2, s1, s2 = -uniform(grade.rng, 2, 3), uniform(grade.rng, 2, 3), 0.8, uniform(grade.rng, 0.2, 0.25)
    cases.append((log_gaussian(grid, m1, s1), log_gaussian(grid, m2, s2), (grid[1] - grid[0]).item()))
    exact.append(math.log(s2 / s1) + (s1**2 + (m1 - m2) ** 2) / (2 * s2**2) - 0.5)
    answers = sequence(grade.submission(divergences, cases), len(cases), "the list of divergences")
    for answer, kl in zip(answers, exact, strict=True):
        assert abs(number(answer, "kl_grid") - kl) < 1e-5 * (1 + kl), "kl_grid is not KL(p || q) of two Gaussians"


@points("1/5")
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
    heights = torch.rand(len(grid), generator=grade.rng, dtype=torch.float64) + 0.5
    heights[0] = heights[-1] = 3.0  # at the ends p is largest: they count like all others
    log_p = (heights / heights.sum() / dx).log()
    kl = dx * math.fsum(math.exp(p) * (p - q) for p, q in zip(log_p.tolist(), log_q.tolist(), strict=True))
    (answer,) = sequence(grade.submission(divergences, [(log_p, log_q, dx)]), 1, "the list of divergences")
    value = number(answer, "kl_grid for a p that does not vanish at the ends")
    assert abs(value - kl) < 1e-5 * (1 + kl), "kl_grid is not the Riemann sum when p does not vanish at the ends"
    single = log_q.clone()
    single[len(grid) // 2] = -math.inf
    answers = sequence(
        grade.submission(divergences, [(log_p, holes, dx), (log_p, single, dx)]), 2, "the list of divergences"
    )
    for answer in answers:
        value = number(answer, "kl_grid where q is 0 and p is not", finite=False, largest=math.inf)
        assert value == math.inf, "kl_grid is not infinite although q is 0 where p is not"


@points("1/5")
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


@points("1/5")
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


@points("1/10")
@hint("Take one step by hand: parameter minus learning_rate times gradient. Which two parameters move?")
def test_first_steps(grade):
    """After a few steps `fit_gaussian` is where plain gradient descent on (mean, log std) is, for any rate."""
    grid = random_grid(grade.rng)
    log_p, _ = two_components(grid, grade.rng, spread=1.5)
    start = uniform(grade.rng, -1, 1), uniform(grade.rng, -0.2, 0.4)
    schedule = [(0, 0.1), (1, uniform(grade.rng, 0.05, 0.1)), (4, uniform(grade.rng, 0.02, 0.05))]
    runs = [(direction, start, schedule, log_p, grid) for direction in DIRECTIONS]
    # Starts from which the gradient is large: a narrow q for the forward KL, a wide one for the reverse KL.
    narrow = uniform(grade.rng, -1, 1), uniform(grade.rng, -0.8, -0.6)
    wide = uniform(grade.rng, -1, 1), uniform(grade.rng, 0.6, 0.8)
    for direction, steep in zip(DIRECTIONS, (narrow, wide), strict=True):
        runs.append((direction, steep, [(2, uniform(grade.rng, 0.005, 0.01))], log_p, grid))
    # A grid that ends where q does not: what lies outside is not in the sum, and q is no other density for it.
    short = torch.linspace(-uniform(grade.rng, 1.5, 2), uniform(grade.rng, 1, 1.5), 201, dtype=torch.float64)
    log_p_there = log_gaussian(short, uniform(grade.rng, -0.5, 0.5), uniform(grade.rng, 0.6, 0.9))
    wide = uniform(grade.rng, -1, 1), uniform(grade.rng, -0.2, 0.2)
    runs += [(direction, wide, [(2, uniform(grade.rng, 0.05, 0.1))], log_p_there, short) for direction in DIRECTIONS]
    for direction, start, schedule, log_p, grid in runs:
        answers = grade.submission(few_steps, log_p, grid, direction, *start, schedule)
        for answer, (steps, rate) in zip(sequence(answers, len(schedule), "the list of fits"), schedule, strict=True):
            mean, std, carries = sequence(answer, 3, "what comes back")
            true_mean, true_log_std = descended(log_p, grid, direction, *start, steps, rate)
            off = abs(number(mean, "the mean of fit_gaussian") - true_mean)
            assert off < 1e-4, f"the mean after the first steps of the {direction} fit is not that of gradient descent"
            off = abs(number(std, "the standard deviation of fit_gaussian") - math.exp(true_log_std))
            assert off < 1e-4, (
                f"the standard deviation after the first steps of the {direction} fit is not that of gradient descent "
                "on its logarithm"
            )
            assert carries is False, "what fit_gaussian returns still carries a gradient"


def descended(log_p, grid, direction, mean, log_std, steps, rate):
    """Mean and log standard deviation after some steps; the gradient by central differences of the Riemann sum."""
    dx, p = (grid[1] - grid[0]).item(), log_p.exp()

    def loss(mean, log_std):
        log_q = log_gaussian(grid, mean, math.exp(log_std))
        terms = p * (log_p - log_q) if direction == "forward" else log_q.exp() * (log_q - log_p)
        return terms.sum().item() * dx

    h = 1e-5
    for _ in range(steps):
        by_mean = (loss(mean + h, log_std) - loss(mean - h, log_std)) / (2 * h)
        by_log_std = (loss(mean, log_std + h) - loss(mean, log_std - h)) / (2 * h)
        mean, log_std = mean - rate * by_mean, log_std - rate * by_log_std
    return mean, log_std


@points("1/10")
@hint("Say what `direction` must be, in a ValueError.")
def test_other_directions(grade):
    """A direction that does not exist is refused with a ValueError, the two that exist are not."""
    grid = random_grid(grade.rng)
    names = ["forward", "sideways", "reverse", "Forward", "rev", ""]
    asked = [(name, steps) for name in names for steps in (0, 1)]  # not even without a step
    found = sequence(
        grade.submission(directions, log_gaussian(grid, 0.0, 1.0), grid, asked), len(asked), "what comes back"
    )
    for (name, _), what in zip(asked, found, strict=True):
        if name in DIRECTIONS:
            assert what == "fits", f"direction {name!r} is refused"
        else:
            assert what == "ValueError", "a direction that is neither forward nor reverse does not raise ValueError"
