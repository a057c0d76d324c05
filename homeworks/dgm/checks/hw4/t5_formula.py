"""Public checks of `t5_formula`."""

import torch
from dgm.checking import public_check


@public_check("all mass moves from one point to another")
def two(student):
    w1, f = student.line_duality(torch.tensor([1.0, 0.0]), torch.tensor([0.0, 1.0]), torch.tensor([2.0, 5.0]))
    assert abs(float(w1) - 3) < 1e-5, "the points lie 3 apart"
    assert abs(float(f[0] - f[1]) - 3) < 1e-5, "the potential falls by 3 from the first to the second"


@public_check("mass crosses a gap in both directions")
def both(student):
    p, q = torch.tensor([0.0, 1.0, 0.0]), torch.tensor([0.5, 0.0, 0.5])
    x = torch.tensor([0.0, 1.0, 4.0])
    w1, f = student.line_duality(p, q, x)
    assert abs(float(w1) - 2) < 1e-5, "half of the mass travels 1, the other half 3"
    assert bool(((f[:, None] - f).abs() <= (x[:, None] - x).abs() + 1e-5).all()), "f is steeper than 1"
    assert abs(float(((p - q) * f).sum()) - 2) < 1e-5, "sum of (p - q) f should be the distance"
