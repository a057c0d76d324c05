"""Public checks of `generator_gradient`."""

import torch
from dgm.checking import public_check

BOTH = "minimax", "non-saturating"


@public_check("a perfect generator learns nothing more")
def perfect(student):
    logits = torch.randn(4)
    for kind in BOTH:
        gradient = student.generator_gradient(logits, logits.softmax(0), kind)
        assert tuple(gradient.shape) == (4,), f"the gradient should have shape (4,), got {tuple(gradient.shape)}"
        assert float(gradient.abs().max()) < 1e-5, "where g = p, D is 1/2 everywhere, and the gradient is zero"


@public_check("a step down raises what the generator makes too rarely")
def direction(student):
    p, logits = torch.tensor([0.7, 0.2, 0.1]), torch.zeros(3)
    for kind in BOTH:
        gradient = student.generator_gradient(logits, p, kind)
        assert float(gradient[0]) < 0 < float(gradient[2]), f"{kind}: symbol 0 is too rare and symbol 2 too frequent"
        assert abs(float(gradient.sum())) < 1e-5, "a softmax does not feel a shift of all logits: sum zero"


@public_check("the discriminator stands still")
def fixed(student):
    logits, p = torch.randn(3), torch.tensor([0.5, 0.3, 0.2])
    D = p / (p + logits.softmax(0))
    for kind, cost in (("minimax", torch.log(1 - D)), ("non-saturating", -torch.log(D))):
        moving = logits.clone().requires_grad_()
        (truth,) = torch.autograd.grad((moving.softmax(0) * cost).sum(), moving)
        value = student.generator_gradient(logits, p, kind)
        assert torch.allclose(value, truth, atol=1e-5), f"{kind}: the gradient of sum of g_k c_k with fixed costs c_k"


@public_check("extreme logits")
def extreme(student):
    for kind in BOTH:
        gradient = student.generator_gradient(torch.tensor([-300.0, 0.0, 5.0]), torch.tensor([0.5, 0.3, 0.2]), kind)
        assert bool(torch.isfinite(gradient).all()), f"{kind}: not finite where the generator never makes a symbol"


@public_check("another kind is refused")
def kinds(student):
    try:
        student.generator_gradient(torch.zeros(2), torch.full((2,), 0.5), "hinge")
    except ValueError:
        return
    raise AssertionError('only "minimax" and "non-saturating" are kinds: others should raise ValueError')
