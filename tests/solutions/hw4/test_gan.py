"""Tests of solutions/hw4/gan.py: losses by hand, parameters moved by hand, a discriminator with an optimum."""

import copy
import math

import pytest
import torch
from torch import Tensor, nn

from solutions.hw4.gan import gan_losses, gan_step

KINDS = ("minimax", "non-saturating")


def normal(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def log_sigmoid(h: float) -> float:
    return -math.log1p(math.exp(-h)) if h > -700 else h


def test_losses_by_hand():
    real, fake = 3 * normal(5, seed=1), 3 * normal(4, seed=2)
    discriminator = -sum(map(log_sigmoid, real.tolist())) / 5 - sum(log_sigmoid(-h) for h in fake.tolist()) / 4
    generator = {
        "minimax": sum(log_sigmoid(-h) for h in fake.tolist()) / 4,
        "non-saturating": -sum(map(log_sigmoid, fake.tolist())) / 4,
    }
    for kind in KINDS:
        found = gan_losses(real, fake, kind)
        assert abs(found[0] - discriminator) < 1e-12
        assert abs(found[1] - generator[kind]) < 1e-12


def test_extreme_logits():
    for h in (50.0, -50.0, 1e4, -1e4):
        logit = torch.tensor([h], dtype=torch.float64, requires_grad=True)
        for kind, truth in (("minimax", log_sigmoid(-h)), ("non-saturating", -log_sigmoid(h))):
            loss = gan_losses(logit, logit, kind)[1]
            assert abs(loss.item() - truth) <= 1e-12 * (1 + abs(truth))
            share = 1 / (1 + math.exp(-h)) if h > 0 else math.exp(max(h, -700.0)) / (1 + math.exp(max(h, -700.0)))
            slope = -share if kind == "minimax" else share - 1
            assert abs(torch.autograd.grad(loss, logit)[0].item() - slope) < 1e-12


def test_an_unknown_kind():
    with pytest.raises(ValueError, match="kind must be"):
        gan_losses(torch.zeros(1), torch.zeros(1), "wasserstein")


class Affine(nn.Module):
    def __init__(self, weight: float, bias: float) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.tensor(weight, dtype=torch.float64))
        self.bias = nn.Parameter(torch.tensor(bias, dtype=torch.float64))

    def forward(self, x: Tensor) -> Tensor:
        return self.weight * x + self.bias


def slopes(loss, parameters: list[float]) -> list[float]:
    """Central differences of a function of Python numbers."""
    step, found = 1e-6, []
    for i in range(len(parameters)):
        up, down = list(parameters), list(parameters)
        up[i] += step
        down[i] -= step
        found.append((loss(up) - loss(down)) / (2 * step))
    return found


def test_two_steps_by_finite_differences():
    """Generator and discriminator with two parameters each, plain gradient descent: all moves in Python numbers."""
    x, z_d, z_g = (normal(6, seed=s) for s in (1, 2, 3))
    for kind in KINDS:
        generator, discriminator = Affine(0.7, -0.2), Affine(-0.9, 0.4)
        G, D = [0.7, -0.2], [-0.9, 0.4]
        optimizers = (
            torch.optim.SGD(generator.parameters(), 0.3),
            torch.optim.SGD(discriminator.parameters(), 0.5),
        )
        for _ in range(2):

            def d_loss(D, G=G):
                fakes = [G[0] * z + G[1] for z in z_d.tolist()]
                on_data = sum(log_sigmoid(D[0] * point + D[1]) for point in x.tolist()) / 6
                return -on_data - sum(log_sigmoid(-D[0] * fake - D[1]) for fake in fakes) / 6

            before = d_loss(D)
            D = [value - 0.5 * slope for value, slope in zip(D, slopes(d_loss, D), strict=True)]

            def g_loss(G, D=D, kind=kind):
                logits = [D[0] * (G[0] * z + G[1]) + D[1] for z in z_g.tolist()]
                if kind == "minimax":
                    return sum(log_sigmoid(-h) for h in logits) / 6
                return -sum(map(log_sigmoid, logits)) / 6

            losses = before, g_loss(G)
            G = [value - 0.3 * slope for value, slope in zip(G, slopes(g_loss, G), strict=True)]
            found = gan_step(generator, discriminator, optimizers, x, (z_d, z_g), kind)
            assert found == pytest.approx(losses, abs=1e-8)
        assert [p.item() for p in generator.parameters()] == pytest.approx(G, abs=1e-8)
        assert [p.item() for p in discriminator.parameters()] == pytest.approx(D, abs=1e-8)


def test_batches_are_separate_and_leftover_gradients_do_not_count():
    class Centred(nn.Module):
        """A discriminator with the batch's mean in it: together, real and fake points would give something else."""

        def __init__(self) -> None:
            super().__init__()
            self.weight = nn.Parameter(torch.tensor(0.8, dtype=torch.float64))

        def forward(self, x: Tensor) -> Tensor:
            return self.weight * (x - 0.5 * x.mean()) ** 2

    x, noises = normal(5, seed=1) + 2, (normal(5, seed=2), normal(5, seed=3))
    results = []
    for leftover in (0.0, 100.0):
        generator, discriminator = Affine(0.7, -0.2), Centred()
        for parameter in (*generator.parameters(), *discriminator.parameters()):
            parameter.grad = torch.full_like(parameter, leftover)
        weight = discriminator.weight.detach().clone().requires_grad_()
        fake = generator(noises[0]).detach()
        loss = gan_losses(weight * (x - 0.5 * x.mean()) ** 2, weight * (fake - 0.5 * fake.mean()) ** 2, "minimax")[0]
        moved = weight - 0.1 * torch.autograd.grad(loss, weight)[0]
        optimizers = tuple(torch.optim.SGD(net.parameters(), 0.1) for net in (generator, discriminator))
        gan_step(generator, discriminator, optimizers, x, noises, "minimax")
        assert abs(discriminator.weight - moved) < 1e-12
        results.append(copy.deepcopy(list(generator.parameters())))
    assert all(torch.equal(a, b) for a, b in zip(*results, strict=True))


def test_discriminator_between_known_laws():
    """The best logit between N(1, 1) and N(0, 1) is x - 1/2; the loss is strictly convex in an affine discriminator."""
    grid = torch.linspace(-9, 10, 4001, dtype=torch.float64)
    real, fake = grid[:, None] + 0, grid[:, None] + 0
    share = [torch.exp(-0.5 * (grid - m) ** 2) for m in (1.0, 0.0)]
    rows = [torch.multinomial(s, 200_000, True, generator=torch.Generator().manual_seed(0)) for s in share]
    discriminator = Affine(0.0, 0.0)
    optimizer = torch.optim.LBFGS(discriminator.parameters(), max_iter=30)

    def closure() -> Tensor:
        optimizer.zero_grad()
        loss = gan_losses(discriminator(real[rows[0], 0]), discriminator(fake[rows[1], 0]), "minimax")[0]
        loss.backward()
        return loss

    optimizer.step(closure)
    assert abs(discriminator.weight.item() - 1) < 0.03
    assert abs(discriminator.bias.item() + 0.5) < 0.03
