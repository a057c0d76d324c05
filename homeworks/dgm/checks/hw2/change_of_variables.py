"""Public checks of `change_of_variables`."""

import math

import torch
from dgm.checking import public_check


@public_check("one number per row; a map that scales every coordinate")
def scaling(student):
    x = torch.randn(5, 3, dtype=torch.float64)
    value = torch.as_tensor(student.log_abs_det_jacobian(lambda x: 2 * x, x))
    assert tuple(value.shape) == (5,), f"the result should have shape (B,) = (5,), but it has {tuple(value.shape)}"
    expected = torch.full((5,), 3 * math.log(2), dtype=torch.float64)
    assert torch.allclose(value.double(), expected, atol=1e-4), "x -> 2 x multiplies volumes by 2 in each direction"


@public_check("swapping two coordinates keeps all volumes")
def swap(student):
    x = torch.randn(4, 2, dtype=torch.float64)
    value = torch.as_tensor(student.log_abs_det_jacobian(lambda x: x.flip(-1), x))
    assert value.abs().max() < 1e-4, "a determinant of -1 has absolute value 1, whose logarithm is 0"


@public_check("every row has its own Jacobian")
def row_by_row(student):
    x = torch.randn(4, 2, dtype=torch.float64)

    def f(x):
        return x + 0.5 * torch.tanh(x.flip(-1))

    together = torch.as_tensor(student.log_abs_det_jacobian(f, x)).double()
    alone = torch.cat([torch.as_tensor(student.log_abs_det_jacobian(f, row[None])) for row in x]).double()
    assert torch.allclose(together, alone, atol=1e-4), "a row gives something else alone than in a batch"


@public_check("a tiny determinant is still no infinity")
def tiny(student):
    x = torch.randn(2, 50, dtype=torch.float64)
    value = torch.as_tensor(student.log_abs_det_jacobian(lambda x: 1e-8 * x, x))
    assert value.isfinite().all(), "the determinant is below the smallest float: take the logarithm another way"


@public_check("twice a standard normal is N(0, 4)")
def doubled(student):
    x = torch.randn(6, 1, dtype=torch.float64)
    standard, wide = torch.distributions.Normal(0.0, 1.0), torch.distributions.Normal(0.0, 2.0)
    value = student.transformed_log_prob(lambda z: standard.log_prob(z).sum(-1), lambda x: x / 2, x)
    value = torch.as_tensor(value).double()
    assert tuple(value.shape) == (6,), f"the result should have shape (B,) = (6,), but it has {tuple(value.shape)}"
    assert torch.allclose(value, wide.log_prob(x)[:, 0], atol=1e-4), "x = 2 z for a standard normal z has std 2"
