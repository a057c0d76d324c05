"""Public checks of `t1_formula`."""

import torch
from dgm.checking import public_check


@public_check("slope and estimate have the right shapes")
def shapes(student):
    slope, estimate = student.penalised_optimum(torch.tensor([0.5, 0.2]), torch.tensor([1.0, 0.4]), 0.1, 2.0)
    assert tuple(slope.shape) == (2,), "the slope should have the shape of w"
    assert torch.as_tensor(estimate).shape == (), "the estimate should be a single number"


@public_check("the slope is larger than 1 where the distribution functions differ, and has the sign of w")
def sign(student):
    w, r = torch.tensor([0.5, -0.5, 0.01]), torch.tensor([0.5, 0.5, 0.5])
    slope, _ = student.penalised_optimum(w, r, 0.1, 1.0)
    assert bool(slope[0] > 1), "a penalty of finite weight does not hold the slope at 1 where w > 0"
    assert abs(slope[0] + slope[1]) < 1e-5, "exchanging real and fake should turn the slope around"
    assert abs(slope[2] - 1) < 0.05, "where w is nearly 0 and positive, the slope should be nearly 1"


@public_check("a heavy penalty gives the distance itself")
def heavy(student):
    w, r = torch.tensor([0.3, 0.6, 0.2]), torch.ones(3)
    slope, estimate = student.penalised_optimum(w, r, 0.5, 1e6)
    assert bool((slope - 1).abs().max() < 1e-4), "with a huge weight the slope should be 1"
    assert abs(float(estimate) - 0.55) < 1e-3, "with a huge weight the estimate should be the integral of |w|"


@public_check("a small change of the slope makes the objective worse")
def best(student):
    w, r, weight = torch.tensor([0.3, -0.6]), torch.tensor([0.7, 0.3]), 1.5
    slope, _ = student.penalised_optimum(w, r, 0.1, weight)

    def objective(s):
        return (w * s - weight * r * (s.abs() - 1) ** 2).sum()

    for change in (0.05, -0.05):
        assert objective(slope) > objective(slope + change), "another slope does better: is there a factor missing?"
