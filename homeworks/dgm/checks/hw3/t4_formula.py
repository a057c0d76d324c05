"""Public checks of `t4_formula`."""

import math

import torch
from dgm.checking import public_check


@public_check("a flat density: all three are the same")
def flat(student):
    for value in student.dequantisation_bounds(torch.tensor([0.5, 0.5]), torch.tensor([0.3, 0.7])):
        assert abs(value - math.log(0.5)) < 1e-5, "a density of 0.5 everywhere gives log 0.5, three times"


@public_check("a step: three different numbers, in order")
def step(student):
    uniform, pair, exact = student.dequantisation_bounds(torch.tensor([1.8, 0.2]), torch.tensor([0.5, 0.5]))
    assert uniform < pair < exact, "the bound from two draws lies between the other two"
    assert abs(exact) < 1e-5, "0.5 times 1.8 plus 0.5 times 0.2 is 1"
