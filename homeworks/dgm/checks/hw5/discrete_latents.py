"""Public checks of `discrete_latents`."""

import math

import torch
from dgm.checking import public_check


@public_check("the KL divergence at its ends")
def ends(student):
    found = student.categorical_kl(torch.zeros(2, 3, 5))
    assert tuple(found.shape) == (2,), "one number per data point"
    assert bool(found.abs().max() < 1e-5), "uniform q: no divergence"
    sure = 500 * torch.eye(5)[:3][None]
    assert abs(student.categorical_kl(sure).item() - 3 * math.log(5)) < 1e-3, "three certain latents: 3 log 5 nats"


@public_check("the KL divergence of one coin")
def coin(student):
    found = student.categorical_kl(torch.tensor([[[0.0, math.log(3.0)]]]))
    truth = 0.25 * math.log(0.25 / 0.5) + 0.75 * math.log(0.75 / 0.5)
    assert abs(found.item() - truth) < 1e-5, "a coin with probabilities 1/4 and 3/4 against a fair one"


@public_check("the ELBO of two coins, by hand")
def coins(student):
    logits = torch.tensor([[[0.0, math.log(3.0)], [0.0, 0.0]]])
    table = torch.tensor([[-1.0, -2.0], [-3.0, -4.0]])
    found = student.exact_elbo(logits, lambda z: table[z[:, 0], z[:, 1]][:, None])
    expected = 0.125 * (-1 - 2) + 0.375 * (-3 - 4) - student.categorical_kl(logits)
    assert tuple(found.shape) == (1,) and torch.allclose(found, expected, atol=1e-5), "the sum over the four codes"


@public_check("the ELBO reaches the evidence, and teaches the encoder")
def tight(student):
    log_p = torch.tensor([0.3, -1.0, 0.8])
    logits = log_p.clone().view(1, 1, 3).requires_grad_()
    found = student.exact_elbo(logits, lambda z: log_p[z[:, 0]][:, None])
    evidence = torch.logsumexp(log_p, 0) - math.log(3)
    assert abs(found.item() - evidence.item()) < 1e-5, "with the exact posterior the bound is log p(x)"
    other = torch.zeros(1, 1, 3, requires_grad=True)
    (gradient,) = torch.autograd.grad(student.exact_elbo(other, lambda z: log_p[z[:, 0]][:, None]).sum(), other)
    assert bool(gradient.abs().max() > 0.05), "no gradient reaches the logits"
