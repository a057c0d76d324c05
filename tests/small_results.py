"""What tests of `make results` share: images of a few pixels, a clock of its own, a training that must learn."""

import math
from dataclasses import replace

import torch

from solutions.results import harness
from solutions.results.data import binarised
from solutions.results.entry import Judge, Limits


def stripes():
    """Grey 6 x 6 images, binarised: the rows above are bright, those below are bright or dark, each as a whole."""
    generator = torch.Generator().manual_seed(3)
    bright = torch.rand(64, 1, 6, 1, generator=generator).round().expand(64, 1, 6, 6).clone()
    bright[:, :, :3] = 1
    grey = 0.1 + 0.8 * bright
    return judged(binarised(grey[:48], grey[48:]))


def judged(data):
    """The data with a judge that looks at the mean of all pixels only."""
    judge = Judge(lambda images, generator: 1 + images.mean().item(), Limits(0, 10, "of equal sets", "far away"))
    return replace(data, judge=lambda: judge)


def limited(data, **fields):
    """The data with other limits, in every unit."""
    return replace(data, limits={unit: replace(limit, **fields) for unit, limit in data.limits.items()})


class Ticks:
    """A clock that gains a second whenever it is read, and is interrupted at a chosen reading."""

    def __init__(self, stop=math.inf):
        self.now, self.stop = 0, stop

    def __call__(self):
        self.now += 1
        if self.now >= self.stop:
            raise KeyboardInterrupt
        return float(self.now)


def weights(model):
    return torch.cat([parameter.detach().flatten() for parameter in model.parameters()])


def assert_training_learns(name, entry, data, folder, monkeypatch, steps=40, better_by=1.0):
    """The loss of the first player on all test examples falls by `better_by` from the first step to the last."""
    monkeypatch.setattr(harness, "WARM_UP", 1)

    def loss(model):
        with torch.no_grad():
            return entry.players[0].loss(model, data.test, torch.Generator().manual_seed(0)).item()

    early, _ = harness.train(name, entry, data, 1, 0, folder / "early", Ticks())
    late, effort = harness.train(name, entry, data, steps, 0, folder / "late", Ticks())
    turns = sum(player.turns for player in entry.players)
    assert effort == {"steps": steps, "images": steps * entry.batch_size * turns, "cpu_seconds": float(steps)}
    assert loss(late) < loss(early) - better_by


def squares():
    """Binary images of 28 x 28 pixels: squares in the middle."""
    x = torch.zeros(16, 1, 28, 28)
    x[:, :, 10:18, 10:18] = 1
    return judged(binarised(x, x))


def assert_adversaries_are_apart(name, entry, folder):
    """The critic and the generator each own one network, and it moves in their turn; what the training took."""
    torch.manual_seed(0)
    before = entry.build(squares())
    after, effort = harness.train(name, entry, squares(), 1, 0, folder, Ticks())
    for part, player in zip(("critic", "generator"), entry.players, strict=True):
        assert {id(p) for p in player.parameters(before)} == {id(p) for p in getattr(before, part).parameters()}
        assert not torch.equal(weights(getattr(before, part)), weights(getattr(after, part)))
    return effort


def assert_fakes_learn_where_the_ink_is(name, entry, folder, monkeypatch):
    """With small batches and large steps the fakes have the squares of the data."""
    monkeypatch.setattr(harness, "WARM_UP", 1)
    players = tuple(replace(player, learning_rate=5e-3) for player in entry.players)
    hurried, data = replace(entry, batch_size=16, players=players), squares()
    model, _ = harness.train(name, hurried, data, 60, 0, folder, Ticks())
    with torch.no_grad():
        images = entry.sample(model, 20, data, torch.Generator().manual_seed(0))
    inside = torch.zeros(28, 28, dtype=torch.bool)
    inside[10:18, 10:18] = True
    assert images.shape == (20, 1, 28, 28) and 0 <= images.min() and images.max() <= 1
    assert images[:, 0, inside].mean() > images[:, 0, ~inside].mean() + 0.3
