"""Public checks of `flow_prior`."""

import math

import torch
from dgm.checking import public_check
from torch import nn
from torch.distributions import Normal


class Scaled(nn.Module):
    """noise = z / s: the prior is N(0, s^2)."""

    def __init__(self, s):
        super().__init__()
        self.log_s = nn.Parameter(torch.tensor(math.log(s)))

    def forward(self, z):
        return z / self.log_s.exp(), -self.log_s * z.shape[1] * torch.ones(len(z))

    def inverse(self, noise):
        return noise * self.log_s.exp()


@public_check("log_prob is the change of variables")
def density(student):
    z = torch.randn(5, 3)
    value = student.FlowPrior(Scaled(2.0)).log_prob(z)
    assert tuple(value.shape) == (5,), f"log_prob should have shape (5,), got {tuple(value.shape)}"
    truth = Normal(0.0, 2.0).log_prob(z).sum(1)
    assert torch.allclose(value, truth, atol=1e-4), "dividing by 2 gives N(0, 4): look at the sign of log_det"


@public_check("samples go through the inverse")
def samples(student):
    eps = torch.randn(4, 3)
    drawn = student.FlowPrior(Scaled(2.0)).sample(eps)
    assert torch.allclose(drawn, 2 * eps, atol=1e-5), "the flow should map the samples to eps"


@public_check("the KL is log q - log p at the draw")
def divergence(student):
    mean, log_std, eps = torch.randn(4, 2), 0.3 * torch.randn(4, 2), torch.randn(4, 2)
    value = student.FlowPrior(Scaled(2.0)).kl(mean, log_std, eps)
    assert tuple(value.shape) == (4,), "kl should give one number per data point"
    z = torch.addcmul(mean, log_std.exp(), eps)
    truth = Normal(mean, log_std.exp()).log_prob(z).sum(1) - Normal(0.0, 2.0).log_prob(z).sum(1)
    assert torch.allclose(value, truth, atol=1e-4), "log q(z | x) - log p(z), at z = mean + std * eps"


@public_check("the gradient reaches flow, mean and log_std")
def gradient(student):
    flow, mean, log_std = Scaled(2.0), torch.randn(4, 2, requires_grad=True), torch.zeros(4, 2, requires_grad=True)
    student.FlowPrior(flow).kl(mean, log_std, torch.randn(4, 2)).sum().backward()
    for name, part in (("the flow", flow.log_s), ("mean", mean), ("log_std", log_std)):
        assert part.grad is not None, f"no gradient reaches {name}"
        assert bool(part.grad.abs().max() > 0), f"the gradient of {name} is zero"
