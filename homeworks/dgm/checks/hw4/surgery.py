"""Public checks of `surgery`."""

import math

import torch
from dgm.checking import public_check
from torch.distributions import Normal


@public_check("one posterior is its own aggregate")
def one(student):
    mean, log_std, z = torch.randn(1, 3), 0.3 * torch.randn(1, 3), torch.randn(5, 3)
    value = student.aggregate_log_prob(z, mean, log_std)
    assert tuple(value.shape) == (5,), f"the log density should have shape (5,), got {tuple(value.shape)}"
    truth = Normal(mean, log_std.exp()).log_prob(z).sum(1)
    assert torch.allclose(value, truth, atol=1e-4), "with N = 1 the aggregate is the Gaussian itself"


@public_check("the aggregate is a density")
def mass(student):
    mean, log_std = torch.tensor([[-2.0], [0.5], [3.0]]), torch.tensor([[-0.5], [0.2], [-1.0]])
    grid = torch.linspace(-15, 15, 6001)
    total = torch.trapezoid(student.aggregate_log_prob(grid[:, None], mean, log_std).exp(), grid)
    assert abs(float(total) - 1) < 1e-3, f"the aggregate should have mass 1, it has {float(total):.3f}: is 1/N there?"


@public_check("far away the log density is finite")
def far(student):
    value = student.aggregate_log_prob(torch.full((1, 2), 1000.0), torch.zeros(3, 2), torch.zeros(3, 2))
    assert bool(torch.isfinite(value).all()), "far from every mean the log density is very negative, but finite"


@public_check("the three terms add up")
def adds_up(student):
    average, marginal, information = student.elbo_surgery(
        torch.randn(6, 2), 0.3 * torch.randn(6, 2), torch.randn(4, 6, 2)
    )
    assert abs(float(average - marginal - information)) < 1e-4, "average KL = marginal KL + mutual information"


@public_check("the mutual information has its two limits")
def limits(student):
    eps = torch.randn(200, 4, 1)
    same = student.elbo_surgery(torch.full((4, 1), 0.8), torch.zeros(4, 1), eps)[2]
    assert abs(float(same)) < 1e-4, "equal posteriors carry no information"
    apart = student.elbo_surgery(100 * torch.arange(4.0)[:, None], torch.zeros(4, 1), eps)[2]
    assert abs(float(apart) - math.log(4)) < 1e-3, "posteriors that do not overlap carry log N nats"


@public_check("the average KL is that of Gaussians, in the mean")
def average(student):
    mean, log_std = torch.tensor([[1.0], [-0.5]]), torch.tensor([[-0.4], [0.1]])
    value = student.elbo_surgery(mean, log_std, torch.randn(20_000, 2, 1))[0]
    truth = (0.5 * (mean**2 + (2 * log_std).exp() - 1) - log_std).mean()
    assert abs(float(value - truth)) < 0.05, f"about {float(truth):.2f} nats here, not {float(value):.2f}"
