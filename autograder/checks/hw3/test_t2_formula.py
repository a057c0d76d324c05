"""Hidden checks of hw3/t2_formula: the triangular map that makes a bivariate Gaussian uniform.

Oracle   The only increasing triangular map to the unit square: its Jacobian by central differences is triangular, has
         the Gaussian's density as determinant, and the values are integrals of the density on a grid: of the marginal
         of x_1, and of the conditional of x_2.
Error    1e-6; 1e-4 is allowed.
Cost     0.1 s.
"""

import torch
from torch import Tensor
from torch.distributions import MultivariateNormal

from autograder.checking import Grade, hint, points, probe, tensor

PROMISES = {
    "gaussian_to_uniform": {
        "The triangular map T (B, 2) under which a bivariate Gaussian becomes uniform on the unit "
        "square": "values, density",
        "x (B, 2), mean (2,), covariance (2, 2)": "values",
        "The first coordinate of T depends on x_1 alone, the second on x_1 and x_2": "density",
        "each increases in its own x_i": "values",
    }
}


@probe
def moved(student, x, mean, covariance):
    return student.gaussian_to_uniform(x, mean, covariance)


def cases(grade: Grade) -> list[tuple[Tensor, Tensor, Tensor]]:
    rng, found = grade.rng, []
    for B, lean in ((4, 0.8), (1, -0.7), (3, 0.1)):
        mean = torch.randn(2, generator=rng, dtype=torch.float64)
        std = 0.6 + torch.rand(2, generator=rng, dtype=torch.float64)
        covariance = torch.diag(std**2)
        covariance[0, 1] = covariance[1, 0] = lean * std[0] * std[1]
        x = mean + std * torch.randn(B, 2, generator=rng, dtype=torch.float64).clamp(-2, 2)
        found.append((x, mean, covariance))
    return found


@points("1/2")
@hint("The CDF of x_1, and the CDF of x_2 given x_1.")
def test_values(grade):
    """Both coordinates are integrals of the density."""
    for x, mean, covariance in cases(grade):
        answer = tensor(grade.submission(moved, x, mean, covariance), (len(x), 2), "the result of gaussian_to_uniform")
        law = MultivariateNormal(mean, covariance)
        line, coarse = (torch.linspace(-9, 9, n, dtype=torch.float64) for n in (601, 121))
        joint = law.log_prob(torch.cartesian_prod(line, coarse)).exp().view(601, 121)
        marginal = (joint.sum(1) * 0.03 * 0.15).cumsum(0)
        for row, (first, second) in zip(answer, x, strict=True):
            assert abs(row[0] - below(marginal, first)) < 1e-3, "the first coordinate is not the CDF of x_1"
            pairs = torch.stack([first.expand(601), line], 1)
            conditional = law.log_prob(pairs).exp()
            share = below((conditional / conditional.sum()).cumsum(0), second)
            assert abs(row[1] - share) < 1e-3, "the second coordinate is not the CDF of x_2 given x_1"
        far = mean + 4 * covariance.diagonal().sqrt() * torch.tensor([[-1.0], [1.0]])
        answer = tensor(grade.submission(moved, far, mean, covariance), (2, 2), "the result of gaussian_to_uniform")
        share = torch.stack([answer[0, 0], 1 - answer[1, 0]])
        right = ((share / torch.special.ndtr(torch.tensor(-4.0).double()) - 1).abs() < 1e-3).all()
        assert right, "the first coordinate is not the CDF of x_1 far out"


def below(cumulative: Tensor, place: Tensor) -> float:
    """The share of the mass below a place; cumulative sums end half a cell to the right of their node."""
    where = (place + 9) / 0.03 - 0.5
    left = int(where)
    return (cumulative[left] + (where - left) * (cumulative[left + 1] - cumulative[left])).item()


@points("1/2")
@hint("The determinant of the triangular Jacobian is p(x_1) p(x_2 | x_1).")
def test_density(grade):
    """The Jacobian is triangular, and its determinant is the density."""
    h = 1e-5
    for x, mean, covariance in cases(grade):
        steps = [sign * h * row for row in torch.eye(2, dtype=torch.float64) for sign in (1, -1)]
        everything = torch.cat([x + step for step in steps])
        answer = grade.submission(moved, everything, mean, covariance)
        parts = tensor(answer, (4 * len(x), 2), "the result of gaussian_to_uniform").split(len(x))
        J = torch.stack([(parts[0] - parts[1]) / (2 * h), (parts[2] - parts[3]) / (2 * h)], -1)
        assert J[:, 0, 1].abs().max() < 1e-9, "the first coordinate depends on x_2"
        density = MultivariateNormal(mean, covariance).log_prob(x).exp()
        assert (torch.linalg.det(J) - density).abs().max() < 1e-4, "the determinant is not the density of the Gaussian"
