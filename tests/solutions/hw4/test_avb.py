"""Tests of solutions/hw4/avb.py: values by hand, who gets which gradient, the critic's optimum by quadrature."""

import math

import torch
from torch import Tensor, nn
from torch.distributions import Normal, kl_divergence

from solutions.hw4.avb import avb_losses


def normal(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


class Encoder(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.scale = nn.Parameter(torch.tensor(0.6, dtype=torch.float64))
        self.calls = 0

    def forward(self, x: Tensor, eps: Tensor) -> Tensor:
        self.calls += 1
        return self.scale * x + 0.5 * eps


class Critic(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.weights = nn.Parameter(normal(3, seed=9))

    def forward(self, x: Tensor, z: Tensor) -> Tensor:
        return self.weights[0] + self.weights[1] * (x * z).sum(1) + self.weights[2] * (z**2).sum(1)


class Decoder(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.slope = nn.Parameter(torch.tensor(1.2, dtype=torch.float64))

    def forward(self, x: Tensor, z: Tensor) -> Tensor:
        return Normal(self.slope * z, 0.7).log_prob(x).sum(1)


def case() -> tuple:
    return Encoder(), Critic(), Decoder(), normal(5, 1, seed=1), normal(5, 1, seed=2), normal(5, 1, seed=3)


def test_values():
    encoder, critic, decoder, x, eps, z_prior = case()
    w = critic.weights.tolist()
    of_critic, of_encoder = [], []
    for x_b, eps_b, z_p in zip(x[:, 0].tolist(), eps[:, 0].tolist(), z_prior[:, 0].tolist(), strict=True):
        z = 0.6 * x_b + 0.5 * eps_b
        on_q, on_p = (w[0] + w[1] * x_b * value + w[2] * value**2 for value in (z, z_p))
        of_critic.append(math.log1p(math.exp(-on_q)) + math.log1p(math.exp(on_p)))
        log_px = -0.5 * ((x_b - 1.2 * z) / 0.7) ** 2 - math.log(0.7) - 0.5 * math.log(2 * math.pi)
        of_encoder.append(on_q - log_px)
    critic_loss, encoder_loss = avb_losses(encoder, critic, decoder, x, eps, z_prior)
    assert abs(critic_loss - sum(of_critic) / 5) < 1e-12
    assert abs(encoder_loss - sum(of_encoder) / 5) < 1e-12
    assert encoder.calls == 1


def test_who_gets_which_gradient():
    encoder, critic, decoder, x, eps, z_prior = case()
    parameters = (encoder.scale, critic.weights, decoder.slope)
    for loss, reached in zip(
        avb_losses(encoder, critic, decoder, x, eps, z_prior), ((False, True, False), (True, False, True)), strict=True
    ):
        found = torch.autograd.grad(loss, parameters, allow_unused=True, retain_graph=True)
        assert tuple(g is not None and bool(g.abs().max() > 0) for g in found) == reached


def test_gradient_of_the_encoder_goes_through_both_terms():
    encoder, critic, decoder, x, eps, z_prior = case()
    loss = avb_losses(encoder, critic, decoder, x, eps, z_prior)[1]
    (found,) = torch.autograd.grad(loss, encoder.scale)
    values = []
    for step in (1e-6, -1e-6):
        with torch.no_grad():
            encoder.scale.fill_(0.6 + step)
            values.append(avb_losses(encoder, critic, decoder, x, eps, z_prior)[1].item())
    assert abs(found.item() - (values[0] - values[1]) / 2e-6) < 1e-8


def test_extreme_logits_are_finite():
    encoder, critic, decoder, x, eps, z_prior = case()
    with torch.no_grad():
        critic.weights.mul_(1e6)
    assert all(loss.isfinite() for loss in avb_losses(encoder, critic, decoder, x, eps, z_prior))


def test_the_best_critic_is_the_log_ratio_and_gives_the_elbo():
    """q(z | x) = N(0.6 x, 0.25): no quadratic critic does better than log q - log p, and with it the loss is -ELBO."""

    class Exact(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.off = nn.Parameter(torch.zeros(4).double())

        def forward(self, x: Tensor, z: Tensor) -> Tensor:
            log_ratio = Normal(0.6 * x, 0.5).log_prob(z) - Normal(0.0, 1.0).log_prob(z)
            extra = torch.stack([torch.ones_like(x), x * z, z**2, z], -1) @ self.off
            return (log_ratio + extra)[:, 0]

    nodes = torch.special.ndtri((torch.arange(2000, dtype=torch.float64) + 0.5) / 2000)
    x, eps = torch.cartesian_prod(torch.tensor([-1.0, 0.3, 1.8], dtype=torch.float64), nodes)[:, :, None].unbind(1)
    encoder, critic, decoder = Encoder(), Exact(), Decoder()
    critic_loss, encoder_loss = avb_losses(encoder, critic, decoder, x, eps, eps)
    (gradient,) = torch.autograd.grad(critic_loss, critic.off)
    assert gradient.abs().max() < 1e-3  # the rule's own error
    q = Normal(0.6 * x, 0.5)
    kl = kl_divergence(q, Normal(0.0, 1.0)).mean()
    mean_square = (x - 1.2 * q.mean) ** 2 + 1.2**2 * 0.25
    expected = (-0.5 * mean_square / 0.49 - math.log(0.7) - 0.5 * math.log(2 * math.pi)).mean()
    assert abs(encoder_loss - (kl - expected)) < 1e-3
