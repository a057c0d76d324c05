"""Public checks of the formula of theory problem 1."""

import math

import torch
from dgm.checking import public_check


@public_check("the formula gives numbers, and 0 for equal means")
def equal_means(student):
    for alpha in (-1.0, 0.0, 0.5, 1.0):
        value = student.alpha_divergence_of_gaussians(0.7, 0.7, 1.3, alpha)
        assert value is not None, "the function returns None: is a return missing?"
        assert abs(float(value)) < 1e-9, f"two equal Gaussians have divergence 0, but not at alpha = {alpha}"


@public_check("alpha = 1 is the KL that torch knows")
def kl_limit(student):
    gaussians = (torch.distributions.Normal(mean, torch.tensor(0.8)) for mean in (torch.tensor(0.2), torch.tensor(1.0)))
    value = float(student.alpha_divergence_of_gaussians(0.2, 1.0, 0.8, 1.0))
    expected = float(torch.distributions.kl_divergence(*gaussians))
    assert abs(value - expected) < 1e-5, "at alpha = 1 the divergence should be KL(p || q)"


@public_check("the formula is finite and positive for alpha inside and outside (-1, 1)")
def positive(student):
    for alpha in (-2.0, -1.0, -0.3, 0.0, 0.9, 1.0, 1.7):
        value = float(student.alpha_divergence_of_gaussians(0.0, 1.0, 1.0, alpha))
        assert math.isfinite(value) and value > 0, f"the divergence should be finite and positive at alpha = {alpha}"


@public_check("next to alpha = 1 and -1 the formula goes over into the limits")
def continuous(student):
    for limit in (1.0, -1.0):
        at, beside = (float(student.alpha_divergence_of_gaussians(0.3, 1.1, 0.9, a)) for a in (limit, 0.9999 * limit))
        assert abs(at - beside) < 1e-3, f"at alpha = {0.9999 * limit:g} the value is far from the one at {limit:g}"
