"""Public checks of `wgan`."""

import torch
from dgm.checking import public_check
from torch import nn


class Line(nn.Module):
    def __init__(self, slope, height):
        super().__init__()
        self.slope, self.height = nn.Parameter(torch.tensor(slope)), nn.Parameter(torch.tensor(height))

    def forward(self, x):
        return self.slope * x + self.height


def nets():
    generator, critic = Line(1.0, 0.0), Line(0.01, 0.5)
    return generator, critic, tuple(torch.optim.SGD(net.parameters(), 0.1) for net in (generator, critic))


@public_check("one step of each, in numbers")
def one(student):
    generator, critic, optimizers = nets()
    x, z = torch.full((1, 4), 3.0), torch.ones(1, 4)
    estimate = student.wgan_step(generator, critic, optimizers, x, (z, torch.ones(4)), 10.0)
    assert abs(float(estimate) - 0.02) < 1e-5, "the difference of means before the update: 0.01 * (3 - 1)"
    assert abs(critic.slope.item() - 0.21) < 1e-5, "data lie 2 further up: the slope should rise by 0.1 * 2"
    assert abs(generator.height.item() - 0.021) < 1e-5, "the generator should climb the critic: height up by 0.1 * 0.21"


@public_check("everything is clipped, after every step")
def clipped(student):
    generator, critic, optimizers = nets()
    x, z = torch.full((3, 4), 3.0), torch.ones(3, 4)
    student.wgan_step(generator, critic, optimizers, x, (z, torch.ones(4)), 0.05)
    assert abs(critic.slope.item() - 0.05) < 1e-6, "the slope should end at the clip, 0.05"
    assert abs(critic.height.item() - 0.05) < 1e-6, "the bias should be clipped as well"
    assert abs(generator.height.item() - 0.005) < 1e-5, "the generator meets the clipped critic: up by 0.1 * 0.05"


@public_check("the estimate is that of the last step")
def last(student):
    generator, critic, optimizers = nets()
    x = torch.stack([torch.full((4,), 3.0), torch.full((4,), 2.0)])
    estimate = student.wgan_step(generator, critic, optimizers, x, (torch.ones(2, 4), torch.ones(4)), 10.0)
    assert abs(float(estimate) - 0.21) < 1e-5, "after one step the slope is 0.21, and the last batch lies 1 further up"


@public_check("old gradients do not count")
def leftovers(student):
    generator, critic, optimizers = nets()
    for p in (*generator.parameters(), *critic.parameters()):
        p.grad = torch.full_like(p, 30.0)
    x, z = torch.full((1, 4), 3.0), torch.ones(1, 4)
    student.wgan_step(generator, critic, optimizers, x, (z, torch.ones(4)), 10.0)
    assert abs(critic.slope.item() - 0.21) < 1e-5, "what was left in .grad changes the critic's step"
    assert abs(generator.height.item() - 0.021) < 1e-5, "what was left in .grad changes the generator's step"
