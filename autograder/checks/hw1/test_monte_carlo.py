"""Hidden checks of hw1/monte_carlo: the Monte Carlo estimate with its error bar, and the histogram as a density.

Oracle   the samplers draw from a generator with a known seed, so the judge draws the very same samples and computes
         their mean and standard deviation with math.fsum; the histogram is counted point by point.
Error    exact to 1e-12; 1e-5 is allowed, 1e-4 for the error bar, whose standard deviation may divide by n or by n - 1.
Cost     0.05 s.
Rejects  every mistake in monte_carlo.mistakes.md.
"""

import math

import torch

from autograder.checking import hint, number, points, probe, sequence, tensor

PROMISES = {
    "mc_expectation": {
        "Estimate () of E[f(x)] and its standard error (), from n samples drawn in one call.": (
            "estimate_is_the_mean_over_the_samples, standard_error_is_that_of_the_mean"
        ),
        "`sampler(n, generator)` returns n independent samples (n, ...), and `f` maps them to n values (n,).": (
            "estimate_is_the_mean_over_the_samples"
        ),
        "The standard error is the standard deviation of the estimate, not that of one value.": (
            "standard_error_is_that_of_the_mean"
        ),
    },
    "histogram_density": {
        "The histogram of x (N,) as a density: its height (K,) over each of the K bins between edges (K + 1,).": (
            "histogram_is_a_density"
        ),
        "The edges increase; the bins may differ in width.": "histogram_is_a_density",
        "Points outside [edges[0], edges[-1]] are ignored and do not count as data": "histogram_ignores_points_outside",
        "A point on an inner edge counts once, in either of the two bins that meet there.": "histogram_is_a_density",
        "Raises ValueError when no point lies in that range.": "empty_range",
    },
}


@probe
def draw(kind, n, generator):
    """n samples of one of three laws: (n,) exponential, (n, 3) normal, (n, 2, 2) uniform."""
    if kind == "exponential":
        return 0.3 - torch.log1p(-torch.rand(n, generator=generator, dtype=torch.float64))
    if kind == "normal":
        return torch.randn(n, 3, generator=generator, dtype=torch.float64) * 1.3 - 0.4
    return torch.rand(n, 2, 2, generator=generator, dtype=torch.float64)


@probe
def integrand(kind, x):
    """The function whose expectation is estimated, (n, ...) -> (n,)."""
    if kind == "exponential":
        return x**3 + 2
    if kind == "normal":
        return (x[:, 0] + x[:, 1] * x[:, 2]).exp()
    return torch.linalg.det(x) ** 2


@probe
def estimates(student, cases):
    """Estimate and standard error for every (kind, n, seed), and how often the sampler was called."""
    found = []
    for kind, n, seed in cases:
        generator, calls = torch.Generator().manual_seed(seed), []

        def f(x, kind=kind):
            return integrand(kind, x)

        def sampler(n, generator, kind=kind, calls=calls):
            calls.append(n)
            return draw(kind, n, generator)

        estimate, error = student.mc_expectation(f, sampler, n, generator)
        found.append([estimate, error, len(calls)])
    return found


@probe
def in_a_row(student, n, seed):
    """Two estimates of the mean of the exponential law, one after the other with the same generator."""
    generator = torch.Generator().manual_seed(seed)
    return [
        student.mc_expectation(lambda x: x, lambda n, rng: draw("exponential", n, rng), n, generator)[0]
        for _ in range(2)
    ]


@probe
def densities(student, cases):
    """The histogram density of every (x, edges)."""
    return [student.histogram_density(x, edges) for x, edges in cases]


@probe
def refusals(student, cases):
    """What histogram_density does with every (x, edges): "a density", or the name of what it raises."""
    found = []
    for x, edges in cases:
        try:
            found.append("nothing" if student.histogram_density(x, edges) is None else "a density")
        except ValueError:
            found.append("ValueError")
        except Exception:
            found.append("another error")
    return found


def random_cases(rng):
    """A (kind, n, seed) per law; n is a few hundred, and a few thousand for the last law."""
    for kind in ("exponential", "normal", "uniform"):
        low, high = (2100, 2900) if kind == "uniform" else (150, 400)
        n, seed = torch.randint(low, high, (1,), generator=rng), torch.randint(2**31, (1,), generator=rng)
        yield kind, n.item(), seed.item()


def answers_and_values(grade):
    """What `mc_expectation` gives for three laws, each with the values f(x) of the samples it was given."""
    cases = list(random_cases(grade.rng))
    answers = sequence(grade.submission(estimates, cases), len(cases), "the list of estimates")
    for answer, (kind, n, seed) in zip(answers, cases, strict=True):
        x = draw(kind, n, torch.Generator().manual_seed(seed))
        yield sequence(answer, 3, "what comes back"), integrand(kind, x).tolist()


def random_edges(K, rng):
    """K bins of different widths that do not start at 0."""
    widths = 0.2 + torch.rand(K + 1, generator=rng, dtype=torch.float64)
    return widths.cumsum(0) - 1.7


def count_by_hand(x, edges):
    """The density over the range of the edges; no point lies on an edge but for the first and the last."""
    x, edges = x.tolist(), edges.tolist()
    counts = [sum(low <= value <= high for value in x) for low, high in zip(edges[:-1], edges[1:], strict=True)]
    widths = [high - low for low, high in zip(edges[:-1], edges[1:], strict=True)]
    heights = [count / (sum(counts) * width) for count, width in zip(counts, widths, strict=True)]
    return torch.tensor(heights, dtype=torch.float64)


@points("1/4")
@hint("Draw n samples with the generator you were given, in one call, and average f over them.")
def test_estimate_is_the_mean_over_the_samples(grade):
    """The estimate is the mean of f over the n samples that the sampler gave."""
    for (estimate, _, calls), values in answers_and_values(grade):
        mean = math.fsum(values) / len(values)
        off = abs(number(estimate, "the estimate") - mean)
        assert off < 1e-5 * (1 + abs(mean)), "the estimate is not the mean of f over n samples of the sampler"
        assert calls == 1, "the sampler is called more than once: the n samples are to be drawn in one call"
    (_, n, seed), *_ = random_cases(grade.rng)
    generator = torch.Generator().manual_seed(seed)
    for estimate in sequence(grade.submission(in_a_row, n, seed), 2, "the two estimates"):
        off = abs(number(estimate, "the estimate") - draw("exponential", n, generator).mean().item())
        assert off < 1e-4, "a second estimate with the same generator does not use that generator's next samples"


@points("1/4")
@hint("The estimate is a mean of n independent values: how does its standard deviation shrink with n?")
def test_standard_error_is_that_of_the_mean(grade):
    """The standard error is the standard deviation of the estimate, not of one value."""
    for (_, error, _), values in answers_and_values(grade):
        n, mean = len(values), math.fsum(values) / len(values)
        squares = math.fsum((v - mean) ** 2 for v in values)
        error = number(error, "the standard error")
        right = any(abs(error / math.sqrt(squares / divisor / n) - 1) < 1e-4 for divisor in (n, n - 1))
        assert right, "the standard error is not the standard deviation of the estimate"


@points("1/5")
@hint("Height times width is the share of the points in a bin; the bins may differ in width.")
def test_histogram_is_a_density(grade):
    """`histogram_density` gives heights whose areas are the shares of the points, for bins of any width."""
    cases = []
    for K, n in ((1, 40), (4, 200), (9, 300)):
        edges = random_edges(K, grade.rng)
        span = edges[-1] - edges[0]
        cases.append((edges[0] + span * torch.rand(n, generator=grade.rng, dtype=torch.float64) ** 2, edges))
    edges = random_edges(5, grade.rng)
    near = torch.rand(30, generator=grade.rng, dtype=torch.float64)
    cases.append((edges[0] + (edges[2] - edges[0]) * near, edges))  # nothing in the last bins
    middle = (edges[1:] + edges[:-1]) / 2
    ends = torch.stack([edges[0], edges[0], edges[-1], edges[-1], edges[-1]])  # the range is closed on either side
    cases.append((torch.cat([ends, middle.repeat(4), middle[1:2].repeat(9)]), edges))  # and equal points are points
    judge_densities(grade, cases, "the height of a bin is not the share of its points over its width")
    judge_inner_edges(grade)


def judge_inner_edges(grade):
    """Fail unless a point on an inner edge counts exactly once, in one of the two bins beside it."""
    edges = random_edges(5, grade.rng)
    middle = (edges[1:] + edges[:-1]) / 2
    x = torch.cat([middle.repeat(3), edges[1:-1]])
    (answer,) = sequence(grade.submission(densities, [(x, edges)]), 1, "the list of histograms")
    density = tensor(answer, (5,), "the result of histogram_density")
    taken = (density * edges.diff() * len(x) - 3).cumsum(0)  # of the points on edges, by the bins up to each one
    right = torch.stack([(taken[:-1] - torch.arange(4) - side).abs() < 1e-3 for side in (0, 1)]).any(0)
    assert right.all() and (taken[-1] - 4).abs() < 1e-3, (
        "a point on an inner edge does not count once, in one of the two bins that meet there"
    )


@points("1/5")
@hint("Only the points inside the range are data: the areas of all bins make 1.")
def test_histogram_ignores_points_outside(grade):
    """`histogram_density` integrates to 1 over the range of the edges when many points lie outside."""
    cases = []
    for K in (3, 6):
        edges = random_edges(K, grade.rng)
        centre, span = (edges[0] + edges[-1]) / 2, edges[-1] - edges[0]
        cases.append((centre + 0.6 * span * torch.randn(300, generator=grade.rng, dtype=torch.float64), edges))
    cases.append((torch.stack([centre + 0.1 * span, centre + 2 * span]), edges))  # one point is a data set too
    judge_densities(grade, cases, "points outside the range of the edges change the density inside")


def judge_densities(grade, cases, complaint):
    answers = sequence(grade.submission(densities, cases), len(cases), "the list of histograms")
    for answer, (x, edges) in zip(answers, cases, strict=True):
        density = tensor(answer, (len(edges) - 1,), "the result of histogram_density")
        assert torch.allclose(density, count_by_hand(x, edges), rtol=1e-5, atol=1e-7), complaint


@points("1/10")
@hint("Without a point in the range there is no density to return: raise ValueError.")
def test_empty_range(grade):
    """`histogram_density` refuses data without a point in the range with a ValueError, and no other."""
    edges = random_edges(4, grade.rng)
    width = edges[-1] - edges[0]
    beyond = edges[-1] + width * (0.1 + torch.rand(7, generator=grade.rng, dtype=torch.float64))
    around = torch.cat([beyond, edges[:1] - width])
    cases = [(beyond, edges), (around, edges), (torch.cat([around, edges[:1] + 0.1 * width]), edges)]
    found = sequence(grade.submission(refusals, cases), len(cases), "what comes back")
    for what in found[:2]:
        assert what == "ValueError", "no point lies between the first and the last edge, and no ValueError is raised"
    assert found[2] == "a density", "data with one point in the range are refused"
