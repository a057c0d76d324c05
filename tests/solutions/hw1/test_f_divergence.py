"""f-divergences against explicit sums, and the alpha family against 50-digit arithmetic."""

import math
from decimal import Decimal, getcontext

import torch

from solutions.hw1.f_divergence import alpha_divergence, f_divergence


def random_pair(K, seed):
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(2, K, generator=generator, dtype=torch.float64).softmax(1)


def decimal_alpha(p, q, alpha):
    """The definition, term by term, with 50 digits; both distributions normalised to 50 digits first."""
    getcontext().prec = 50
    p, q = ([Decimal(v) for v in values.tolist()] for values in (p, q))
    p, q = [v / sum(p) for v in p], [v / sum(q) for v in q]
    alpha = Decimal(alpha)
    t = (1 + alpha) / 2
    integral = sum((t * a.ln() + (1 - t) * b.ln()).exp() for a, b in zip(p, q, strict=True))
    return float(4 / (1 - alpha**2) * (1 - integral))


def kl(p, q):
    return (p * (p / q).log()).sum().item()


def test_generators_give_the_divergences_that_carry_their_names():
    p, q = random_pair(6, seed=0)
    assert abs(f_divergence(p, q, lambda u: u * u.log()) - kl(p, q)) < 1e-12
    assert abs(f_divergence(p, q, lambda u: -u.log()) - kl(q, p)) < 1e-12
    assert abs(f_divergence(p, q, lambda u: (u - 1).abs() / 2) - (p - q).abs().sum() / 2) < 1e-12
    assert abs(f_divergence(p, q, lambda u: (u - 1) ** 2) - ((p - q) ** 2 / q).sum()) < 1e-12


def test_alpha_equals_its_definition_also_next_to_the_limits():
    for seed, K in enumerate((2, 5, 9)):
        p, q = random_pair(K, seed)
        for alpha in (-2.7, -0.6, 0.0, 0.4, 3.2, 1 - 1e-6, 1 + 1e-6, -1 + 1e-6, 1 - 1e-12, -1 - 1e-12):
            assert abs(alpha_divergence(p, q, alpha) - decimal_alpha(p, q, alpha)) < 1e-10, alpha


def test_the_limits_are_the_two_kls():
    p, q = random_pair(7, seed=4)
    assert abs(alpha_divergence(p, q, 1.0) - kl(p, q)) < 1e-12
    assert abs(alpha_divergence(p, q, -1) - kl(q, p)) < 1e-12
    assert abs(alpha_divergence(p, q, 0.0) - 2 * ((p.sqrt() - q.sqrt()) ** 2).sum()) < 1e-12
    for alpha in (-1.0, 0.3, 1.0, 2.0):
        assert math.isclose(alpha_divergence(p, p, alpha), 0, abs_tol=1e-15)
