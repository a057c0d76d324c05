"""Public checks of `avb`."""

import math

import torch
from dgm.checking import public_check
from torch import nn


class Encoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.a = nn.Parameter(torch.tensor(0.7))

    def forward(self, x, eps):
        return self.a * x + eps


class Critic(nn.Module):
    def __init__(self, size=1.0):
        super().__init__()
        self.w = nn.Parameter(size * torch.tensor([0.3, -0.4]))

    def forward(self, x, z):
        return self.w[0] + self.w[1] * (x * z).sum(1)


class Decoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.b = nn.Parameter(torch.tensor(1.1))

    def forward(self, x, z):
        return -((x - self.b * z) ** 2).sum(1)


def case(size=1.0):
    return Encoder(), Critic(size), Decoder(), *torch.randn(3, 5, 1).unbind(0)


@public_check("a critic that knows nothing")
def nothing(student):
    encoder, critic, decoder, x, eps, z_prior = case(0.0)
    critic_loss, encoder_loss = student.avb_losses(encoder, critic, decoder, x, eps, z_prior)
    assert abs(float(critic_loss) - 2 * math.log(2)) < 1e-4, "with logits 0 the critic pays log 2 for each of two means"
    truth = -decoder(x, encoder(x, eps)).mean()
    assert abs(float(encoder_loss - truth)) < 1e-4, "with logits 0 the encoder's loss is the mean of -log p(x | z)"


@public_check("the critic learns to call the encoder's pairs 1")
def labels(student):
    encoder, critic, decoder, x, eps, z_prior = case()
    on_q, on_p = critic(x, encoder(x, eps)), critic(x, z_prior)
    truth = -torch.log(torch.sigmoid(on_q)).mean() - torch.log(1 - torch.sigmoid(on_p)).mean()
    value = student.avb_losses(encoder, critic, decoder, x, eps, z_prior)[0]
    assert abs(float(value - truth)) < 1e-4, "label 1: (x, z) with z from the encoder; label 0: the same x, z_prior"


@public_check("the encoder's loss is the negative ELBO")
def elbo(student):
    encoder, critic, decoder, x, eps, z_prior = case()
    z = encoder(x, eps)
    value = student.avb_losses(encoder, critic, decoder, x, eps, z_prior)[1]
    truth = (critic(x, z) - decoder(x, z)).mean()
    assert abs(float(value - truth)) < 1e-4, "the critic stands for log q(z | x) - log p(z)"


@public_check("each loss reaches what it should, and nothing else")
def gradients(student):
    encoder, critic, decoder, x, eps, z_prior = case()
    losses = student.avb_losses(encoder, critic, decoder, x, eps, z_prior)
    parts = {"encoder": encoder.a, "critic": critic.w, "likelihood": decoder.b}
    reach = {"critic_loss": {"critic"}, "encoder_loss": {"encoder", "likelihood"}}
    for loss, (name, reached) in zip(losses, reach.items(), strict=True):
        found = torch.autograd.grad(loss, list(parts.values()), allow_unused=True, retain_graph=True)
        for part, gradient in zip(parts, found, strict=True):
            moved = gradient is not None and bool(gradient.abs().max() > 0)
            assert moved == (part in reached), (
                f"{name} should {'' if part in reached else 'not '}reach the parameters of the {part}"
            )


@public_check("extreme logits")
def extreme(student):
    for loss in student.avb_losses(*case(1e4)):
        assert bool(torch.isfinite(loss)), "a loss is not finite where the critic is very sure"
