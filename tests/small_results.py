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
