"""Hidden checks of hw6/t4_formula: the posterior of a chain that adds noise and does not shrink.

Oracle   Bayes' rule summed on a fine grid.
Error    1e-10; 1e-6 is allowed.
Cost     0.05 s.
Rejects  every mistake in t4_formula.mistakes.md.
"""

from collections.abc import Iterator

import torch

from autograder.checking import Grade, hint, number, points, probe, sequence

PROMISES = {
    "ve_posterior": {
        "Mean and variance of q(x_{t-1} | x_t, x_0) in a chain that adds noise and never shrinks its points.": (
            "mean, variance"
        ),
        "have the mean x_0 and the standard deviations 0 <= sigma_before < sigma_now": "mean, variance",
        "x_t is x_{t-1} plus independent noise": "mean, variance",
        "All are numbers.": "mean, variance",
    }
}


@probe
def posteriors(student, cases: list) -> list:
    """Mean and variance for every (x0, xt, sigma_before, sigma_now)."""
    return [student.ve_posterior(*case) for case in cases]


def bayes(x0: float, xt: float, before: float, now: float) -> tuple[float, float]:
    if before == 0:
        return x0, 0.0
    x = torch.linspace(x0 - 12 * before, x0 + 12 * before, 40_001, dtype=torch.float64)
    w = (-((x - x0) ** 2) / (2 * before**2) - (xt - x) ** 2 / (2 * (now**2 - before**2))).softmax(0)
    mean = (w * x).sum()
    return mean.item(), (w * (x - mean) ** 2).sum().item()


def answers(grade: Grade) -> Iterator[tuple[list, tuple[float, float]]]:
    """What the submission gives, and Bayes' rule; in one of the cases there is no noise before the step."""
    u = torch.rand(6, 4, generator=grade.rng, dtype=torch.float64).tolist()
    cases = [[4 * a - 2, 4 * b - 2, 0.2 + c, (0.2 + c) * (1.2 + d)] for a, b, c, d in u]
    cases[3][2] = 0.0
    found = sequence(grade.submission(posteriors, cases), 6, "the list of posteriors")
    for answer, case in zip(found, cases, strict=True):
        yield sequence(answer, 2, "the result of ve_posterior"), bayes(*case)


@points("1/2")
@hint("Two Gaussians in x_{t-1}: around x_0 with the variance of then, around x_t with what came after.")
def test_mean(grade: Grade) -> None:
    """The mean of the posterior."""
    for answer, (mean, _) in answers(grade):
        assert abs(number(answer[0], "the mean") - mean) < 1e-6 * (1 + abs(mean)), "the mean is not that of Bayes' rule"


@points("1/2")
@hint("The precisions of the two Gaussians add.")
def test_variance(grade: Grade) -> None:
    """The variance of the posterior."""
    for answer, (_, variance) in answers(grade):
        assert abs(number(answer[1], "the variance") - variance) < 1e-6, "the variance is not that of Bayes' rule"
