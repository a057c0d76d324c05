"""Public checks of `realnvp`."""

import torch
from dgm.checking import public_check


@public_check("checkerboards take turns")
def masks(student):
    masks = student.checkerboard_masks(2, 3, 2)
    assert masks.dtype == torch.bool and tuple(masks.shape) == (2, 6), "boolean, of shape (n_layers, height * width)"
    assert masks[0].tolist() == [True, False, True, False, True, False], (
        "row plus column decides, from True in the corner"
    )
    assert (masks[1] == ~masks[0]).all(), "the second mask is the complement of the first"


def moved(student, masks):
    torch.manual_seed(0)
    flow = student.RealNVP(masks, 8).double()
    with torch.no_grad():
        for weight in flow.parameters():
            weight.add_(0.2 * torch.randn(weight.shape, dtype=torch.float64))
    return flow


@public_check("an untrained flow is the identity")
def identity(student):
    x = torch.randn(4, 2)
    z, log_det = student.RealNVP(torch.tensor([[True, False], [False, True]]), 8)(x)
    assert torch.allclose(z, x, atol=1e-6) and log_det.abs().max() < 1e-6, "do the last layers start at zero?"


@public_check("one layer keeps what its mask says")
def keeps(student):
    mask, x = torch.tensor([[True, False, True]]), torch.randn(4, 3, dtype=torch.float64)
    z, _ = moved(student, mask)(x)
    assert torch.allclose(z[:, mask[0]], x[:, mask[0]]), "True means: kept"
    assert not torch.allclose(z, x), "the rest should change: do gradient descent and masks reach the networks?"


@public_check("samples come from noise, and log_prob is a density on the plane")
def density(student):
    flow = moved(student, torch.tensor([[True, False], [False, True]]))
    z = torch.randn(5, 2, dtype=torch.float64)
    x = flow.sample(z)
    assert not x.requires_grad, "samples should carry no gradient"
    assert torch.allclose(flow(x)[0], z, atol=1e-5), "forward(sample(z)) should be z"
    line = torch.linspace(-20, 20, 401, dtype=torch.float64)
    with torch.no_grad():
        mass = flow.log_prob(torch.cartesian_prod(line, line)).exp().sum() * 0.1**2
    assert 0.97 < mass < 1.03, f"the density should have mass 1, but it has {mass:.2f}: look at the log-determinant"
