"""Public checks of `glow_conv`."""

import torch
from dgm.checking import public_check


def layer(student, C=3):
    return student.InvertibleConv1x1(C, torch.Generator().manual_seed(0))


@public_check("a fresh layer is orthogonal: it keeps lengths")
def orthogonal(student):
    x = torch.randn(2, 3, 4, 4)
    z, log_det = layer(student)(x)
    assert z.shape == x.shape, f"z should have the shape of x, {tuple(x.shape)}, not {tuple(z.shape)}"
    assert torch.allclose(z.norm(dim=1), x.norm(dim=1), atol=1e-4), "at first W is orthogonal"
    assert tuple(log_det.shape) == (2,) and log_det.abs().max() < 1e-4, "an orthogonal matrix has log|det| = 0"


@public_check("every place counts in the log-determinant")
def places(student):
    conv = layer(student)
    with torch.no_grad():
        for parameter in conv.parameters():
            parameter.add_(0.3)
    one, many = conv(torch.randn(1, 3, 1, 1))[1], conv(torch.randn(1, 3, 4, 5))[1]
    assert one.abs() > 1e-3, "after a change of the parameters log|det W| should not be 0 any more"
    assert torch.allclose(many, 20 * one, rtol=1e-3), "a 4 x 5 image stretches 20 times as much as a single place"


@public_check("P, L, U and s make W, and inverse undoes it")
def factors(student):
    conv, x = layer(student), torch.randn(2, 3, 2, 2)
    P, L, U, s = conv.factors()
    z, _ = conv(x)
    assert torch.allclose(z, torch.einsum("cd,bdhw->bchw", P @ L @ (U + torch.diag(s)), x), atol=1e-4), "z is not W x"
    assert torch.allclose(conv.inverse(z)[0], x, atol=1e-3), "inverse(forward(x)) is not x"


@public_check("P is fixed")
def fixed(student):
    conv = layer(student)
    before = conv.factors()[0].clone()
    with torch.no_grad():
        for parameter in conv.parameters():
            parameter.add_(1.0)
    P, L, U, _ = conv.factors()
    assert (P == before).all(), "P changes when the parameters do: it should be a buffer"
    assert (L.diagonal() == 1).all() and (U.tril() == 0).all(), "L has ones on its diagonal, U zeros there and below"


@public_check("the generator is the only source of randomness")
def generator(student):
    x = torch.ones(1, 3, 1, 1)
    assert torch.equal(layer(student)(x)[0], layer(student)(x)[0]), "two layers from the same seed should be the same"
