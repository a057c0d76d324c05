"""Public checks of `t2_formula`."""

import torch
from dgm.checking import public_check

ALL_SIX = ("kl", "reverse_kl", "pearson", "hellinger", "js", "gan")


@public_check("there is a critic for each of the six names")
def names(student):
    for name in ALL_SIX:
        T = student.optimal_critic(name, torch.tensor([0.5, 2.0]))
        assert tuple(T.shape) == (2,), f"{name}: one number for every ratio"
        assert bool(T[1] > T[0]), f"{name}: f is convex, so its slope should grow with the ratio"


@public_check("equal densities leave nothing to tell apart")
def equal(student):
    one = torch.ones(1)
    for name, slope in (("kl", 1.0), ("reverse_kl", -1.0), ("pearson", 0.0), ("hellinger", 0.0), ("js", 0.0)):
        T = student.optimal_critic(name, one)
        assert abs(T.item() - slope) < 1e-5, f"{name}: T at ratio 1 should be the slope of f at 1"
    assert abs(student.optimal_critic("gan", one).item() + 0.6931) < 1e-3, "gan: at ratio 1, D = 1/2"


@public_check("an unknown name is refused")
def unknown(student):
    try:
        student.optimal_critic("tv", torch.ones(1))
    except ValueError:
        return
    raise AssertionError("optimal_critic should raise a ValueError for a name it does not know")
