"""Public checks of `t1_formula`."""

import math

import torch
from dgm.checking import public_check


@public_check("one dimension")
def one(student):
    value = student.planar_log_det(torch.zeros(1, 1), torch.tensor([2.0]), torch.tensor([1.5]), 0.0)
    assert tuple(value.shape) == (1,), f"one number per row: shape (1,), not {tuple(value.shape)}"
    assert abs(value.item() - math.log(4)) < 1e-5, "z + 2 tanh(1.5 z) has slope 4 at 0"


@public_check("far out the map only shifts")
def far(student):
    value = student.planar_log_det(torch.full((1, 2), 50.0), torch.tensor([2.0, 1.0]), torch.tensor([1.0, 1.0]), 0.0)
    assert abs(value.item()) < 1e-5, "where tanh is flat, f(z) = z + u"
