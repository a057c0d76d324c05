"""Public checks of `t3_formula`."""

import math

import torch
from dgm.checking import public_check


@public_check("a perfect generator")
def perfect(student):
    p = torch.tensor([0.2, 0.5, 0.3])
    assert abs(float(student.non_saturating_objective(p, p))) < 1e-5, "for g = p both terms are 0"


@public_check("a generator that knows one of two symbols")
def one(student):
    value = float(student.non_saturating_objective(torch.tensor([0.5, 0.5]), torch.tensor([1.0, 0.0])))
    two_js = 0.5 * math.log(0.5 / 0.75) + 0.5 * math.log(2) + math.log(1 / 0.75)
    assert abs(value - (math.log(2) - two_js)) < 1e-5, f"KL(g || p) is log 2 here, and 2 JS {two_js:.4f}; 0 log 0 is 0"


@public_check("the reverse KL punishes impossible samples")
def impossible(student):
    p, g = torch.tensor([0.999, 0.001]), torch.tensor([0.5, 0.5])
    value = float(student.non_saturating_objective(p, g))
    assert value > 1, f"half of the samples are nearly impossible: the objective is large, not {value:.2f}"
