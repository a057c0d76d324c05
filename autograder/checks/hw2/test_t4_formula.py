"""Hidden checks of hw2/t4_formula: how much a latent dimension of the best linear VAE carries.

Oracle   One direction of a linear VAE: x = w z + noise, with data of the given variance. The likelihood is maximised
         over w numerically, and the KL divergence of the exact posterior, averaged over the data, comes from the
         moments of that model; none of it uses the formula asked for.
Error    The numerical optimum agrees with the reference to 1e-7; 1e-5 is allowed.
Cost     0.1 s.
Rejects  every mistake in t4_formula.mistakes.md.
"""

import math

import torch
from torch import Tensor

from autograder.checking import Grade, hint, points, probe
from autograder.judging.instruments import each

PROMISES = {
    "linear_vae_kl": {
        "KL(q(z_j | x) || p(z_j)), averaged over the data, of one latent dimension of the best linear VAE, in": (
            "active, collapsed"
        ),
        "`eigenvalue` > 0 is the eigenvalue of the data's covariance that belongs to the dimension's principal": (
            "active"
        ),
        "Both are numbers; so is the result.": "active",
    },
}


@probe
def values(student, cases: list) -> list:
    """The KL divergence of every case (eigenvalue, noise_var)."""
    return [student.linear_vae_kl(*case) for case in cases]


def answers(grade: Grade, cases: list) -> Tensor:
    return each(grade, values, cases, "the KL divergence")


def best_w_squared(eigenvalue: float, noise_var: float) -> float:
    """The w^2 >= 0 that maximises the average log-likelihood of data with that variance: bisection on its slope."""

    def slope(w2: float) -> float:
        total = w2 + noise_var  # the variance of x in the model; log-likelihood -(log(total) + eigenvalue / total) / 2
        return eigenvalue / total**2 - 1 / total

    low, high = 0.0, 10 * (eigenvalue + noise_var)
    if slope(low) <= 0:
        return 0.0
    for _ in range(200):
        middle = (low + high) / 2
        low, high = (middle, high) if slope(middle) > 0 else (low, middle)
    return low


def kl_of_the_best(eigenvalue: float, noise_var: float) -> float:
    """KL(p(z | x) || p(z)) under the best w, averaged over data with that variance."""
    w2 = best_w_squared(eigenvalue, noise_var)
    variance = 1 / (1 + w2 / noise_var)
    mean_square = variance**2 * w2 / noise_var**2 * eigenvalue  # the posterior mean is variance * w x / noise_var
    return 0.5 * (variance + mean_square - 1 - math.log(variance))


def random_cases(rng: torch.Generator, n: int, low: float, high: float) -> list:
    """n pairs (eigenvalue, noise_var) with the ratio of the two between low and high."""
    u = torch.rand(n, 2, generator=rng, dtype=torch.float64)
    noise = 0.2 + 2.5 * u[:, 0]
    ratio = math.log(low) + (math.log(high) - math.log(low)) * u[:, 1]
    return torch.stack([noise * ratio.exp(), noise], dim=1).tolist()


@points("1/2")
@hint("Which w^2 is best, given the variance of the data along the direction? Then the KL, averaged over x.")
def test_active(grade):
    """Above the noise a dimension carries the KL divergence that the best linear VAE gives it."""
    cases = random_cases(grade.rng, 8, 1.2, 30)
    truth = torch.tensor([kl_of_the_best(*case) for case in cases], dtype=torch.float64)
    assert ((answers(grade, cases) - truth).abs() < 1e-5 * (1 + truth)).all(), "the KL of an active dimension is wrong"


@points("1/2")
@hint("When is w = 0 the best choice? And can a KL divergence be negative?")
def test_collapsed(grade):
    """Below the noise a dimension collapses and carries nothing; at the noise the two cases meet."""
    between_1_and_noise = (1.2, 1.3 + torch.rand((), generator=grade.rng).item())
    cases = [*random_cases(grade.rng, 6, 0.05, 0.9), (0.7, 0.7), (1.3, 1.3), between_1_and_noise]
    near = [(1.0001 * noise, noise) for _, noise in random_cases(grade.rng, 3, 1, 2)]
    active = random_cases(grade.rng, 2, 2, 9)
    asked = [*cases, *near, *active]
    order = torch.randperm(len(asked), generator=grade.rng)
    found = answers(grade, [asked[i] for i in order])[order.argsort()]
    assert (found > -1e-6).all(), "a KL divergence is negative"
    assert (found[: len(cases)] < 1e-6).all(), "a dimension with a variance below the noise has not collapsed"
    truth = torch.tensor([kl_of_the_best(*case) for case in near], dtype=torch.float64)
    just_above = found[len(cases) : len(cases) + len(near)]
    assert ((just_above - truth).abs() < 1e-6).all(), "just above the noise the KL is not nearly 0"
    assert (found[-len(active) :] > 0.1).all(), "an active dimension carries nothing"
