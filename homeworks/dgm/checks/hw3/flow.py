"""Public checks of `flow`."""

import torch
from dgm.checking import public_check
from torch import nn


class Scale(nn.Module):
    def __init__(self, factor):
        super().__init__()
        self.factor = nn.Parameter(torch.tensor(factor, dtype=torch.float64))

    def forward(self, x):
        return self.factor * x, self.factor.log() * torch.ones(len(x), dtype=x.dtype) * x[0].numel()

    def inverse(self, z):
        return z / self.factor, -self.factor.log() * torch.ones(len(z), dtype=z.dtype) * z[0].numel()


class Shift(nn.Module):
    def forward(self, x):
        return x + 1, torch.zeros(len(x), dtype=x.dtype)

    def inverse(self, z):
        return z - 1, torch.zeros(len(z), dtype=z.dtype)


@public_check("the layers act in the given order, and their log-determinants add up")
def order(student):
    x = torch.randn(4, 3, dtype=torch.float64)
    z, log_det = student.Flow([Scale(2.0), Shift(), Scale(3.0)])(x)
    assert torch.allclose(z, 3 * (2 * x + 1)), "first twice x, then plus 1, then three times that"
    assert tuple(log_det.shape) == (4,), (
        f"the log-determinant should have shape (B,) = (4,), not {tuple(log_det.shape)}"
    )
    expected = torch.full((4,), 3 * torch.log(torch.tensor(6.0)).item(), dtype=torch.float64)
    assert torch.allclose(log_det, expected), "the log-determinants of all layers add up: 3 log 2 + 0 + 3 log 3"


@public_check("the way back undoes the last layer first")
def way_back(student):
    z = torch.randn(2, 1, 2, dtype=torch.float64)
    x, log_det = student.Flow([Scale(2.0), Shift()]).inverse(z)
    assert torch.allclose(x, (z - 1) / 2), "undo the shift, then the scale"
    assert (log_det < 0).all(), "inverse returns the log-determinant of the direction that it takes"


@public_check("an empty flow is the base itself")
def empty(student):
    x = torch.tensor([[1.0, -2.0]], dtype=torch.float64)
    value = student.Flow([]).log_prob(x)
    expected = torch.distributions.Normal(0.0, 1.0).log_prob(x).sum(1)
    assert torch.allclose(value, expected), "the log-density of a standard normal, summed over all dimensions"


@public_check("training reaches the layers")
def parameters(student):
    flow = student.Flow([Scale(2.0), Scale(3.0)])
    assert len(list(flow.parameters())) == 2, "the flow's parameters() should list those of its layers: nn.ModuleList?"
    flow.log_prob(torch.ones(3, 2, dtype=torch.float64)).sum().backward()
    assert all(p.grad is not None and p.grad.abs() > 0 for p in flow.parameters()), "no gradient reaches the layers"
