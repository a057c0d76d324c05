"""Public checks of `code_prior`."""

import torch
import torch.nn.functional as F
from dgm.checking import public_check


def small(student):
    torch.manual_seed(1)
    model = student.CodePrior(5, 3, hidden=8, n_blocks=2)
    return model, torch.randint(5, (4, 3, 4)), torch.tensor([0, 2, 1, 2])


@public_check("logits: one distribution over the codes at every place")
def shapes(student):
    model, indices, labels = small(student)
    assert tuple(model.logits(indices, labels).shape) == (4, 5, 3, 4), "logits should have shape (B, n_codes, h, w)"


@public_check("a place sees the past and the label, not itself and not the future")
def order(student):
    model, indices, labels = small(student)
    before = model.logits(indices, labels)
    moved = indices.clone()
    moved[:, 1, 1] = (moved[:, 1, 1] + 1) % 5
    change = (model.logits(moved, labels) - before).abs().amax((0, 1))
    assert bool((change[0] == 0).all()), "earlier rows see a later code"
    assert bool((change[1, :2] == 0).all()), "a place sees its own code, or one to its right"
    assert bool((change[1, 2] > 0) and (change[2, 1] > 0)), "a place does not see the code to its left, or above it"
    change = (model.logits(indices, (labels + 1) % 3) - before).abs().amax((0, 1))
    assert bool((change > 0).all()), "every place should see the label"


@public_check("the loss is the cross-entropy of the logits, per code")
def loss(student):
    model, indices, labels = small(student)
    expected = F.cross_entropy(model.logits(indices, labels), indices)
    assert abs(model.loss(indices, labels) - expected) < 1e-5, "a mean over images and places, in nats"


@public_check("draws follow the given numbers")
def draws(student):
    model, _, labels = small(student)
    u = torch.rand(4, 2, 2)
    drawn = model.sample(labels, u)
    assert tuple(drawn.shape) == (4, 2, 2) and drawn.dtype == torch.long, "draws (B, h, w), long"
    p = model.logits(drawn, labels).softmax(1)
    upper = p.cumsum(1).gather(1, drawn[:, None])[:, 0]
    lower = upper - p.gather(1, drawn[:, None])[:, 0]
    assert bool(((lower - 1e-4 <= u) & (u <= upper + 1e-4)).all()), "u should lie in the interval of the drawn code"
