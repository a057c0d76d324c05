"""Hidden checks of hw2/amortisation: the ELBO of an encoder's q against that of the best q for each data point.

Oracle   Values: torch.distributions on the probe's encoder and decoder, computed a second time here. One step: Adam's
         first step moves every number by the learning rate in the direction of its gradient (Kingma & Ba, 2015), so
         the result of a single step is known. Optimum: in a linear-Gaussian model the best diagonal q has the
         posterior's mean and the variances 1 / P_ii, P the posterior precision; its ELBO is log p(x) minus the KL
         divergence from that q to the posterior, both from torch.distributions.
Noise    For every data point the mean of eps is 0 and that of eps eps^T is the identity, so that averages of quadratics
         are exact, and the entropy of q may be taken from its draws or in closed form.
Error    The oracles agree with the reference to 1e-10, the optimum to 1e-10 (100 seeds); 1e-4 of the size is
         allowed, at the optimum 2e-3.
Cost     about 1 s.
Rejects  every mistake in amortisation.mistakes.md.
"""

import itertools
import math

import torch
from torch import Tensor
from torch.distributions import Independent, MultivariateNormal, Normal, kl_divergence

from autograder.checking import hint, limits, points, probe, sequence, tensor
from autograder.judging.instruments import between, near, normal

PROMISES = {
    "amortisation_gap": {
        "The ELBO of every data point with the encoder's q, and with a q of its own: (elbo_amortised,": (
            "amortised, optimum"
        ),
        "`encoder(x)` takes x (B, D) to (mean, log_std) of q(z | x) = N(mean, diag(exp(log_std))^2), both (B, d).": (
            "amortised"
        ),
        "`log_joint(x, z)` takes x (B, D) and z (K, B, d) to log p(x, z), (K, B).": "amortised",
        "Both may be neural networks; neither they nor x change.": "networks_stay",
        "Both ELBOs are (B,) in nats: the mean over k of log p(x, z_k) - log q(z_k | x)": "amortised",
        "The second one is the ELBO after `steps` steps of Adam with that learning rate": "one_step, optimum",
    },
}


@probe
def networks(x_bent, z_bent, encoder_numbers, decoder_numbers):
    """An encoder x -> (mean, log_std) and a joint log density (x, z) -> log p(x, z), both modules with parameters."""

    class Encoder(nn.Module):
        def __init__(self):
            super().__init__()
            names = ("mean_weight", "mean_bias", "log_std_weight", "log_std_bias")
            for name, value in zip(names, encoder_numbers, strict=True):
                setattr(self, name, nn.Parameter(value))

        def forward(self, x):
            h = torch.tanh(x) if x_bent else x
            log_std = 0.3 * torch.sin(h @ self.log_std_weight.T) + self.log_std_bias
            return h @ self.mean_weight.T + self.mean_bias, log_std

    class LogJoint(nn.Module):
        def __init__(self):
            super().__init__()
            for name, value in zip(("weight", "bias", "log_std"), decoder_numbers, strict=True):
                setattr(self, name, nn.Parameter(value))

        def forward(self, x, z):
            mean = z @ self.weight.T + self.bias
            mean = mean + torch.sin(mean) if z_bent else mean
            log_px = -(((x - mean) * torch.exp(-self.log_std)) ** 2) / 2 - self.log_std - math.log(2 * math.pi) / 2
            return log_px.sum(-1) - (z**2 + math.log(2 * math.pi)).sum(-1) / 2

    return Encoder(), LogJoint()


@probe
def gap(student, x, numbers, eps, steps, learning_rate):
    """Both ELBOs."""
    encoder, log_joint = networks(*numbers)
    return student.amortisation_gap(x, encoder, log_joint, eps, steps, learning_rate)


@probe
def left_behind(student, x, numbers, eps, steps, learning_rate):
    """x and all parameters after the call."""
    encoder, log_joint = networks(*numbers)
    student.amortisation_gap(x, encoder, log_joint, eps, steps, learning_rate)
    return [x, *encoder.parameters(), *log_joint.parameters()]


@probe
def table_after(student, x, numbers, eps, steps, learning_rate):
    """What an encoder has stored, and returns as it is, after the call."""
    encoder, log_joint = networks(*numbers)
    with torch.no_grad():
        stored = encoder(x)
    student.amortisation_gap(x, lambda x: stored, log_joint, eps, steps, learning_rate)
    return list(stored)


def noise(rng: torch.Generator, B: int, d: int) -> Tensor:
    """The corners of a cube, turned at random for every data point: (2^d, B, d), mean 0 and covariance I."""
    corners = torch.tensor(list(itertools.product((-1.0, 1.0), repeat=d)), dtype=torch.float64)
    return torch.stack([corners @ torch.linalg.qr(normal(rng, d, d))[0] for _ in range(B)], dim=1)


def model(rng: torch.Generator, D: int, d: int, bent: bool) -> list:
    """Numbers for `networks`: an encoder that knows nothing, and a decoder."""
    encoder = [normal(rng, d, D) / D, normal(rng, d) / 2, normal(rng, d, D) / 2, normal(rng, d) / 4]
    columns, turn = torch.linalg.qr(normal(rng, D, d))[0], torch.linalg.qr(normal(rng, d, d))[0]
    weight = columns * between(rng, 0.5, 1.5, d) @ turn  # far from singular; the posterior's coordinates correlate
    return [bent, bent, encoder, [weight, normal(rng, D), between(rng, -0.5, 0.3, D)]]


def drawn(rng: torch.Generator, B: int, numbers: list) -> Tensor:
    """B points of the linear-Gaussian model."""
    weight, bias, log_std = numbers[3]
    return normal(rng, B, weight.shape[1]) @ weight.T + bias + normal(rng, B, len(bias)) * log_std.exp()


def encoded(x: Tensor, numbers: list) -> tuple[Tensor, Tensor]:
    """What the probe's encoder gives, computed in another way."""
    h = torch.tanh(x) if numbers[0] else x
    mean_weight, mean_bias, log_std_weight, log_std_bias = numbers[2]
    angle = torch.einsum("bi,ji->bj", h, log_std_weight)
    return torch.einsum("bi,ji->bj", h, mean_weight) + mean_bias, 0.3 * torch.sin(angle) + log_std_bias


def true_elbo(x: Tensor, mean: Tensor, log_std: Tensor, numbers: list, eps: Tensor) -> Tensor:
    """The mean over the draws of log p(x, z) - log q(z | x)."""
    weight, bias, log_std_x = numbers[3]
    q = Independent(Normal(mean, log_std.exp()), 1)
    z = torch.addcmul(mean.expand_as(eps), log_std.exp().expand_as(eps), eps)
    decoded = torch.einsum("kbj,ij->kbi", z, weight) + bias
    decoded = decoded + torch.sin(decoded) if numbers[1] else decoded
    log_px = Independent(Normal(decoded, log_std_x.exp()), 1).log_prob(x)
    log_pz = MultivariateNormal(torch.zeros_like(mean[0]), torch.eye(mean.shape[1], dtype=mean.dtype)).log_prob(z)
    return (log_px + log_pz - q.log_prob(z)).mean(0)


def best_diagonal_elbo(x: Tensor, numbers: list) -> Tensor:
    """The largest ELBO of any diagonal Gaussian q in a linear-Gaussian model, for every data point."""
    weight, bias, log_std_x = numbers[3]
    one = torch.eye(weight.shape[1], dtype=torch.float64)
    noise_precision = torch.diag(torch.exp(-2 * log_std_x))
    precision = one + weight.T @ noise_precision @ weight
    mean = torch.linalg.solve(precision, weight.T @ noise_precision @ (x - bias).T).T
    log_px = MultivariateNormal(bias, weight @ weight.T + torch.diag(torch.exp(2 * log_std_x))).log_prob(x)
    q = MultivariateNormal(mean, torch.diag_embed(1 / precision.diagonal()).expand(len(x), -1, -1))
    return log_px - kl_divergence(q, MultivariateNormal(mean, precision_matrix=precision.expand(len(x), -1, -1)))


def climbed(x: Tensor, numbers: list, eps: Tensor, steps: int, learning_rate: float) -> Tensor:
    """What so many steps of Adam add to the ELBO of every data point."""
    q = [part.requires_grad_() for part in encoded(x, numbers)]
    before = true_elbo(x, *q, numbers, eps).detach()
    adam = torch.optim.Adam(q, lr=learning_rate, maximize=True)
    for _ in range(steps):
        q[0].grad, q[1].grad = torch.autograd.grad(true_elbo(x, *q, numbers, eps).sum(), q)
        adam.step()
    return true_elbo(x, *q, numbers, eps).detach() - before


def coupled(rng: torch.Generator, D: int, d: int) -> list:
    """A linear-Gaussian model whose posterior correlates so much that the variances of its marginals cost 0.05 nats.

    With any model, they cost less than the tolerance of `optimum` now and then.
    """
    while True:
        numbers = model(rng, D, d, bent=False)
        weight, _, log_std_x = numbers[3]
        precision = torch.eye(d, dtype=torch.float64) + (weight.T * torch.exp(-2 * log_std_x)) @ weight
        ratio = precision.diagonal() * torch.linalg.inv(precision).diagonal()
        if 0.5 * (ratio - 1 - ratio.log()).sum() > 0.05:
            return numbers


def both(answer: object, B: int) -> tuple[Tensor, Tensor]:
    amortised, optimised = sequence(answer, 2, "what amortisation_gap returns")
    return tensor(amortised, (B,), "elbo_amortised"), tensor(optimised, (B,), "elbo_optimised")


@points("1/5")
@hint("log q(z | x) belongs to the same z as log p(x, z); average over the draws, one number per data point.")
def test_amortised(grade):
    """elbo_amortised is the ELBO of the encoder's q; with no steps the other one is the same."""
    for B, D, d in ((5, 4, 3), (1, 3, 2)):
        numbers, x, eps = model(grade.rng, D, d, bent=True), normal(grade.rng, B, D), noise(grade.rng, B, d)
        amortised, optimised = both(grade.submission(gap, x, numbers, eps, 0, 0.1), B)
        truth = true_elbo(x, *encoded(x, numbers), numbers, eps)
        assert near(amortised, truth), "elbo_amortised is not right"
        assert near(optimised, truth), "with steps = 0 elbo_optimised is not the ELBO of the encoder's q"
        # Numbers as they fall: their squares are not 1 on average, so that no term is what it is in expectation.
        eps = normal(grade.rng, 2, B, d)
        amortised, _ = both(grade.submission(gap, x, numbers, eps, 0, 0.1), B)
        right = near(amortised, true_elbo(x, *encoded(x, numbers), numbers, eps))
        assert right, "elbo_amortised is not the ELBO at the given noise"


@points("1/5")
@hint("Start at the encoder's output and climb; both the means and the logarithms of the stds move.")
def test_one_step(grade):
    """A single step of Adam moves the mean and log_std of every data point by the learning rate, uphill."""
    for B, D, d, learning_rate, where in (
        (6, 3, 2, 0.05, ""),
        (2, 4, 3, 0.02, ""),
        (4, 3, 2, 0.3, " from a q far from the best one"),
        (8, 3, 2, 3.0, " so large that the ELBO falls"),
        (20, 3, 2, 0.04, " with a single number as noise"),
    ):
        numbers, x, eps = model(grade.rng, D, d, bent=True), normal(grade.rng, B, D), noise(grade.rng, B, d)
        if learning_rate == 0.04:
            eps = normal(grade.rng, 1, B, d)
        if learning_rate == 0.3:
            numbers[2][1] += 6 * numbers[2][1].sign()  # the means are large
            numbers[2][3] -= 3  # the standard deviations are small
        q = [part.requires_grad_() for part in encoded(x, numbers)]
        slopes = torch.autograd.grad(true_elbo(x, *q, numbers, eps).sum(), q)
        moved = [(part + learning_rate * slope.sign()).detach() for part, slope in zip(q, slopes, strict=True)]
        truth = true_elbo(x, *moved, numbers, eps)
        _, optimised = both(grade.submission(gap, x, numbers, eps, 1, learning_rate), B)
        assert near(optimised, truth), f"elbo_optimised is not right after one step of Adam{where}"


@points("2/5")
@limits(cpu_seconds=30, wall_seconds=120)
@hint("Only q moves, and each data point has a q of its own. Which variances make KL(q || posterior) smallest?")
def test_optimum(grade):
    """In a linear-Gaussian model the optimised ELBO is that of the best diagonal q, and no ELBO is larger."""
    for B, D, d in ((5, 3, 2), (3, 5, 3)):
        numbers, eps = coupled(grade.rng, D, d), noise(grade.rng, B, d)
        x = drawn(grade.rng, B, numbers)
        best = best_diagonal_elbo(x, numbers)
        amortised, optimised = both(grade.submission(gap, x, numbers, eps, 500, 0.05), B)
        assert near(amortised, true_elbo(x, *encoded(x, numbers), numbers, eps)), "elbo_amortised is not right"
        assert (optimised > amortised).all(), "the optimised q is worse than the encoder's"
        assert (optimised < best + 2e-3).all(), "elbo_optimised is larger than that of any q: does only q change?"
        assert (optimised > best - 2e-3).all(), "elbo_optimised stays below that of the best q"


@points("1/5")
@hint("The optimiser should hold the mean and log_std of q and nothing else; and nothing is written into the inputs.")
def test_networks_stay(grade):
    """Encoder, decoder and data are afterwards what they were before, and the optimised ELBO has gone up."""
    B, D, d = 4, 3, 2
    numbers, x, eps = model(grade.rng, D, d, bent=True), normal(grade.rng, B, D), noise(grade.rng, B, d)
    before = [x, *numbers[2], *numbers[3]]
    after = sequence(grade.submission(left_behind, x, numbers, eps, 20, 0.02), len(before), "the parameters")
    names = ["x", *4 * ["the encoder"], *3 * ["the decoder"]]
    for name, old, new in zip(names, before, after, strict=True):
        same = torch.equal(tensor(new, tuple(old.shape), name), old)
        assert same, f"{name} has changed"
    after = sequence(grade.submission(table_after, x, numbers, eps, 5, 0.02), 2, "the encoder's table")
    for old, new in zip(encoded(x, numbers), after, strict=True):
        assert near(tensor(new, (B, d), "the encoder's table"), old), (
            "an encoder that looks its answers up in a table has changed: the optimiser should work on copies"
        )
    for learning_rate in (0.02, 0.004):
        amortised, optimised = both(grade.submission(gap, x, numbers, eps, 20, learning_rate), B)
        assert (optimised > amortised).all(), "after some small steps the ELBO has not gone up"
        gain = climbed(x, numbers, eps, 20, learning_rate)
        # What a single step adds is for `test_one_step` to judge more exactly.
        as_it_should = ((optimised - amortised) / gain - 1).abs() < 0.1
        assert as_it_should.all(), "after some small steps the ELBO has not gone up by as much as it should"
