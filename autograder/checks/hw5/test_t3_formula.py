"""Hidden checks of hw5/t3_formula: the Fréchet distance in the plane.

Oracle   The mean squared length of the linear map that moves one Gaussian onto the other, with the map from symmetric
         square roots (eigendecompositions): no trace or determinant of the formula is used.
Error    It agrees with the reference to 1e-12; 1e-4 is allowed.
Cost     0.1 s.
"""

import torch
from torch import Tensor

from autograder.checking import Grade, hint, points, probe, tensor

PROMISES = {
    "plane_frechet": {
        "The Fréchet distance of two Gaussians in the plane from traces and determinants alone": "commuting, generic",
        "mean1 and mean2 are (2,); cov1 and cov2 (2, 2) are positive definite and need not commute.": "generic",
    }
}


@probe
def distance(student, mean1: Tensor, cov1: Tensor, mean2: Tensor, cov2: Tensor) -> Tensor:
    return student.plane_frechet(mean1, cov1, mean2, cov2)


def root(S: Tensor) -> Tensor:
    values, vectors = torch.linalg.eigh(S)
    return vectors @ torch.diag(values.sqrt()) @ vectors.T


def transported(mean1: Tensor, cov1: Tensor, mean2: Tensor, cov2: Tensor) -> float:
    """E |T(x) - x|^2 for x from the first Gaussian and the best map T(x) = mean2 + M (x - mean1)."""
    half = root(cov1)
    back = half.inverse()
    step = back @ root(half @ cov2 @ half) @ back - torch.eye(2, dtype=torch.float64)
    return ((mean1 - mean2).square().sum() + (step @ cov1 @ step.T).trace()).item()


def rotation(rng: torch.Generator) -> Tensor:
    return torch.linalg.qr(torch.randn(2, 2, generator=rng, dtype=torch.float64)).Q


def covariance(axes: Tensor, rng: torch.Generator) -> Tensor:
    variances = 0.2 + 3 * torch.rand(2, generator=rng, dtype=torch.float64) * torch.tensor([1.0, 0.2])
    return axes @ torch.diag(variances) @ axes.T


def judge(grade: Grade, case: list[Tensor], message: str) -> None:
    found = tensor(grade.submission(distance, *case), (), "the distance").item()
    truth = transported(*case)
    assert abs(found - truth) < 1e-6 * (1 + truth), message


@points("1/3")
@hint("With common axes the square roots may be taken axis by axis.")
def test_commuting(grade):
    """The distance of Gaussians with common axes."""
    for _ in range(3):
        axes, means = rotation(grade.rng), torch.randn(2, 2, generator=grade.rng, dtype=torch.float64)
        case = [means[0], covariance(axes, grade.rng), means[1], covariance(axes, grade.rng)]
        judge(grade, case, "the distance is not right for covariances with common axes")


@points("2/3")
@hint("For a 2 x 2 matrix with eigenvalues a and b: (sqrt a + sqrt b)^2 = a + b + 2 sqrt(ab). Which matrix is meant?")
def test_generic(grade):
    """The distance of Gaussians whose covariances do not commute."""
    for _ in range(4):
        means = torch.randn(2, 2, generator=grade.rng, dtype=torch.float64)
        case = [means[0], covariance(rotation(grade.rng), grade.rng), means[1]]
        case.append(covariance(rotation(grade.rng), grade.rng))
        judge(grade, case, "the distance is not right for covariances that do not commute")
