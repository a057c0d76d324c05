"""Public checks of `completion`."""

import torch
from dgm.checking import public_check
from torch import nn


class LeftNeighbour(nn.Module):
    """Every pixel copies its left neighbour; a pixel of the first column is 0."""

    def __init__(self):
        super().__init__()
        self.calls = 0

    def logits(self, x):
        self.calls += 1
        return 40 * nn.functional.pad(x, (1, 0))[..., :-1] - 20

    def forward(self, x):
        return self.logits(x)


def case():
    x0 = torch.tensor([[1.0, 0, 0, 0, 0], [0, 0, 1, 0, 0], [0, 1, 0, 1, 0]]).view(1, 1, 3, 5)
    known = torch.zeros(1, 1, 3, 5, dtype=torch.bool)
    known[0, 0, 0, 0] = known[0, 0, 1, 2] = known[0, 0, 2, 0] = True
    return x0, known, torch.full((1, 1, 3, 5), 0.5)


@public_check("known pixels stay, and x0 itself is not changed")
def known_stay(student):
    x0, known, u = case()
    before = x0.clone()
    x = student.complete(LeftNeighbour(), x0, known, u)
    assert tuple(x.shape) == tuple(x0.shape), f"the result should have the shape of x0, but it has {tuple(x.shape)}"
    assert torch.equal(x[known], before[known]), "a known pixel was changed"
    assert torch.equal(x0, before), "x0 was changed: work on a copy"


@public_check("a pixel sees the pixels that were filled before it")
def fills_in_order(student):
    x = student.complete(LeftNeighbour(), *case())[0, 0]
    assert x[0].tolist() == [1, 1, 1, 1, 1], "the model copies the left neighbour, so a 1 should spread to the right"
    assert x[1].tolist() == [0, 0, 1, 1, 1], "the model copies the left neighbour, so a 1 should spread to the right"
    assert x[2].tolist() == [0, 0, 0, 0, 0], "an unknown pixel of x0 holds an arbitrary value, which must not matter"


@public_check("all randomness is in u")
def uses_u(student):
    x0, known, _ = case()

    class Even(LeftNeighbour):
        def logits(self, x):
            return torch.zeros_like(x)

    u = torch.rand(1, 1, 3, 5)
    x = student.complete(Even(), x0, known, u)
    expected = (u < 0.5).float()
    assert torch.equal(x[~known].float(), expected[~known]), (
        "with a probability of 1/2 a pixel is 1 exactly where u < 1/2"
    )


@public_check("the model is called once per position that is unknown in some image")
def counts_calls(student):
    x0, known, u = case()
    model = LeftNeighbour()
    two = known.repeat(2, 1, 1, 1)
    two[1, 0, 0, 1] = True
    student.complete(model, x0.repeat(2, 1, 1, 1), two, u.repeat(2, 1, 1, 1))
    assert model.calls == 12, f"12 positions are unknown in some image, but the model was called {model.calls} times"
