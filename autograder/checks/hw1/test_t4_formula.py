"""Hidden checks of hw1/t4_formula: the ELBO of a one-dimensional conjugate model as a closed form.

Oracle   Quadrature: the average over q of log p(x, z) - log q(z), a sum over 8 Gauss-Hermite nodes (exact, for the
         integrand is a quadratic), with torch.distributions for every density; and log p(x) = log of the integral of
         p(x, z) over z, a sum on a grid, which the ELBO reaches at the posterior found on the same grid.
Error    The oracles agree with the reference to 1e-10; 1e-4 is allowed, so that float32 may be used inside.
Cost     0.05 s.
Rejects  every mistake in t4_formula.mistakes.md.
"""

import math

import numpy as np
import torch
from torch import Tensor
from torch.distributions import Normal

from autograder.checking import Grade, hint, points, probe
from autograder.judging.instruments import each

PROMISES = {
    "conjugate_elbo": {
        "The ELBO E_q[log p(x, z)] - E_q[log q(z)] in a one-dimensional conjugate model, in closed form, in nats.": (
            "value, tight_at_the_posterior"
        ),
        "p(z) = N(0, 1), p(x | z) = N(x; z, s^2), q = N(m, v); s is a standard deviation, v a variance.": "value",
        "All arguments are numbers, s > 0, v > 0, and so is the result.": "value",
    },
}


@probe
def values(student, cases: list) -> list:
    """The ELBO of every case (x, m, v, s)."""
    return [student.conjugate_elbo(*case) for case in cases]


def answers(grade: Grade, cases: list) -> Tensor:
    return each(grade, values, cases, "the ELBO")


def random_cases(rng: torch.Generator, n: int) -> list:
    """n times x, m, v, s as numbers: v a variance, s a standard deviation, neither near 1 as a rule."""
    low, high = torch.tensor([-2.5, -1.5, 0.1, 0.4]).double(), torch.tensor([2.5, 1.5, 2.0, 1.7]).double()
    return (low + (high - low) * torch.rand(n, 4, generator=rng, dtype=torch.float64)).tolist()


def log_joint(x: float, z: Tensor, s: float) -> Tensor:
    return Normal(0.0, 1.0).log_prob(z) + Normal(z, s).log_prob(torch.full_like(z, x))


def elbo_by_quadrature(x: float, m: float, v: float, s: float) -> float:
    nodes, weights = (torch.from_numpy(part) for part in np.polynomial.hermite_e.hermegauss(8))
    z = m + math.sqrt(v) * nodes
    integrand = log_joint(x, z, s) - Normal(torch.tensor(m, dtype=torch.float64), math.sqrt(v)).log_prob(z)
    return ((weights * integrand).sum() / weights.sum()).item()


def evidence_and_posterior(x: float, s: float) -> tuple[float, float, float]:
    """log p(x), and the mean and variance of p(z | x), from sums over a grid of z."""
    z = torch.linspace(-12, 12, 24_001, dtype=torch.float64)
    log_p = log_joint(x, z, s)
    weight = log_p.softmax(0)
    mean = (weight * z).sum()
    log_px = log_p.logsumexp(0) + math.log(z[1] - z[0])
    return log_px.item(), mean.item(), (weight * (z - mean) ** 2).sum().item()


@points("3/5")
@hint("Take the expectations of the three log densities under q one by one; E[(z - c)^2] = v + (m - c)^2.")
def test_value(grade):
    """The formula is E_q[log p(x, z)] - E_q[log q(z)]."""
    cases = random_cases(grade.rng, 12)
    cases += [[x, m, 1e-6 * v, s] for x, m, v, s in random_cases(grade.rng, 2)]  # a q that is nearly a point
    truth = torch.tensor([elbo_by_quadrature(*case) for case in cases], dtype=torch.float64)
    assert ((answers(grade, cases) - truth).abs() < 1e-4 * truth.abs().clamp(min=1)).all(), "the ELBO is not right"


@points("2/5")
@hint("What q loses is KL(q || p(z | x)), and that is zero exactly at the posterior.")
def test_tight_at_the_posterior(grade):
    """The ELBO is log p(x) when q is the posterior, and less for any other q."""
    exact, others, evidence = [], [], []
    for x, m, v, s in random_cases(grade.rng, 8):
        log_px, mean, variance = evidence_and_posterior(x, s)
        exact.append([x, mean, variance, s])
        others += [[x, mean + m / 5 + math.copysign(0.1, m), variance, s], [x, mean, variance * (1.3 + v), s]]
        evidence += [log_px]
    evidence = torch.tensor(evidence, dtype=torch.float64)
    error = (answers(grade, exact) - evidence).abs()
    assert (error < 1e-4 * evidence.abs().clamp(min=1)).all(), "at the exact posterior the ELBO is not log p(x)"
    assert (answers(grade, others) < evidence.repeat_interleave(2)).all(), "the ELBO of another q reaches log p(x)"
