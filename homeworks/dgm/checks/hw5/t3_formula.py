"""Public checks of `t3_formula`."""

import torch
from dgm.checking import public_check


def turned(angle, a, b):
    axis = torch.tensor([[angle.cos(), -angle.sin()], [angle.sin(), angle.cos()]])
    return axis @ torch.diag(torch.tensor([a, b])) @ axis.T


@public_check("equal Gaussians have distance 0, shifted ones the square of the shift")
def shifts(student):
    S, mean = turned(torch.tensor(0.4), 2.0, 0.5), torch.tensor([1.0, -1.0])
    assert abs(float(student.plane_frechet(mean, S, mean, S))) < 1e-4, "the distance of a Gaussian to itself is 0"
    moved = mean + torch.tensor([3.0, 4.0])
    assert abs(float(student.plane_frechet(mean, S, moved, S)) - 25) < 1e-3, "a shift by (3, 4) costs 25"


@public_check("common axes")
def common(student):
    zero = torch.zeros(2)
    found = student.plane_frechet(zero, turned(torch.tensor(0.7), 4.0, 1.0), zero, turned(torch.tensor(0.7), 1.0, 9.0))
    assert abs(float(found) - 5) < 1e-3, "with common axes: the sum of the squared differences of the deviations"


@public_check("a quarter turn")
def quarter(student):
    zero, first, second = torch.zeros(2), torch.diag(torch.tensor([9.0, 1.0])), torch.diag(torch.tensor([1.0, 9.0]))
    assert abs(float(student.plane_frechet(zero, first, zero, second)) - 8) < 1e-3, "(3 - 1)^2 + (1 - 3)^2 = 8"
    half = student.plane_frechet(zero, first, zero, turned(torch.tensor(0.7853982), 9.0, 1.0))
    assert 0 < float(half) < 8, "a turn by 45 degrees should cost less than one by 90"
