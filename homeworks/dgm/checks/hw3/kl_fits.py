"""Public checks of `kl_fits`."""

import math

import torch
from dgm.checking import public_check
from torch import nn


class Line(nn.Module):
    """x = shift + 2 z."""

    def __init__(self, shift):
        super().__init__()
        self.shift = nn.Parameter(torch.tensor(shift, dtype=torch.float64))

    def forward(self, x):
        return (x - self.shift) / 2, torch.full((len(x),), -math.log(2), dtype=torch.float64)

    def inverse(self, z):
        return self.shift + 2 * z, torch.full((len(z),), math.log(2), dtype=torch.float64)


class OneWay(Line):
    def forward(self, x):
        raise AssertionError("the reverse KL needs `flow.inverse`; `flow.forward` was called")


@public_check("forward: the mean of -log p(x) for a flow that is N(1, 4)")
def forward(student):
    x = torch.tensor([[0.0], [1.0], [4.0]], dtype=torch.float64)
    value = student.forward_kl_loss(Line(1.0), x)
    expected = -torch.distributions.Normal(1.0, 2.0).log_prob(x).mean()
    assert torch.allclose(value, expected, atol=1e-5), "base density of z, plus the log-determinant; mean, with a minus"


@public_check("reverse: 0 when flow and target are the same law")
def reverse(student):
    z = torch.randn(50, 1, dtype=torch.float64)
    target = torch.distributions.Normal(1.0, 2.0)
    value = student.reverse_kl_loss(OneWay(1.0), lambda x: target.log_prob(x)[:, 0], z)
    assert abs(value) < 1e-5, (
        "log p(x) - log target(x) is 0 at every sample here: check signs, and where the target is taken"
    )


@public_check("the gradient of the reverse KL passes through the samples")
def through_samples(student):
    flow, z = OneWay(1.0), torch.zeros(4, 1, dtype=torch.float64)
    student.reverse_kl_loss(flow, lambda x: -0.5 * x[:, 0] ** 2, z).backward()
    assert flow.shift.grad is not None and abs(flow.shift.grad - 1) < 1e-5, "at shift 1 the loss grows with slope 1"
