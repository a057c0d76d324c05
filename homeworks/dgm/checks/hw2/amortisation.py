"""Public checks of `amortisation`."""

import math

import torch
from dgm.checking import public_check
from torch import nn


def log_joint(x, z):
    """p(z) = N(0, 1), p(x | z) = N(z, 1), one dimension: the posterior is N(x / 2, 1 / 2), and p(x) is N(0, 2)."""
    return (-(z**2) / 2 - (x - z) ** 2 / 2 - math.log(2 * math.pi)).sum(-1)


def log_px(x):
    return (-(x**2) / 4 - math.log(4 * math.pi) / 2).sum(-1)


def setup():
    torch.manual_seed(1)
    x = torch.randn(6, 1, dtype=torch.float64)
    eps = torch.tensor([-1.0, 1.0], dtype=torch.float64).view(2, 1, 1).expand(2, 6, 1)
    return x, eps


@public_check("an encoder that knows the posterior gives log p(x), before and after")
def exact(student):
    x, eps = setup()

    def encoder(x):
        return x / 2, torch.full_like(x, -math.log(2) / 2)

    amortised, optimised = student.amortisation_gap(x, encoder, log_joint, eps, 5, 1e-3)
    assert tuple(torch.as_tensor(amortised).shape) == (6,), "both ELBOs should have shape (B,) = (6,)"
    assert torch.allclose(torch.as_tensor(amortised), log_px(x), atol=1e-4), (
        "at the exact posterior elbo_amortised should be log p(x): is log q(z | x) subtracted, with its constant?"
    )
    assert torch.allclose(torch.as_tensor(optimised), log_px(x), atol=1e-3), (
        "the exact posterior cannot be improved, so elbo_optimised should stay at log p(x)"
    )


@public_check("a poor encoder is improved, up to log p(x)")
def improves(student):
    x, eps = setup()
    encoder = nn.Linear(1, 2).double()
    amortised, optimised = student.amortisation_gap(x, lambda x: encoder(x).chunk(2, -1), log_joint, eps, 200, 0.05)
    assert bool((torch.as_tensor(optimised) > torch.as_tensor(amortised)).all()), "the ELBO should go up"
    assert torch.allclose(torch.as_tensor(optimised), log_px(x), atol=1e-3), (
        "here the family holds the exact posterior, so 200 steps should reach log p(x) for every data point"
    )


@public_check("the encoder stays as it is")
def stays(student):
    x, eps = setup()
    encoder = nn.Linear(1, 2).double()
    before = encoder.weight.detach().clone()
    student.amortisation_gap(x, lambda x: encoder(x).chunk(2, -1), log_joint, eps, 10, 0.05)
    assert torch.equal(encoder.weight.detach(), before), "the encoder has changed: optimise copies of its outputs"
    assert encoder.weight.grad is None, "gradients are left on the encoder: nothing but q needs any"


@public_check("one step is one step")
def one_step(student):
    x, eps = setup()

    def encoder(x):
        return x / 2 + 1, torch.full_like(x, -math.log(2) / 2)

    amortised, optimised = student.amortisation_gap(x, encoder, log_joint, eps, 1, 0.1)
    assert bool((torch.as_tensor(optimised) > torch.as_tensor(amortised)).all()), (
        "with steps = 1 nothing changes: elbo_optimised belongs to the parameters after the last step"
    )
