"""Hidden checks of hw1/t2_formula: the Gaussian closest in forward KL to a mixture of two.

Oracle   mean and variance of the mixture by quadrature on a wide even grid: they minimise the forward KL.
Error    1e-12; 1e-5 is allowed.
Cost     0.02 s.
Rejects  every mistake in t2_formula.mistakes.md.
"""

import torch

from autograder.checking import hint, number, points, probe, sequence
from autograder.judging.instruments import uniform

PROMISES = {
    "forward_kl_gaussian": {
        "Mean and variance of the Gaussian q with the smallest KL(p || q) for p = w N(-a, s^2) + (1 - w) N(a,": (
            "mean, variance"
        ),
        "All arguments are numbers: 0 <= w <= 1, s > 0.": "mean, variance",
    },
}


@probe
def gaussians(student, cases):
    """Mean and variance for every (w, a, s)."""
    pairs = []
    for w, a, s in cases:
        mean, variance = student.forward_kl_gaussian(w, a, s)
        pairs.append([mean, variance])
    return pairs


def moments(w, a, s):
    """Mean and variance of w N(-a, s^2) + (1 - w) N(a, s^2) by quadrature."""
    x = torch.linspace(-abs(a) - 15 * s, abs(a) + 15 * s, 20_001, dtype=torch.float64)
    p = w * (-0.5 * ((x + a) / s) ** 2).exp() + (1 - w) * (-0.5 * ((x - a) / s) ** 2).exp()
    p = p / p.sum()
    mean = (p * x).sum()
    return mean.item(), (p * (x - mean) ** 2).sum().item()


def answers_and_moments(grade):
    """What the submission gives for seven mixtures, each with the moments; w may be 0 or 1, and a negative."""
    weights = [uniform(grade.rng, low, high) for low, high in ((0.1, 0.4), (0.1, 0.4), (0.6, 0.9), (0.6, 0.9))]
    cases = [(w, uniform(grade.rng, 0.7, 2.5), uniform(grade.rng, 0.4, 0.9)) for w in weights]
    cases += [(w, uniform(grade.rng, 0.7, 2.5), uniform(grade.rng, 1.2, 1.8)) for w in (0.0, 1.0)]
    cases.append((uniform(grade.rng, 0.1, 0.4), -uniform(grade.rng, 0.7, 2.5), uniform(grade.rng, 0.4, 0.9)))
    answers = sequence(grade.submission(gaussians, cases), len(cases), "the list of Gaussians")
    for answer, case in zip(answers, cases, strict=True):
        yield sequence(answer, 2, "the result of forward_kl_gaussian"), moments(*case)


@points("1/2")
@hint("Which component carries the weight w?")
def test_mean(grade):
    """The mean of the best Gaussian is right for any weight."""
    for (mean, _), (expected, _) in answers_and_moments(grade):
        assert abs(number(mean, "the mean") - expected) < 1e-5, "the mean does not minimise the forward KL"


@points("1/2")
@hint("Within plus between: the components have a variance, and their means differ.")
def test_variance(grade):
    """The variance of the best Gaussian is right for any weight."""
    for (_, variance), (_, expected) in answers_and_moments(grade):
        right = abs(number(variance, "the variance") - expected) < 1e-5 * (1 + expected)
        assert right, "the variance does not minimise the forward KL"
