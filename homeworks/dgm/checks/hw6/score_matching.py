"""Public checks of `score_matching`."""

import torch
from dgm.checking import public_check

X = torch.tensor([[1.0, 2.0], [-1.0, 0.5], [0.0, -2.0]], dtype=torch.float64)
V = torch.tensor([[1.0, 1.0], [2.0, 0.0], [0.0, -1.0]], dtype=torch.float64)


def value(found, name):
    assert isinstance(found, torch.Tensor) and tuple(found.shape) == (), f"{name} should be one number, a tensor ()"
    return found.item()


@public_check("the score -x: divergence -2 everywhere, and half the squared length")
def implicit(student):
    found = value(student.ism_loss(lambda x: -x, X.clone()), "ism_loss")
    truth = -2 + 0.5 * (X**2).sum(1).mean().item()
    assert abs(found - truth) < 1e-9, "ism_loss of -x: the mean of -2 + |x|^2 / 2"


@public_check("along v: v^T J v and half the square of v^T s")
def sliced(student):
    found = value(student.ssm_loss(lambda x: -(x**2), X.clone(), V.clone()), "ssm_loss")
    truth = ((-2 * X * V * V).sum(1) + 0.5 * (-(X**2) * V).sum(1) ** 2).mean().item()
    assert abs(found - truth) < 1e-9, "ssm_loss of -x^2 is wrong: both terms look along v only"


@public_check("the score that knows the noise has no loss, and one of zero has that of the noise")
def denoising(student):
    sigma = 0.5
    known = value(student.dsm_loss(lambda y: (X - y) / sigma**2, X.clone(), sigma, V.clone()), "dsm_loss")
    assert abs(known) < 1e-9, "the target at y is (x - y) / sigma^2: its loss should be zero"
    zero = value(student.dsm_loss(lambda y: 0 * y, X.clone(), sigma, V.clone()), "dsm_loss")
    truth = 0.5 * (V**2).sum(1).mean().item() / sigma**2
    assert abs(zero - truth) < 1e-9, "dsm_loss of a zero score: half the mean of |eps|^2 / sigma^2"


@public_check("all three can be trained")
def graph(student):
    losses = {
        "ism_loss": lambda s: student.ism_loss(s, X.clone()),
        "ssm_loss": lambda s: student.ssm_loss(s, X.clone(), V.clone()),
        "dsm_loss": lambda s: student.dsm_loss(s, X.clone(), 0.5, V.clone()),
    }
    for name, loss in losses.items():
        k = torch.tensor(1.0, dtype=torch.float64, requires_grad=True)
        (slope,) = torch.autograd.grad(loss(lambda x, k=k: -k * x), k)
        step = (loss(lambda x: -1.001 * x) - loss(lambda x: -0.999 * x)).item() / 0.002
        assert abs(slope - step) < 1e-4 * (1 + abs(step)), f"the gradient of {name} is wrong: is something detached?"
