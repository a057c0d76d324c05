"""Hidden checks of hw5/t4_formula: the bias of the straight-through gradient for a linear decoder.

Oracle   Central differences of |A z - x|^2, exact for a quadratic, at z_q and at z_e, for a random x.
Error    They agree with the reference to 1e-9; 1e-4 is allowed.
Cost     0.1 s.
"""

import torch
from torch import Tensor

from autograder.checking import Grade, hint, points, probe, tensor

PROMISES = {
    "straight_through_bias": {
        "the straight-through gradient of |A z_q - x|^2 has too much: (D,)": "identity, linear_decoder",
        "A (m, D) is a linear decoder": "linear_decoder",
        "z_e (D,) the encoder's vector, z_q (D,) its code vector, held fixed.": "identity, linear_decoder",
        "the straight-through gradient with respect to z_e, minus the gradient of |A z - x|^2 at z = z_e": (
            "identity, linear_decoder"
        ),
    }
}


@probe
def bias(student, A: Tensor, z_e: Tensor, z_q: Tensor) -> Tensor:
    return student.straight_through_bias(A, z_e, z_q)


def slope(A: Tensor, z: Tensor, x: Tensor) -> Tensor:
    """The gradient of |A z - x|^2 by central differences."""
    steps = torch.eye(len(z), dtype=torch.float64)

    def loss(point: Tensor) -> Tensor:
        return (A @ point - x).square().sum()

    return torch.stack([(loss(z + step) - loss(z - step)) / 2 for step in steps])


def judge(grade: Grade, A: Tensor) -> None:
    m, D = A.shape
    z_e, z_q = torch.randn(2, D, generator=grade.rng, dtype=torch.float64)
    x = torch.randn(m, generator=grade.rng, dtype=torch.float64)
    truth = slope(A, z_q, x) - slope(A, z_e, x)
    found = tensor(grade.submission(bias, A, z_e, z_q), (D,), "the bias")
    assert ((found - truth).abs() < 1e-6 * (1 + truth.abs().max())).all(), "the bias is not right"


@points("1/2")
@hint("Straight through takes the gradient at z_q and uses it at z_e.")
def test_identity(grade):
    """The bias for a decoder that is the identity, or a multiple of it."""
    for D, factor in ((3, 1.0), (1, 1.0), (4, -0.7)):
        judge(grade, factor * torch.eye(D, dtype=torch.float64))


@points("1/2")
@hint("The gradient of |A z - x|^2 with respect to z is 2 A^T (A z - x).")
def test_linear_decoder(grade):
    """The bias for any linear decoder."""
    for m, D in ((4, 3), (2, 5), (1, 2)):
        judge(grade, torch.randn(m, D, generator=grade.rng, dtype=torch.float64))
