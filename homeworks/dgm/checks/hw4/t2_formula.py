"""Public checks of `t2_formula`."""

import math

import torch
from dgm.checking import public_check


@public_check("a perfect generator")
def perfect(student):
    p = torch.tensor([0.3, 0.7])
    D, value = student.gan_optimum(p, p, 0.5)
    assert torch.allclose(D, torch.full((2,), 0.5)), "where p = g the best discriminator says 1/2"
    assert abs(float(value) + math.log(2)) < 1e-5, "and reaches -log 2"
    D, _ = student.gan_optimum(p, p, 0.9)
    assert torch.allclose(D, torch.full((2,), 0.9)), "with 90 % data it says 0.9 without looking"


@public_check("no other discriminator does better")
def best(student):
    p, g = torch.tensor([0.6, 0.3, 0.1]), torch.tensor([0.2, 0.2, 0.6])
    D, value = student.gan_optimum(p, g, 0.3)
    for _ in range(20):
        other = (D + 0.1 * torch.randn(3)).clamp(0.01, 0.99)
        reached = 0.3 * (p * other.log()).sum() + 0.7 * (g * (1 - other).log()).sum()
        assert float(reached) <= float(value) + 1e-5, "another D reaches more than your maximum"
    own = 0.3 * (p * D.log()).sum() + 0.7 * (g * (1 - D).log()).sum()
    assert abs(float(own) - float(value)) < 1e-5, "your D does not reach your value"


@public_check("least squares with 0 and 1")
def squares(student):
    p, g = torch.tensor([0.5, 0.5]), torch.tensor([0.25, 0.75])
    D, value = student.lsgan_optimum(p, g, 0.0, 1.0, 1.0)
    assert torch.allclose(D, p / (p + g)), "with a = 0 and b = 1 it is the GAN's discriminator"
    assert abs(float(value) - float(0.5 * (g**2 / (p + g)).sum())) < 1e-5, "with c = 1: half the sum of g^2/(p+g)"
