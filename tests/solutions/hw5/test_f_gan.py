"""Tests of solutions/hw5/f_gan.py and of T2's formula: numeric suprema, quadrature, and the bound at its optimum."""

import math

import pytest
import torch
from torch import Tensor

from solutions.hw5.f_gan import activation, conjugate, f_gan_bound
from solutions.hw5.theory import optimal_critic

F_OF = {
    "kl": lambda u: torch.xlogy(u, u),
    "reverse_kl": lambda u: -u.log(),
    "pearson": lambda u: (u - 1) ** 2,
    "hellinger": lambda u: (u.sqrt() - 1) ** 2,
    "js": lambda u: torch.xlogy(u, u) - (u + 1) * ((u + 1) / 2).log(),
    "gan": lambda u: torch.xlogy(u, u) - (u + 1) * (u + 1).log(),
}
OUTSIDE = {"reverse_kl": [0.0, 0.5], "hellinger": [1.0, 2.0], "js": [math.log(2), 1.0], "gan": [0.0, 0.3]}
INSIDE = {
    "kl": [-3.0, 0.0, 2.5],
    "reverse_kl": [-4.0, -0.6, -0.05],
    "pearson": [-5.0, -3.0, -1.9, 0.0, 3.0],
    "hellinger": [-6.0, 0.0, 0.8],
    "js": [-5.0, 0.0, 0.6],
    "gan": [-5.0, -0.7, -0.05],
}


def column(values: list[float]) -> Tensor:
    return torch.tensor(values, dtype=torch.float64)


@pytest.mark.parametrize("name", F_OF)
def test_conjugate_is_the_supremum(name):
    u = torch.logspace(-12, 5, 400_001, dtype=torch.float64)
    for t in INSIDE[name]:
        supremum = (t * u - F_OF[name](u)).max().item()
        assert conjugate(name, column([t])).item() == pytest.approx(supremum, abs=2e-6)
    for t in OUTSIDE.get(name, []):
        assert conjugate(name, column([t])).item() == math.inf
        low, high = ((t * u - F_OF[name](u))[:n].max() for n in (300_000, 400_001))
        assert high > low + 1, "the supremum grows with u"


@pytest.mark.parametrize("name", F_OF)
def test_the_activation_reaches_the_domain_and_nothing_else(name):
    v = torch.linspace(-20, 20, 401, dtype=torch.float64)
    t = activation(name, v)
    assert (t.diff() > 0).all()
    assert conjugate(name, t).isfinite().all()
    formulas = {
        "kl": v,
        "reverse_kl": -(-v).exp(),
        "pearson": v,
        "hellinger": 1 - (-v).exp(),
        "js": math.log(2) - (1 + (-v).exp()).log(),
        "gan": -(1 + (-v).exp()).log(),
    }
    assert torch.allclose(t, formulas[name], atol=1e-12)


@pytest.mark.parametrize("name", F_OF)
def test_the_bound_at_the_optimal_critic_is_the_divergence(name):
    """N(1, 1) against N(0, 1), by quadrature: tight at T*, lower for any other critic."""
    x = torch.linspace(-12, 13, 20_001, dtype=torch.float64)
    q = torch.exp(-(x**2) / 2) / math.sqrt(2 * math.pi)
    ratio = torch.exp(x - 0.5)
    dx = (x[1] - x[0]).item()
    divergence = (q * F_OF[name](ratio)).sum().item() * dx

    def bound(T: Tensor) -> float:
        return ((q * ratio * T).sum() - (q * conjugate(name, T)).sum()).item() * dx

    T = optimal_critic(name, ratio)
    assert bound(T) == pytest.approx(divergence, abs=1e-8)
    assert bound(T - 0.05 * (1 + x.sin()) * T.abs()) < divergence - 1e-5
    exact = {"kl": 0.5, "reverse_kl": 0.5, "pearson": math.e - 1, "hellinger": 2 - 2 * math.exp(-1 / 8)}
    if name in exact:
        assert divergence == pytest.approx(exact[name], abs=1e-8)


@pytest.mark.parametrize("name", F_OF)
def test_bound_is_made_of_activation_and_conjugate(name):
    generator = torch.Generator().manual_seed(0)
    real, fake = (torch.randn(n, generator=generator, dtype=torch.float64) for n in (5, 8))
    expected = activation(name, real).mean() - conjugate(name, activation(name, fake)).mean()
    assert f_gan_bound(name, real, fake).item() == pytest.approx(expected.item(), abs=1e-12)
    real.requires_grad_()
    fake.requires_grad_()
    assert torch.autograd.gradcheck(lambda a, b: f_gan_bound(name, a, b), (real, fake))


@pytest.mark.parametrize("name", F_OF)
def test_large_outputs_lose_nothing(name):
    mpmath = pytest.importorskip("mpmath")
    mpmath.mp.dps = 60
    f_star = {
        "kl": lambda t: mpmath.exp(t - 1),
        "reverse_kl": lambda t: -1 - mpmath.log(-t),
        "pearson": lambda t: t**2 / 4 + t if t > -2 else mpmath.mpf(-1),
        "hellinger": lambda t: t / (1 - t),
        "js": lambda t: -mpmath.log(2 - mpmath.exp(t)),
        "gan": lambda t: -mpmath.log(1 - mpmath.exp(t)),
    }[name]
    g = {
        "kl": lambda v: v,
        "reverse_kl": lambda v: -mpmath.exp(-v),
        "pearson": lambda v: v,
        "hellinger": lambda v: 1 - mpmath.exp(-v),
        "js": lambda v: mpmath.log(2) - mpmath.log(1 + mpmath.exp(-v)),
        "gan": lambda v: -mpmath.log(1 + mpmath.exp(-v)),
    }[name]
    for v in (-100, -30, 30, 60, 100):
        expected = g(mpmath.mpf(0.3)) - f_star(g(mpmath.mpf(v)))
        found = f_gan_bound(name, column([0.3]), column([v])).item()
        assert found == pytest.approx(float(expected), rel=1e-9)


def test_unknown_names_are_refused():
    for call in (lambda: conjugate("tv", column([0.0])), lambda: activation("tv", column([0.0]))):
        with pytest.raises(ValueError, match="name must be one of"):
            call()
    with pytest.raises(ValueError, match="name must be one of"):
        f_gan_bound("tv", column([0.0]), column([0.0]))
    with pytest.raises(ValueError, match="name must be one of"):
        optimal_critic("tv", column([1.0]))
