"""Public checks of `diffusion_elbo`."""

import math

import torch
from dgm.checking import public_check

BARS = torch.tensor([1.0, 0.81, 0.49, 0.25], dtype=torch.float64)
X0 = torch.tensor([[1.0, -2.0], [0.5, 0.3]], dtype=torch.float64)


def knows(xt, t):
    bar = BARS[t][:, None]
    return (xt - bar.sqrt() * X0) / (1 - bar).sqrt()


def noise():
    return torch.randn(3, 2, 2, generator=torch.Generator().manual_seed(3), dtype=torch.float64)


@public_check("standard normal data: every path gives log N(x_0; 0, I)")
def path(student):
    states = torch.randn(4, 2, 2, generator=torch.Generator().manual_seed(5), dtype=torch.float64)

    def reverse(xt, t):  # for N(0, I) the chain looks the same in both directions
        alpha = (BARS[t] / BARS[t - 1])[:, None]
        return alpha.sqrt() * xt, 1 - alpha

    def normal(x):
        return (-0.5 * x**2 - 0.5 * math.log(2 * math.pi)).sum(1)

    found = student.path_log_ratio(states, reverse, normal, BARS)
    assert tuple(found.shape) == (2,), "one number for each path: (B,)"
    assert torch.allclose(found, normal(states[0])), "with exact kernels all but log p(x_0) should cancel"


@public_check("a model that knows the clean point pays at the two ends only")
def ends(student):
    terms = student.vlb_terms(knows, X0, noise(), BARS)
    assert tuple(terms.shape) == (4, 2), "T + 1 terms for each point: (T + 1, B)"
    assert terms[1:3].abs().max() < 1e-9, "the KL divergences in between should be zero"
    first = math.log(2 * math.pi * 0.19)  # two coordinates, each with half of it
    assert torch.allclose(terms[0], torch.full((2,), first, dtype=torch.float64)), "L_0 = -log N(x_0; x_0, beta_1 I)"
    last = 0.5 * (0.25 * X0**2 - 0.25 - math.log(0.75)).sum(1)
    assert torch.allclose(terms[3], last), "L_T is the divergence from N(sqrt(alpha-bar) x_0, 1 - alpha-bar) to N(0, I)"


@public_check("an error in the guessed noise costs its square, times a weight")
def weights(student):
    one = student.vlb_terms(lambda x, t: knows(x, t) + 0.1, X0, noise(), BARS)
    two = student.vlb_terms(lambda x, t: knows(x, t) + 0.2, X0, noise(), BARS)
    assert torch.allclose(two[1:3], 4 * one[1:3]), "twice the error, four times the divergence"
    alpha, bar, before = 0.49 / 0.81, 0.49, 0.81
    tilde = (1 - before) * (1 - alpha) / (1 - bar)
    weight = (1 - alpha) ** 2 / (2 * tilde * alpha * (1 - bar))
    truth = torch.full((2,), weight * 2 * 0.1**2, dtype=torch.float64)  # two coordinates, each off by 0.1
    assert torch.allclose(one[1], truth), "t = 2: beta^2 / (2 beta~ alpha (1 - alpha-bar)) times the squared error"
