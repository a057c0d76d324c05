"""Public checks of `gradient_penalty`."""

import torch
from dgm.checking import public_check
from torch import nn


@public_check("a linear critic of slope c has the penalty (c - 1)^2")
def linear(student):
    for shape in ((4,), (2, 3, 3)):
        direction = torch.ones(shape)
        slope = direction.norm()

        def critic(x, direction=direction):
            return (x * direction).flatten(1).sum(1)

        x, y, t = torch.randn(5, *shape), torch.randn(5, *shape), torch.rand(5)
        found = student.gradient_penalty(critic, x, y, t)
        assert found.shape == (), "the penalty should be a single number"
        assert abs(found - (slope - 1) ** 2) < 1e-3, "one norm per pair, over all dimensions of a point"


@public_check("t chooses the place, from x_fake at 0 to x_real at 1")
def place(student):
    x, y = torch.full((3, 1), 3.0), torch.full((3, 1), 1.0)
    for t, where in ((0.0, 1.0), (1.0, 3.0), (0.5, 2.0)):
        found = student.gradient_penalty(lambda z: z.square().sum(1) / 2, x, y, torch.full((3,), t))
        assert abs(found - (where - 1) ** 2) < 1e-4, f"with t = {t} the slope should be taken at {where}"


@public_check("the penalty trains the critic")
def trains(student):
    critic = nn.Sequential(nn.Linear(2, 8), nn.Tanh(), nn.Linear(8, 1))
    student.gradient_penalty(critic, torch.randn(4, 2), torch.randn(4, 2), torch.rand(4)).backward()
    gradient = critic[0].weight.grad
    assert gradient is not None and bool(gradient.abs().max() > 0), "no gradient reaches the first layer: create_graph?"


@public_check("a flat critic gives a finite gradient")
def flat(student):
    critic = nn.Linear(2, 1)
    nn.init.zeros_(critic.weight)
    student.gradient_penalty(critic, torch.randn(4, 2), torch.randn(4, 2), torch.rand(4)).backward()
    assert bool(critic.weight.grad.isfinite().all()), "a square root has no derivative at 0"


@public_check("critic_loss rewards high values on real points")
def loss(student):
    def critic(z):
        return z.sum(1)

    x, y, t = torch.full((4, 1), 5.0), torch.full((4, 1), 2.0), torch.rand(4)
    assert abs(student.critic_loss(critic, x, y, t) + 3) < 1e-4, "slope 1: no penalty, and mean fake - mean real = -3"
    found = student.critic_loss(lambda z: 3 * z.sum(1), x, y, t, weight=2.0)
    assert abs(found - (-9 + 2 * 4)) < 1e-4, "the penalty counts `weight` times"


@public_check("no gradient reaches the generator")
def cut(student):
    generator = nn.Linear(1, 2)
    critic = nn.Linear(2, 1)
    student.critic_loss(critic, torch.randn(4, 2), generator(torch.randn(4, 1)), torch.rand(4)).backward()
    assert generator.weight.grad is None, "the critic's loss moves the generator: cut the graph at x_fake"
