"""Public checks of `logistic_mixture`."""

import math

import torch
from dgm.checking import public_check


def parts(levels=5):
    rows = torch.tensor([[0.3, -0.5], [1.0, 3.2], [0.2, -0.4]], dtype=torch.float64)
    return [row.expand(levels, 2) for row in rows]


@public_check("the masses of all levels sum to 1")
def total(student):
    value = student.dlm_log_prob(torch.arange(5), *parts(), 5)
    assert tuple(value.shape) == (5,), f"the result should have the shape of x, (5,), not {tuple(value.shape)}"
    assert torch.allclose(value.exp().sum(), torch.tensor(1.0, dtype=torch.float64)), "what do the two ends keep?"


@public_check("an inner level is a difference of two sigmoids")
def inner(student):
    mean, log_scale = torch.tensor([2.0]).double(), torch.tensor([0.0]).double()
    value = student.dlm_log_prob(torch.tensor(2), torch.zeros(1).double(), mean, log_scale, 5)
    expected = math.log(1 / (1 + math.exp(-0.5)) - 1 / (1 + math.exp(0.5)))
    assert abs(value - expected) < 1e-6, "half a level on either side, in units of exp(log_scale)"


@public_check("far from every mean the logarithm is finite, and right")
def far(student):
    mean, log_scale = torch.tensor([0.0]).double(), torch.tensor([math.log(0.01)]).double()
    log_scale.requires_grad_()
    value = student.dlm_log_prob(torch.tensor(20), torch.zeros(1).double(), mean, log_scale, 256)
    assert value.isfinite(), "a difference of two sigmoids that are both 1 has no logarithm: factor it first"
    assert abs(value + 1950) < 1, "20 levels away, at scale 0.01, the mass is about exp(-19.5 / 0.01)"
    value.backward()
    assert log_scale.grad.isfinite().all(), "the value is finite, but its gradient is not"


@public_check("draws are levels, and follow the means")
def draws(student):
    torch.manual_seed(0)
    u, v = torch.rand(2, 2000, dtype=torch.float64)
    rows = [part[:1].expand(2000, 2) for part in parts()]
    drawn = student.dlm_sample(*rows, 5, u, v)
    assert tuple(drawn.shape) == (2000,) and drawn.dtype == torch.float64, "one number per pixel, in the dtype of mean"
    assert set(drawn.tolist()) <= {0.0, 1.0, 2.0, 3.0, 4.0}, "draws are whole numbers from 0 to levels - 1"
    shares = torch.bincount(drawn.long(), minlength=5) / 2000
    truth = student.dlm_log_prob(torch.arange(5), *parts(), 5).exp()
    assert (shares - truth).abs().max() < 0.06, "the levels do not come as often as dlm_log_prob says"
