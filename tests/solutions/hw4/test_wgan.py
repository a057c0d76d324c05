"""Tests of solutions/hw4/wgan.py: affine networks whose every move is known in closed form."""

import pytest
import torch
from torch import Tensor, nn

from solutions.hw4.wgan import wgan_step


def normal(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


class Shift(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.by = nn.Parameter(torch.tensor(0.4, dtype=torch.float64))

    def forward(self, z: Tensor) -> Tensor:
        return z + self.by


class Line(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.slope, self.height = (nn.Parameter(torch.tensor(value, dtype=torch.float64)) for value in (0.02, 3.0))

    def forward(self, x: Tensor) -> Tensor:
        return self.slope * x + self.height


def moved(rate: float, clip: float, steps: int) -> tuple[float, float, float, float]:
    """Slope, height, shift and estimate in Python numbers: the gradient in the slope is a difference of means."""
    x, noise = normal(steps, 4, seed=1) + 2, normal(steps, 4, seed=2)
    slope, height, by, estimate = 0.02, 3.0, 0.4, 0.0
    for batch, z in zip(x.tolist(), noise.tolist(), strict=True):
        difference = sum(batch) / 4 - sum(z) / 4 - by
        estimate = slope * difference
        slope = max(-clip, min(clip, slope + rate * difference))
        height = max(-clip, min(clip, height))
    return slope, height, by + rate * slope, estimate


@pytest.mark.parametrize(("clip", "steps"), [(0.05, 3), (10.0, 3), (0.5, 1)])
def test_a_step_in_closed_form(clip, steps):
    generator, critic = Shift(), Line()
    for parameter in (*generator.parameters(), *critic.parameters()):
        parameter.grad = torch.full_like(parameter, 7.0)  # left from something else
    optimizers = tuple(torch.optim.SGD(net.parameters(), 0.1) for net in (generator, critic))
    x, noises = normal(steps, 4, seed=1) + 2, (normal(steps, 4, seed=2), normal(4, seed=3))
    estimate = wgan_step(generator, critic, optimizers, x, noises, clip)
    slope, height, by, truth = moved(0.1, clip, steps)
    assert critic.slope.item() == pytest.approx(slope, abs=1e-12)
    assert critic.height.item() == pytest.approx(height, abs=1e-12)
    assert generator.by.item() == pytest.approx(by, abs=1e-12)
    assert estimate == pytest.approx(truth, abs=1e-12)


def test_clipping_makes_the_estimate_too_small():
    """Two points 1 apart: the distance is 1, a line clipped to 0.05 can see no more than 0.05 of it."""
    generator, critic = Shift(), Line()
    with torch.no_grad():
        generator.by.fill_(0.0)
    optimizers = (torch.optim.SGD(generator.parameters(), 0.0), torch.optim.RMSprop(critic.parameters(), 0.05))
    x, noise = torch.ones(50, 8).double(), torch.zeros(50, 8).double()
    assert wgan_step(generator, critic, optimizers, x, (noise, noise[0]), 0.05) == pytest.approx(0.05)
