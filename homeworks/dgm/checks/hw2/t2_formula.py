"""Public checks of the formula of theory problem 2."""

import torch
from dgm.checking import public_check


def pair(student, mean, std):
    found = student.estimator_variances(mean, std)
    assert isinstance(found, tuple | list) and len(found) == 2, "return two numbers: reparametrisation, score function"
    return [float(value) for value in found]


@public_check("two positive numbers, the score function's the larger")
def order(student):
    for mean, std in ((1.0, 1.0), (0.3, 0.7), (-2.0, 0.5)):
        reparam, score = pair(student, mean, std)
        assert 0 < reparam < score, "for z^2 the score function always has the larger variance"


@public_check("in other units of length the variances scale like an area")
def units(student):
    # d/dmean E[z^2] is a length: measured in units three times smaller, it is three times as large.
    for one, other in zip(pair(student, 0.6, 0.8), pair(student, 1.8, 2.4), strict=True):
        assert abs(other - 9 * one) < 1e-3 * other, (
            "three times the mean and three times the std: nine times the variance"
        )


@public_check("left and right are alike")
def mirrored(student):
    for one, other in zip(pair(student, 0.9, 0.7), pair(student, -0.9, 0.7), strict=True):
        assert abs(one - other) < 1e-4 * one, "mean and -mean should have the same variances"


@public_check("a simulation with many draws gives about the same")
def simulation(student):
    generator = torch.Generator().manual_seed(3)
    for mean, std in ((0.7, 0.9), (-1.1, 0.6)):
        z = mean + std * torch.randn(400_000, dtype=torch.float64, generator=generator)
        measured = (2 * z).var().item(), (z**2 * (z - mean) / std**2).var().item()
        for name, value, truth in zip(
            ("reparametrisation", "score function"), pair(student, mean, std), measured, strict=True
        ):
            assert abs(value - truth) < 0.04 * truth, f"{name}: a simulation gives another variance"
