"""Public checks of `collapse`."""

import torch
from dgm.checking import public_check
from torch.distributions import Normal, kl_divergence


@public_check("constant means are not active, moving ones are")
def active(student):
    mean = torch.randn(100, 4) * torch.tensor([1.0, 0.0, 0.5, 0.001]) + torch.tensor([0.0, 3.0, -2.0, 0.0])
    count = student.active_units(mean)
    assert int(count) == 2, "two of these four dimensions vary over the data; a constant offset does not count"
    assert int(student.active_units(mean, threshold=0.6)) == 1, "one variance lies above 0.6: is threshold used?"


@public_check("kl is one number per dimension")
def kl(student):
    mean, log_std = torch.randn(50, 3), torch.randn(50, 3) / 2
    report = student.collapse_report(mean, log_std)
    assert set(report) >= {"kl", "active", "collapsed"}, "the dictionary should hold kl, active and collapsed"
    found = torch.as_tensor(report["kl"])
    assert tuple(found.shape) == (3,), f"kl should have shape (d,) = (3,), but it has {tuple(found.shape)}"
    expected = kl_divergence(Normal(mean, torch.exp(log_std)), Normal(0.0, 1.0)).sum(0) / 50
    assert torch.allclose(found.float(), expected, atol=1e-4), "kl should be an average over the data, per dimension"


@public_check("a dimension that equals the prior has collapsed")
def prior(student):
    mean, log_std = torch.zeros(20, 3), torch.zeros(20, 3)
    mean[:, 1] = torch.linspace(-1, 1, 20)
    report = student.collapse_report(mean, log_std)
    collapsed = torch.as_tensor(report["collapsed"]).bool().tolist()
    assert collapsed == [True, False, True], "here the first and the last dimension carry nothing, the middle one does"
    assert int(report["active"]) == 1, "here one dimension is active"
