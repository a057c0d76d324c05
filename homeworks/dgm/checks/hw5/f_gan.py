"""Public checks of `f_gan`."""

import math

import torch
from dgm.checking import public_check

ALL_SIX = ("kl", "reverse_kl", "pearson", "hellinger", "js", "gan")


@public_check("known values of the conjugates")
def values(student):
    known = {
        "kl": (1.0, 1.0),
        "reverse_kl": (-1.0, -1.0),
        "pearson": (2.0, 3.0),
        "hellinger": (0.5, 1.0),
        "js": (0.0, 0.0),
        "gan": (-math.log(2), math.log(2)),
    }
    for name, (t, expected) in known.items():
        found = student.conjugate(name, torch.tensor([t]))
        assert abs(found.item() - expected) < 1e-4, f"{name}: another value at t = {t:.3g}"


@public_check("u may not be negative")
def pearson(student):
    found = student.conjugate("pearson", torch.tensor([-2.0, -5.0]))
    assert torch.allclose(found, torch.tensor([-1.0, -1.0])), "for t <= -2 the best u is 0, where t u - f(u) is -1"


@public_check("outside of the domain the supremum is infinite")
def outside(student):
    for name, t in (("reverse_kl", 0.2), ("hellinger", 1.5), ("js", 1.0), ("gan", 0.1)):
        found = student.conjugate(name, torch.tensor([t, t - 1.2]))
        assert found[0] == math.inf and bool(found[1].isfinite()), f"{name}: infinite at {t}, finite at {t - 1.2:.1f}"


@public_check("activations stay in the domain")
def domain(student):
    v = torch.linspace(-5, 5, 11)
    for name in ALL_SIX:
        t = student.activation(name, v)
        assert bool(student.conjugate(name, t).isfinite().all()), f"{name}: f* of an activation should be finite"
        assert bool((t.diff() > 0).all()), f"{name}: the activation should increase"


@public_check("the bound is made of activation and conjugate, and learns from both sides")
def bound(student):
    v_real, v_fake = torch.randn(4, requires_grad=True), torch.randn(6, requires_grad=True)
    for name in ALL_SIX:
        found = student.f_gan_bound(name, v_real, v_fake)
        T = student.activation(name, v_fake)
        expected = student.activation(name, v_real).mean() - student.conjugate(name, T).mean()
        assert abs(found - expected) < 1e-3, f"{name}: mean T on real points minus mean f*(T) on generated ones"
        for gradient in torch.autograd.grad(found, [v_real, v_fake]):
            assert bool(gradient.abs().max() > 0), f"{name}: a side has no gradient"


@public_check("large outputs and unknown names")
def ends(student):
    big = torch.tensor([60.0], dtype=torch.float64)
    for name in ("js", "gan", "reverse_kl"):
        found = student.f_gan_bound(name, 0 * big, big)
        assert -70 < found.item() < -50, f"{name}: at an output of 60 the bound should be about -60"
    try:
        student.conjugate("tv", torch.zeros(1))
    except ValueError:
        return
    raise AssertionError("an unknown name should be a ValueError")
