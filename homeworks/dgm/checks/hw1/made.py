"""Public checks of `made`."""

import torch
from dgm.checking import public_check


def natural(D):
    return torch.arange(D)


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


@public_check("the masks have the shapes of the weights and hold 0 and 1")
def shapes(student):
    masks = [torch.as_tensor(mask) for mask in student.make_masks(4, [7, 6], natural(4), seeded())]
    assert len(masks) == 3, "two hidden layers need three masks"
    wanted = [(7, 4), (6, 7), (4, 6)]
    assert [tuple(mask.shape) for mask in masks] == wanted, "a mask has the shape (outputs, inputs) of its layer"
    assert all(bool(((mask == 0) | (mask == 1)).all()) for mask in masks), "masks hold 0 and 1 only"


@public_check("no way through the masks leads back")
def no_way_back(student):
    first, second = (torch.as_tensor(mask).float() for mask in student.make_masks(4, [30], natural(4), seeded()))
    ways = second @ first
    assert float(ways.diagonal().sum()) == 0, "there is a way from a variable to its own output"
    assert float(ways.triu().sum()) == 0, "there is a way from a variable to the output of an earlier one"


@public_check("every hidden unit reads something")
def units_read(student):
    for seed in range(20):
        masks = student.make_masks(6, [3, 2], natural(6), seeded(seed))
        for mask in masks[:-1]:
            rows = torch.as_tensor(mask).float().sum(1)
            assert bool((rows > 0).all()), "a hidden unit reads nothing: which degrees may it draw?"


@public_check("MADE gives K logits per variable, also for a batch of one")
def logits_shape(student):
    made = student.MADE(4, [16], 3, natural(4), seeded())
    for B in (1, 5):
        logits = made(torch.ones(B, 4))
        assert tuple(logits.shape) == (B, 4, 3), "MADE.forward should return logits of shape (B, D, K)"


@public_check("the first variable's logits are the same for every input")
def first_depends_on_nothing(student):
    order = torch.tensor([2, 0, 1])  # x_1 comes first, then x_2, then x_0
    made = student.MADE(3, [16, 16], 2, order, seeded())
    logits = made(torch.tensor([[0.0, 0.0, 0.0], [1.0, 0.0, 1.0], [0.0, 1.0, 0.0], [1.0, 1.0, 1.0]])).detach()
    spread = (logits - logits[0]).abs().amax((0, 2))
    assert float(spread[1]) < 1e-5, "the first variable in the order can depend on nothing"
    assert float(spread[0]) > 1e-6, "the last variable in the order should depend on the others"


@public_check("MADE works in float64 as well")
def double(student):
    made = student.MADE(4, [16, 16], 3, natural(4), seeded()).double()
    logits = made(torch.ones(2, 4, dtype=torch.float64))
    assert logits.dtype == torch.float64, "in float64 the logits should be float64: do the masks follow the weights?"
