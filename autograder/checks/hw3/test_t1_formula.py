"""Hidden checks of hw3/t1_formula: the log-determinant of a planar map, without a matrix.

Oracle   Central differences of the planar map and the determinant of the whole matrix.
Error    1e-8; 1e-5 is allowed.
Cost     0.05 s.
"""

import torch
from torch import Tensor

from autograder.checking import Grade, hint, points, probe, tensor
from autograder.judging.instruments import normal

PROMISES = {
    "planar_log_det": {
        "log |det df/dz| (B,) of the planar map f(z) = z + u tanh(w^T z + b)": "invertible, folded",
        "for z (B, D), u (D,), w (D,) and a number b": "invertible, folded",
        "Costs O(B D): no matrix is made": "wide",
    }
}


@probe
def log_dets(student, z, u, w, b):
    return student.planar_log_det(z, u, w, b)


def truth(z: Tensor, u: Tensor, w: Tensor, b: float) -> Tensor:
    h, columns = 1e-6, []
    for step in h * torch.eye(len(u), dtype=torch.float64):
        up, down = (x + u * torch.tanh(x @ w + b)[:, None] for x in (z + step, z - step))
        columns.append((up - down) / (2 * h))
    return torch.linalg.slogdet(torch.stack(columns, -1)).logabsdet


def holds(grade: Grade, sizes: tuple, scale: float, message: str) -> None:
    for B, D in sizes:
        z, w, b = normal(grade.rng, B, D), normal(grade.rng, D), normal(grade.rng).item()
        u = normal(grade.rng, D)
        u = u + (scale - u @ w) * w / (w @ w)  # now u.w is the scale
        answer = tensor(grade.submission(log_dets, z, u, w, b), (B,), "the result of planar_log_det")
        assert ((answer - truth(z, u, w, b)).abs() < 1e-5).all(), message


@points("1/2")
@hint("det(I + u v^T) = 1 + v^T u. What is v here?")
def test_invertible(grade):
    """The log-determinant where the map is invertible."""
    for scale in (-0.8, 1.7):
        holds(grade, ((4, 2), (1, 5), (3, 1)), scale, "planar_log_det is not the log-determinant of the planar map")


@points("1/4")
@hint("The logarithm of the absolute value.")
def test_folded(grade):
    """The log-determinant where the determinant may be negative."""
    holds(grade, ((6, 2), (6, 4)), -6.0, "planar_log_det is not right where the map folds space over")
    z, w, b = normal(grade.rng, 4, 3), normal(grade.rng, 3), normal(grade.rng).item()
    z = z - ((z @ w + b) / (w @ w))[:, None] * w  # w.z + b is 0 there, and the determinant 1 + u.w
    u = normal(grade.rng, 3)
    u = u + (1e-3 - 1 - u @ w) * w / (w @ w)
    answer = tensor(grade.submission(log_dets, z, u, w, b), (4,), "the result of planar_log_det")
    right = ((answer - truth(z, u, w, b)).abs() < 1e-4).all()
    assert right, "planar_log_det is not right where the map nearly folds space over"


@points("1/4")
@hint("Everything needed is a product of two vectors.")
def test_wide(grade):
    """In two hundred thousand dimensions no matrix would fit into memory."""
    D = 200_000
    z, w = normal(grade.rng, 2, D), normal(grade.rng, D) / D**0.5
    u = 0.7 * w / (w @ w)
    answer = tensor(grade.submission(log_dets, z, u, w, 0.3), (2,), "the result of planar_log_det")
    slope = [1 - torch.tanh(row @ w + 0.3).item() ** 2 for row in z]
    expected = torch.log(torch.tensor([1 + 0.7 * value for value in slope], dtype=torch.float64))
    assert ((answer - expected).abs() < 1e-5).all(), "planar_log_det is not right in many dimensions"
