"""Public checks of `f_divergence`."""

import math

import torch
from dgm.checking import public_check

P = torch.tensor([0.5, 0.3, 0.2], dtype=torch.float64)
Q = torch.tensor([0.2, 0.2, 0.6], dtype=torch.float64)


@public_check("a linear f averages to its value at 1")
def linear_f(student):
    value = float(student.f_divergence(P, Q, lambda u: 3 * u + 2))
    assert abs(value - 5) < 1e-6, "the average of p / q is 1: under which of the two is it taken?"


@public_check("u log u gives the KL that torch knows")
def forward_kl(student):
    value = float(student.f_divergence(P, Q, lambda u: u * u.log()))
    expected = torch.distributions.kl_divergence(*map(torch.distributions.Categorical, (P, Q)))
    assert abs(value - float(expected)) < 1e-6, "f(u) = u log u should give KL(p || q)"


@public_check("alpha = 1 and alpha = -1 are finite, and continue the values beside them")
def limits_exist(student):
    for limit in (1.0, -1.0):
        at, beside = (float(student.alpha_divergence(P, Q, alpha)) for alpha in (limit, limit * 0.9999))
        assert math.isfinite(at), f"at alpha = {limit:.0f} the definition is 0 / 0: take the limit"
        assert abs(at - beside) < 1e-3, f"the value at alpha = {limit:.0f} does not continue the values beside it"


@public_check("exchanging p and q changes the sign of alpha")
def duality(student):
    for alpha in (0.0, 0.5, 1.0, 2.0):
        one, other = float(student.alpha_divergence(P, Q, alpha)), float(student.alpha_divergence(Q, P, -alpha))
        assert abs(one - other) < 1e-6, f"D_alpha(p || q) should equal D_-alpha(q || p), but not so at alpha = {alpha}"
        assert one > 0, f"the divergence of two different distributions is not positive at alpha = {alpha}"
