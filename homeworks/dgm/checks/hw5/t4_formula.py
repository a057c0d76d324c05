"""Public checks of `t4_formula`."""

import torch
from dgm.checking import public_check


@public_check("one dimension, identity decoder")
def one(student):
    found = student.straight_through_bias(torch.ones(1, 1), torch.tensor([0.4]), torch.tensor([1.0]))
    assert tuple(found.shape) == (1,), "one number per dimension of z"
    assert abs(found.item() - 1.2) < 1e-5, "2 (z_q - z_e) for the identity"


@public_check("it is the difference of two gradients")
def difference(student):
    torch.manual_seed(3)
    A, x = torch.randn(3, 2), torch.randn(3)
    z_e, z_q = torch.randn(2, requires_grad=True), torch.randn(2)
    through = z_e + (z_q - z_e).detach()
    (a,) = torch.autograd.grad(((A @ through - x) ** 2).sum(), z_e)
    (b,) = torch.autograd.grad(((A @ z_e - x) ** 2).sum(), z_e)
    found = student.straight_through_bias(A, z_e.detach(), z_q)
    assert torch.allclose(found, a - b, atol=1e-4), "autograd finds another difference"
