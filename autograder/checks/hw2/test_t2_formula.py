"""Hidden checks of hw2/t2_formula: the variances of two gradient estimators of d/dmean E[z^2].

Oracle   12 Gauss-Hermite nodes, exact for the polynomials that the two estimators and their squares are.
Error    1e-12 of the value; 1e-4 is allowed.
Cost     0.02 s.
Rejects  every mistake in t2_formula.mistakes.md.
"""

from collections.abc import Iterator

import numpy as np
import torch

from autograder.checking import Grade, hint, number, points, probe, sequence
from autograder.judging.instruments import gauss_hermite, near

PROMISES = {
    "estimator_variances": {
        "Variances of two estimators of d/dmean E[z^2], z ~ N(mean, std^2), each from a single draw of z.": (
            "reparametrisation, score"
        ),
        "The first belongs to the reparametrisation estimator, the second to the score-function estimator": (
            "reparametrisation, score"
        ),
        "mean and std > 0 are numbers, and so are both results.": "reparametrisation",
    },
}


@probe
def variances(student, cases: list) -> list:
    """Both variances for every (mean, std)."""
    return [student.estimator_variances(*case) for case in cases]


def answers(grade: Grade) -> Iterator[tuple[list, float, float]]:
    """What the submission gives for several Gaussians, and which they are; at 1 and 1 the truth is 4 and 30."""
    low, high = torch.tensor([-2, 0.4]).double(), torch.tensor([2, 0.8]).double()
    narrow = low + (high - low) * torch.rand(4, 2, generator=grade.rng, dtype=torch.float64)
    wide = narrow * torch.tensor([0.5, 2.5]).double()
    cases = [[1.0, 1.0], *narrow.tolist(), *wide.tolist()]
    found = sequence(grade.submission(variances, cases), len(cases), "the list of variances")
    for answer, case in zip(found, cases, strict=True):
        yield sequence(answer, 2, "the result of estimator_variances"), *case


def variance(draws: np.ndarray, weights: np.ndarray) -> float:
    return float(weights @ (draws - weights @ draws) ** 2)


@points("2/5")
@hint("Write z = mean + std eps: the estimator is the derivative of z^2 with respect to mean at a fixed eps.")
def test_reparametrisation(grade):
    """The variance of the reparametrisation estimator."""
    eps, weights = gauss_hermite(12)
    for answer, mean, std in answers(grade):
        value, truth = number(answer[0], "the first variance"), variance(2 * (mean + std * eps), weights)
        assert near(value, truth), "the variance of the reparametrisation estimator is not right"


@points("3/5")
@hint("The estimator is z^2 times the derivative of log q(z). Its square needs the moments of eps up to the sixth.")
def test_score(grade):
    """The variance of the score-function estimator."""
    eps, weights = gauss_hermite(12)
    for answer, mean, std in answers(grade):
        value, truth = number(answer[1], "the second variance"), variance((mean + std * eps) ** 2 * eps / std, weights)
        assert near(value, truth), "the variance of the score-function estimator is not right"
