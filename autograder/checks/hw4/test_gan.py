"""Hidden checks of hw4/gan: the losses of a GAN and one step of training.

Oracle   Losses from logarithms in Python numbers; their gradients are +-sigmoid over the batch size. A step: small
         networks of the judge, moved by torch's optimisers with gradients of the plain objectives, each for its own
         network. After training, the discriminator between two known Gaussians against the log of their ratio.
Error    1e-8; 1e-6 is allowed.
Training 500 steps of a discriminator that has the log ratio among its values. It is off by 0.016 +- 0.009 in the mean
         (5 seeds), and 0.1 is allowed. Samples of a generator are never judged.
Cost     1 s, nearly all of it in the training check.
Rejects  every mistake in gan.mistakes.md.
"""

import copy
import math

import torch
import torch.nn.functional as F
from torch import Tensor

from autograder.checking import Failed, Grade, hint, limits, points, probe, sequence, tensor

KINDS = ("minimax", "non-saturating")
MAY = {"gan_step": ("networks",)}

PROMISES = {
    "gan_losses": {
        "(discriminator_loss (), generator_loss ()), in nats": "losses",
        "real (B,) and fake (B',) are the discriminator's logits": "losses",
        "discriminator_loss is -(mean of log D on data) - (mean of log(1 - D) on fakes)": "losses, finds_the_ratio",
        'log(1 - D) for kind "minimax" and of -log D for kind "non-saturating"': "losses",
        "Both stay finite, with the right gradients, for logits of any finite size.": "extreme_logits, gradients",
        "Raises ValueError for another kind.": "another_kind",
    },
    "gan_step": {
        "One step of the discriminator, then one of the generator": "discriminator_step, generator_step",
        "the two losses, each from before its own step": "reported_losses",
        "optimizers is (the generator's, the discriminator's)": "discriminator_step, generator_step",
        "noises is (noise for the fakes that the discriminator learns from": "discriminator_step, generator_step",
        "generator(noise) gives points like x, discriminator(x) logits (B,).": "discriminator_step",
        "The generator meets the discriminator as it is after its step.": "generator_step",
        "Each optimiser takes exactly one step": "discriminator_step, generator_step",
        "neither what an earlier step left in the gradients": "leftovers_and_batches",
        "Real and fake points go through the discriminator as separate batches, in any order.": "leftovers_and_batches",
        "`kind` is as in `gan_losses`": "generator_step",
    },
}


@probe
def loss_values(student, cases):
    return [list(student.gan_losses(*case)) for case in cases]


@probe
def loss_gradients(student, real, fake, kind, cotangents):
    """What a backward pass from the two losses, weighted, leaves at the logits."""
    real, fake = real.clone().requires_grad_(), fake.clone().requires_grad_()
    found = student.gan_losses(real, fake, kind)
    total = sum(c * loss for c, loss in zip(cotangents, found, strict=True))
    return list(torch.autograd.grad(total, [real, fake]))


@probe
def outcomes(student, real, fake, kinds):
    """For every kind the losses, or the name of the exception."""
    found = []
    for kind in kinds:
        try:
            found.append(list(student.gan_losses(real, fake, kind)))
        except ValueError:
            found.append("ValueError")
    return found


@probe
def networks(student, weights, batch_statistics):
    """Generator and discriminator on vectors of two numbers; with `batch_statistics` D centres every batch."""

    class Generator(nn.Module):
        def __init__(self):
            super().__init__()
            self.a, self.b = nn.Parameter(weights[0].clone()), nn.Parameter(weights[1].clone())

        def forward(self, z):
            return torch.tanh(z @ self.a) + self.b

    class Discriminator(nn.Module):
        def __init__(self):
            super().__init__()
            self.w, self.bias = nn.Parameter(weights[2].clone()), nn.Parameter(weights[3].clone())
            self.out = nn.Parameter(weights[4].clone())

        def forward(self, x):
            if batch_statistics:
                x = x - 0.5 * x.mean(0)
            return torch.tanh(x @ self.w + self.bias) @ self.out

    return Generator(), Discriminator()


@probe
def stepped(student, weights, optimizer, rates, steps, kind, batch_statistics, leftover):
    """Losses of every step, then the parameters of generator and discriminator."""
    nets = networks(student, weights, batch_statistics)
    make = torch.optim.Adam if optimizer == "adam" else torch.optim.SGD
    optimizers = tuple(make(net.parameters(), lr=rate) for net, rate in zip(nets, rates, strict=True))
    for net in nets:
        for p in net.parameters():
            p.grad = torch.full_like(p, leftover)
    losses = [list(student.gan_step(*nets, optimizers, x, (z_d, z_g), kind)) for x, z_d, z_g in steps]
    return [losses, [p.detach() for p in nets[0].parameters()], [p.detach() for p in nets[1].parameters()]]


@probe
def trained(student, mean, scale, start, steps, seed):
    """The weights of a quadratic discriminator between N(mean, 1) and N(0, scale^2), after training."""
    generator = torch.Generator().manual_seed(seed)
    weights = nn.Parameter(start.clone())
    optimizer = torch.optim.Adam([weights], lr=5e-2)
    for step in range(steps):
        optimizer.param_groups[0]["lr"] = 5e-2 * (1 - step / steps)
        noise = torch.randn(2, 512, generator=generator, dtype=start.dtype)
        logits = [weights[0] + weights[1] * x + weights[2] * x**2 for x in (noise[0] + mean, scale * noise[1])]
        loss = student.gan_losses(*logits, "non-saturating")[0]
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return weights.detach()


def normal(rng: torch.Generator, *shape: int) -> Tensor:
    return torch.randn(shape, generator=rng, dtype=torch.float64)


def log_sigmoid(h: float) -> float:
    """log(1 / (1 + exp(-h))) for any h."""
    return -math.log1p(math.exp(-h)) if h > 0 else h - math.log1p(math.exp(h))


def true_losses(real: list[float], fake: list[float], kind: str) -> tuple[float, float]:
    on_fakes = [log_sigmoid(-h) for h in fake]
    discriminator = -sum(map(log_sigmoid, real)) / len(real) - sum(on_fakes) / len(fake)
    generator = sum(on_fakes) if kind == "minimax" else -sum(map(log_sigmoid, fake))
    return discriminator, generator / len(fake)


def judge_losses(grade: Grade, cases: list, what: str) -> None:
    answer = sequence(grade.submission(loss_values, cases), len(cases), "the list of losses")
    for value, (real, fake, kind) in zip(answer, cases, strict=True):
        found = sequence(value, 2, "what gan_losses returns")
        for entry, true, name in zip(
            found, true_losses(real.tolist(), fake.tolist(), kind), ("discriminator", "generator"), strict=True
        ):
            error = abs(tensor(entry, (), f"the {name}'s loss").item() - true)
            assert error < 1e-6 * (1 + abs(true)), f"the {name}'s loss ({kind}) is not right {what}"


@points("1/5")
@hint("Data are labelled 1 and fakes 0; both halves of the discriminator's loss count in full.")
def test_losses(grade: Grade):
    """Both losses of both kinds, for batches of different size."""
    sizes = ((6, 6), (3, 8), (1, 1))
    cases = [[2 * normal(grade.rng, n), 2 * normal(grade.rng, m), kind] for n, m in sizes for kind in KINDS]
    judge_losses(grade, cases, "for ordinary logits")


@points("1/10")
@hint("log(1 - sigmoid(h)) is -softplus(h), which never overflows and never rounds to log 0.")
def test_extreme_logits(grade: Grade):
    """Losses for logits between 30 and 10,000, on both sides."""
    cases = []
    for size in (30.0, 100.0, 1e4):
        for kind in KINDS:
            cases.append([size * normal(grade.rng, 5).sign(), size * (1 + normal(grade.rng, 4).abs()), kind])
            cases.append([size * normal(grade.rng, 3), -size * (1 + normal(grade.rng, 5).abs()), kind])
    judge_losses(grade, cases, "for extreme logits")


@points("1/10")
@hint("The slope of softplus is the sigmoid. Is anything detached, or clamped?")
def test_gradients(grade: Grade):
    """The gradients of both losses with respect to the logits, also where the discriminator is sure."""
    for size in (2.0, 60.0):
        for kind in KINDS:
            real, fake = size * normal(grade.rng, 4), size * normal(grade.rng, 6)
            cotangents = normal(grade.rng, 2)
            answer = sequence(grade.submission(loss_gradients, real, fake, kind, cotangents), 2, "the gradients")
            a, b = cotangents
            of_generator = -torch.sigmoid(fake) if kind == "minimax" else -torch.sigmoid(-fake)
            truth = [-a * torch.sigmoid(-real) / 4, (a * torch.sigmoid(fake) + b * of_generator) / 6]
            for value, true, name in zip(answer, truth, ("real", "fake"), strict=True):
                found = tensor(value, tuple(true.shape), f"the gradient with respect to {name}")
                assert ((found - true).abs() < 1e-6).all(), f"the gradient with respect to {name} ({kind}) is not right"


@points("1/20")
@hint("Say what `kind` must be, in a ValueError.")
def test_another_kind(grade: Grade):
    """A kind that does not exist is refused with a ValueError, the two that exist are not."""
    kinds = ["non_saturating", *KINDS, "wasserstein"]
    kinds = [kinds[i] for i in torch.randperm(4, generator=grade.rng)]
    real, fake = normal(grade.rng, 3), normal(grade.rng, 3)
    answer = sequence(grade.submission(outcomes, real, fake, kinds), 4, "the list of answers")
    for kind, value in zip(kinds, answer, strict=True):
        if kind in KINDS:
            if isinstance(value, str):
                raise Failed(f'kind "{kind}" is refused')
            sequence(value, 2, "what gan_losses returns")
        else:
            assert value == "ValueError", "another kind does not raise ValueError"


def case(rng: torch.Generator, rounds: int) -> tuple[list[Tensor], list[list[Tensor]]]:
    """Weights, and per round x (5, 2) and two noises (5, 3)."""
    weights = [normal(rng, *shape) for shape in ((3, 2), (2,), (2, 4), (4,), (4,))]
    return weights, [[normal(rng, 5, 2) + 1, normal(rng, 5, 3), normal(rng, 5, 3)] for _ in range(rounds)]


def truth(
    weights: list[Tensor], optimizer: str, rates: tuple[float, float], steps: list, kind: str, batch_statistics: bool
) -> list:
    """The same steps in the judge, with gradients of the plain objectives, each for its own network only."""
    weights = [w.clone().requires_grad_() for w in weights]
    nets = (weights[:2], weights[2:])
    make = torch.optim.Adam if optimizer == "adam" else torch.optim.SGD
    of_generator, of_discriminator = (make(net, lr=rate) for net, rate in zip(nets, rates, strict=True))

    def logits(x: Tensor) -> Tensor:
        x = x - 0.5 * x.mean(0) if batch_statistics else x
        return torch.tanh(x @ weights[2] + weights[3]) @ weights[4]

    def move(step: torch.optim.Optimizer, loss: Tensor, parameters: list[Tensor]) -> float:
        for p, gradient in zip(parameters, torch.autograd.grad(loss, parameters), strict=True):
            p.grad = gradient
        step.step()
        return loss.item()

    losses = []
    for x, z_d, z_g in steps:
        real, fake = logits(x), logits(torch.tanh(z_d @ weights[0]) + weights[1])
        first = move(of_discriminator, -F.logsigmoid(real).mean() - F.logsigmoid(-fake).mean(), nets[1])
        fake = logits(torch.tanh(z_g @ weights[0]) + weights[1])
        objective = F.logsigmoid(-fake).mean() if kind == "minimax" else -F.logsigmoid(fake).mean()
        losses.append([first, move(of_generator, objective, nets[0])])
    return copy.deepcopy([losses, [p.detach() for p in nets[0]], [p.detach() for p in nets[1]]])


def judge_step(
    grade: Grade, optimizer: str, rounds: int, kind: str, part: int, what: str, batches: bool = False, old: float = 0.0
) -> None:
    weights, steps = case(grade.rng, rounds)
    rates = (0.5, 0.7) if optimizer == "sgd" else (0.02, 0.03)
    answer = grade.submission(stepped, weights, optimizer, rates, steps, kind, batches, old)
    true = truth(weights, optimizer, rates, steps, kind, batches)[part]
    found = sequence(sequence(answer, 3, "the results")[part], len(true), "the results")
    for value, right in zip(found, true, strict=True):
        right = torch.as_tensor(right).double()
        value = tensor(value, tuple(right.shape), what)
        assert ((value - right).abs() < 1e-6 * (1 + right.abs())).all(), f"{what} is not right"


@points("3/20")
@hint("The discriminator's step comes first, on its own batch of fakes, with its own optimiser.")
def test_discriminator_step(grade: Grade):
    """The discriminator's parameters after one step and after three."""
    for optimizer, rounds, kind in (("sgd", 1, "minimax"), ("sgd", 3, "non-saturating"), ("adam", 3, "minimax")):
        judge_step(grade, optimizer, rounds, kind, 2, "what becomes of the discriminator's parameters")


@points("3/20")
@hint("The generator's fakes are new ones, judged by the discriminator that has just moved, with the loss of `kind`.")
def test_generator_step(grade: Grade):
    """The generator's parameters after one step and after three, of both kinds."""
    for optimizer, rounds, kind in (("sgd", 1, "minimax"), ("sgd", 1, "non-saturating"), ("adam", 3, "non-saturating")):
        judge_step(grade, optimizer, rounds, kind, 1, "what becomes of the generator's parameters")


@points("1/20")
@hint("Two numbers: the discriminator's loss first, each computed before the step that it causes.")
def test_reported_losses(grade: Grade):
    """The two losses that a step returns."""
    for optimizer, rounds, kind in (("sgd", 2, "minimax"), ("sgd", 2, "non-saturating")):
        judge_step(grade, optimizer, rounds, kind, 0, "a loss that gan_step returns")


@points("1/10")
@hint("Gradients pile up until somebody clears them. And a network with batch statistics sees the whole batch at once.")
def test_leftovers_and_batches(grade: Grade):
    """Old gradients change nothing, and real and fake points are judged in separate batches."""
    for part, what in ((1, "the generator"), (2, "the discriminator")):
        judge_step(grade, "sgd", 2, "minimax", part, f"with old gradients in place, what becomes of {what}", old=5.0)
        what = f"with a discriminator that looks at its whole batch, what becomes of {what}"
        judge_step(grade, "sgd", 2, "non-saturating", part, what, batches=True)


@points("1/10")
@limits(cpu_seconds=40, wall_seconds=160)
@hint("If the checks above pass: what does a perfect discriminator between two Gaussians say?")
def test_finds_the_ratio(grade: Grade):
    """A discriminator that is trained between two known Gaussians becomes the log of their ratio."""
    mean, scale = (0.7 + 0.6 * torch.rand(2, generator=grade.rng, dtype=torch.float64)).tolist()
    answer = grade.submission(trained, mean, scale, 0.1 * normal(grade.rng, 3), 500, grade.guest_seed())
    found = tensor(answer, (3,), "the trained weights")
    true = torch.tensor([math.log(scale) - 0.5 * mean**2, mean, 0.5 / scale**2 - 0.5]).double()
    x = torch.cat([normal(grade.rng, 2000) + mean, scale * normal(grade.rng, 2000)])
    error = torch.stack([torch.ones_like(x), x, x**2], 1) @ (found - true)
    assert error.abs().mean() < 0.1, "after training the discriminator is not the log of the density ratio"
