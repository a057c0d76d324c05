"""Public checks of `gan`."""

import math

import torch
from dgm.checking import public_check
from torch import nn

BOTH = "minimax", "non-saturating"


@public_check("a discriminator that knows nothing")
def nothing(student):
    zero = torch.zeros(4)
    for kind, truth in (("minimax", -math.log(2)), ("non-saturating", math.log(2))):
        loss_d, loss_g = student.gan_losses(zero, zero, kind)
        assert abs(float(loss_d) - 2 * math.log(2)) < 1e-4, "with D = 1/2 the discriminator pays 2 log 2"
        assert abs(float(loss_g) - truth) < 1e-4, f"with D = 1/2 the {kind} loss is {truth:.4f}"


@public_check("data are 1, fakes are 0")
def labels(student):
    good = float(student.gan_losses(torch.full((3,), 4.0), torch.full((5,), -4.0), "minimax")[0])
    bad = float(student.gan_losses(torch.full((3,), -4.0), torch.full((5,), 4.0), "minimax")[0])
    assert good < 0.1 < bad, "a discriminator with large logits on data and small ones on fakes should pay little"


@public_check("the generator wants its fakes to be taken for data")
def generator(student):
    for kind in BOTH:
        fooled, caught = (float(student.gan_losses(torch.zeros(2), torch.full((2,), h), kind)[1]) for h in (3.0, -3.0))
        assert fooled < caught, f"the {kind} loss should be smaller where the discriminator is fooled"


@public_check("extreme logits")
def extreme(student):
    for h in (80.0, -80.0):
        for kind in BOTH:
            logit = torch.full((2,), h, requires_grad=True)
            losses = student.gan_losses(logit, logit, kind)
            assert all(bool(torch.isfinite(loss)) for loss in losses), f"a loss is not finite at h = {h}"
            assert abs(float(losses[0].detach()) - 80) < 1e-3, "a discriminator that is sure and wrong pays |h|"
            gradient = torch.autograd.grad(losses[1], logit)[0]
            assert bool(torch.isfinite(gradient).all()), f"the gradient of the {kind} loss is not finite at h = {h}"


@public_check("another kind is refused")
def kinds(student):
    try:
        student.gan_losses(torch.zeros(1), torch.zeros(1), "hinge")
    except ValueError:
        return
    raise AssertionError('only "minimax" and "non-saturating" are kinds: others should raise ValueError')


def line(weight, bias):
    net = nn.Sequential(nn.Linear(1, 1), nn.Flatten(0))
    with torch.no_grad():
        net[0].weight.fill_(weight)
        net[0].bias.fill_(bias)
    return net


@public_check("a step moves both networks, each by its own loss")
def step(student):
    generator, discriminator = nn.Linear(1, 1), line(0.5, 0.1)
    optimizers = tuple(torch.optim.SGD(net.parameters(), 0.1) for net in (generator, discriminator))
    x, noises = torch.randn(6, 1) + 2, (torch.randn(6, 1), torch.randn(6, 1))
    made = generator(noises[0]).detach()
    weights = [p.detach().clone().requires_grad_() for p in discriminator.parameters()]
    real_logit, fake_logit = ((points @ weights[0].T + weights[1]).flatten() for points in (x, made))
    loss = -torch.log(torch.sigmoid(real_logit)).mean() - torch.log(1 - torch.sigmoid(fake_logit)).mean()
    moved = [w - 0.1 * g for w, g in zip(weights, torch.autograd.grad(loss, weights), strict=True)]
    before = [p.detach().clone() for p in generator.parameters()]
    losses = student.gan_step(generator, discriminator, optimizers, x, noises, "minimax")
    assert abs(float(losses[0]) - loss.item()) < 1e-4, "the first number is the discriminator's loss before its step"
    assert all(torch.allclose(p, q, atol=1e-5) for p, q in zip(discriminator.parameters(), moved, strict=True)), (
        "the discriminator should take one step down its own loss, with fakes from noises[0]"
    )
    logits = (moved[1] + (noises[1] @ before[0].T + before[1]) @ moved[0].T).flatten()
    truth = torch.log(1 - torch.sigmoid(logits)).mean()
    assert abs(float(losses[1]) - float(truth)) < 1e-4, (
        "the second number is the generator's loss, with fakes from noises[1], against the discriminator that has moved"
    )
    assert any(not torch.equal(p, q) for p, q in zip(generator.parameters(), before, strict=True)), (
        "the generator has not moved"
    )


@public_check("old gradients do not count")
def leftovers(student):
    results = []
    for old in (0.0, 50.0):
        torch.manual_seed(3)
        generator, discriminator = nn.Linear(1, 1), line(0.5, 0.1)
        for p in (*generator.parameters(), *discriminator.parameters()):
            p.grad = torch.full_like(p, old)
        optimizers = tuple(torch.optim.SGD(net.parameters(), 0.1) for net in (generator, discriminator))
        student.gan_step(
            generator, discriminator, optimizers, torch.ones(4, 1), (torch.ones(4, 1), torch.ones(4, 1)), "minimax"
        )
        results.append([p.detach().clone() for p in (*generator.parameters(), *discriminator.parameters())])
    same = all(torch.allclose(a, b) for a, b in zip(*results, strict=True))
    assert same, "what was left in .grad before the step changes the step: who clears the gradients?"
