"""Hidden checks of hw4/avb: the losses of adversarial variational Bayes.

Oracle   Encoder, critic and likelihood are small formulas with weights of the judge, which it knows as well: losses
         from logarithms in float64, gradients by automatic differentiation of these formulas with stop-gradients where
         the docstring says so. After training, the critic between two known Gaussians against log q(z | x) - log p(z).
Error    1e-9; 1e-6 of the size is allowed, 1e-5 for gradients.
Training 600 steps of a critic that has log q - log p among its values. It is off by 0.010 +- 0.004 nats in the mean (5
         seeds), and 0.1 is allowed.
Cost     1 s, nearly all of it in the training check.
Rejects  every mistake in avb.mistakes.md.
"""

import math

import torch
import torch.nn.functional as F
from torch import Tensor

from autograder.checking import Grade, hint, limits, points, probe, sequence, tensor

PROMISES = {
    "avb_losses": {
        "(critic_loss (), encoder_loss ()), in nats per data point": "critic_loss, encoder_loss",
        "z = encoder(x, eps) (B, d_z) is a draw from the implicit q(z | x)": "critic_loss, encoder_loss",
        "z_prior (B, d_z) are draws from the prior.": "critic_loss",
        "critic(x, z) gives (B,) logits": "critic_loss",
        "At its best it is log q(z | x) - log p(z).": "critic_finds_the_ratio",
        "critic_loss is the negative log-likelihood of that classifier": "critic_loss, critic_finds_the_ratio",
        "encoder_loss is the mean of critic(x, z) - log_likelihood(x, z)": "encoder_loss",
        "The gradient of critic_loss reaches the parameters of the critic only.": "gradients",
        "That of encoder_loss reaches the encoder, through both of its terms": "gradients",
        "Both losses are finite for logits of any finite size.": "extreme_logits",
        "The encoder is called once.": "one_draw",
    }
}


@probe
def networks(student, weights, moving=0.0):
    """Encoder, critic and likelihood with the given weights. The encoder's noise grows by `moving` with every call."""

    class Encoder(nn.Module):
        def __init__(self):
            super().__init__()
            self.weights, self.calls = nn.Parameter(weights[0].clone()), 0

        def forward(self, x, eps):
            self.calls += 1
            a, b, c = self.weights
            return a * x.sum(1, keepdim=True) + (b + moving * (self.calls - 1)) * eps + c * eps**2

    class Critic(nn.Module):
        def __init__(self):
            super().__init__()
            self.weights = nn.Parameter(weights[1].clone())

        def forward(self, x, z):
            a, b, c, d = self.weights
            return a + b * torch.sin(x.sum(1)) * z.sum(1) + c * (z**2).sum(1) + d * z[:, 0]

    class Likelihood(nn.Module):
        def __init__(self):
            super().__init__()
            self.weights = nn.Parameter(weights[2].clone())

        def forward(self, x, z):
            a, b = self.weights
            return -0.5 * ((x - torch.tanh(a * z.sum(1, keepdim=True)) - b) ** 2).sum(1)

    return Encoder(), Critic(), Likelihood()


@probe
def losses(student, weights, x, eps, z_prior, moving=0.0):
    return list(student.avb_losses(*networks(student, weights, moving), x, eps, z_prior))


@probe
def gradients(student, weights, x, eps, z_prior, cotangents):
    """What a backward pass from the two losses, weighted, leaves at encoder, critic and likelihood."""
    parts = networks(student, weights)
    found = student.avb_losses(*parts, x, eps, z_prior)
    total = sum(c * loss for c, loss in zip(cotangents, found, strict=True))
    return list(torch.autograd.grad(total, [part.weights for part in parts]))


@probe
def trained(student, law, start, steps, seed):
    """The weights of a critic, quadratic in (x, z), after training with q(z | x) = N(a x, b^2)."""
    generator = torch.Generator().manual_seed(seed)

    class Critic(nn.Module):
        def __init__(self):
            super().__init__()
            self.weights = nn.Parameter(start.clone())

        def forward(self, x, z):
            return torch.cat([torch.ones_like(x), x * z, z**2, x**2, z, x], 1) @ self.weights

    critic, a, b = Critic(), law[0], law[1]
    optimizer = torch.optim.Adam(critic.parameters(), lr=3e-2)
    for step in range(steps):
        optimizer.param_groups[0]["lr"] = 3e-2 * (1 - step / steps)
        x, eps, z_prior = torch.randn(3, 512, 1, generator=generator, dtype=start.dtype)
        loss = student.avb_losses(lambda x, eps: a * x + b * eps, critic, lambda x, z: 0 * z[:, 0], x, eps, z_prior)
        optimizer.zero_grad()
        loss[0].backward()
        optimizer.step()
    return critic.weights.detach()


def normal(rng: torch.Generator, *shape: int) -> Tensor:
    return torch.randn(shape, generator=rng, dtype=torch.float64)


def case(rng: torch.Generator, B: int, d_x: int, d_z: int, size: float = 1.0) -> tuple[list[Tensor], ...]:
    """Weights of the three networks; x, eps and z_prior."""
    weights = [normal(rng, 3), size * normal(rng, 4), normal(rng, 2)]
    return weights, [normal(rng, B, d_x), normal(rng, B, d_z), normal(rng, B, d_z)]


def truth(weights: list[Tensor], x: Tensor, eps: Tensor, z_prior: Tensor) -> tuple[Tensor, Tensor]:
    """Both losses, with stop-gradients where the docstring has them."""
    encoder, critic, likelihood = weights
    z = encoder[0] * x.sum(1, keepdim=True) + encoder[1] * eps + encoder[2] * eps**2

    def judged(at: Tensor, by: Tensor) -> Tensor:
        return by[0] + by[1] * x.sum(1).sin() * at.sum(1) + by[2] * at.square().sum(1) + by[3] * at[:, 0]

    log_px = -0.5 * (x - torch.tanh(likelihood[0] * z.sum(1, keepdim=True)) - likelihood[1]).square().sum(1)
    classified = torch.cat([F.logsigmoid(judged(z.detach(), critic)), F.logsigmoid(-judged(z_prior, critic))])
    return -2 * classified.mean(), (judged(z, critic.detach()) - log_px).mean()


def close(found: Tensor, true: Tensor, tolerance: float = 1e-6) -> bool:
    right = (found - true).abs() <= tolerance * (1 + true.abs())
    return bool((true.isfinite() & right).all())


SIZES = ((6, 2, 3), (1, 1, 1), (4, 3, 2))


def pair(grade: Grade, *arguments: object) -> list[Tensor]:
    answer = sequence(grade.submission(losses, *arguments), 2, "what avb_losses returns")
    return [tensor(value, (), name) for value, name in zip(answer, ("critic_loss", "encoder_loss"), strict=True)]


@points("1/5")
@hint("Two classes: pairs with z from the encoder, and the same x with z from the prior. Which one has label 1?")
def test_critic_loss(grade: Grade):
    """`critic_loss` is the loss of the classifier between (x, z) from the encoder and (x, z) from the prior."""
    for size in SIZES:
        weights, data = case(grade.rng, *size)
        assert close(pair(grade, weights, *data)[0], truth(weights, *data)[0]), "critic_loss is not right"


@points("1/5")
@hint("The negative ELBO: -log p(x | z), plus what stands for log q(z | x) - log p(z), averaged over the batch.")
def test_encoder_loss(grade: Grade):
    """`encoder_loss` is the negative ELBO, with the critic in place of the log ratio."""
    for size in SIZES:
        weights, data = case(grade.rng, *size)
        assert close(pair(grade, weights, *data)[1], truth(weights, *data)[1]), "encoder_loss is not right"


@points("3/10")
@hint("The critic learns from its own loss alone, and the encoder from the other alone, through z in both terms.")
def test_gradients(grade: Grade):
    """Each loss reaches the parameters that it is meant for, through all of its terms, and no others."""
    for size in SIZES:
        weights, data = case(grade.rng, *size)
        pair(grade, weights, *data)
        cotangents = normal(grade.rng, 2)
        answer = sequence(grade.submission(gradients, weights, *data, cotangents), 3, "the gradients")
        leaves = [w.clone().requires_grad_() for w in weights]
        total = sum(c * loss for c, loss in zip(cotangents, truth(leaves, *data), strict=True))
        true = torch.autograd.grad(total, leaves)
        for value, right, name in zip(answer, true, ("encoder", "critic", "likelihood"), strict=True):
            found = tensor(value, tuple(right.shape), f"the gradient of the {name}")
            assert close(found, right, 1e-5), f"the gradient that reaches the {name}'s parameters is not right"


@points("1/10")
@hint("log(sigmoid(h)) is -softplus(-h), which never overflows.")
def test_extreme_logits(grade: Grade):
    """Both losses are right and finite where the critic is very sure, and very wrong."""
    for size in (40.0, 1e4):
        weights, data = case(grade.rng, 6, 2, 2, size)
        for found, true in zip(pair(grade, weights, *data), truth(weights, *data), strict=True):
            assert close(found, true), "a loss is not right for extreme logits"


@points("1/20")
@hint("Call the encoder once, and use the same z in both losses.")
def test_one_draw(grade: Grade):
    """Both losses are about the same draw from the encoder."""
    for size in SIZES[::2]:
        weights, data = case(grade.rng, *size)
        for found, true in zip(pair(grade, weights, *data, 0.7), truth(weights, *data), strict=True):
            assert close(found, true), "with an encoder that draws anew at every call the losses do not fit together"


@points("3/20")
@limits(cpu_seconds=40, wall_seconds=160)
@hint("If the checks above pass: what does a perfect classifier between q(z | x) and p(z) say?")
def test_critic_finds_the_ratio(grade: Grade):
    """A critic that is trained with `critic_loss` between known Gaussians becomes log q(z | x) - log p(z)."""
    a, b = (0.6 + 0.3 * torch.rand(2, generator=grade.rng, dtype=torch.float64)).tolist()
    start = 0.1 * normal(grade.rng, 6)
    answer = grade.submission(trained, torch.tensor([a, b]).double(), start, 600, grade.guest_seed())
    found = tensor(answer, (6,), "the trained weights")
    # log N(z; a x, b^2) - log N(z; 0, 1) in the critic's features: 1, x z, z^2, x^2, z, x
    true = [-math.log(b), a / b**2, 0.5 - 0.5 / b**2, -0.5 * (a / b) ** 2, 0.0, 0.0]
    x = normal(grade.rng, 4000, 1)
    z = a * x + b * normal(grade.rng, 4000, 1)
    features = torch.cat([torch.ones_like(x), x * z, z**2, x**2, z, x], 1)
    error = features @ (found - torch.tensor(true).double())
    assert error.abs().mean() < 0.1, "after training the critic is not log q(z | x) - log p(z)"
