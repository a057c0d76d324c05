"""Tests of solutions/hw5/gumbel_softmax.py: frequencies, the concrete density, limits, the loss's parts."""

import math

import pytest
import torch
from torch import Tensor
from torch.distributions import Bernoulli, Categorical, kl_divergence

from solutions.hw5.gumbel_softmax import DiscreteVAE, gumbel_max, gumbel_softmax


def normal(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def uniform(*shape: int, seed: int = 0) -> Tensor:
    return torch.rand(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def test_draws_have_the_law_softmax():
    n, logits = 50_000, torch.tensor([0.5, -1.0, 1.2, 0.0], dtype=torch.float64)
    drawn = gumbel_max(logits.expand(n, 4), uniform(n, 4))
    assert drawn.dtype == torch.long
    p = logits.softmax(0)
    share = torch.bincount(drawn, minlength=4) / n
    assert ((share - p).abs() < 5 * (p * (1 - p) / n).sqrt()).all()


def test_two_values_have_logistic_noise():
    """K = 2: the first wins when the difference plus logistic noise is positive, and the relaxation is its sigmoid."""
    logits, u = normal(9, 2), uniform(9, 2, seed=1)
    difference = logits[:, 0] - logits[:, 1] - torch.log(torch.log(u[:, 0]) / torch.log(u[:, 1]))
    assert torch.equal(gumbel_max(logits, u), (difference < 0).long())
    assert torch.allclose(gumbel_softmax(logits, u, 0.7)[:, 0], torch.sigmoid(difference / 0.7), atol=1e-12)


def test_the_ends_of_the_temperature():
    logits, u = normal(6, 3, 5), uniform(6, 3, 5, seed=1)
    drawn = gumbel_max(logits, u)
    assert torch.allclose(gumbel_softmax(logits, u, 1e-6), torch.nn.functional.one_hot(drawn, 5).double())
    assert torch.allclose(gumbel_softmax(logits, u, 1e9), torch.full_like(logits, 0.2), atol=1e-7)


def test_hard_values_and_soft_gradients():
    logits, u, cotangent = normal(4, 5).requires_grad_(), uniform(4, 5, seed=1), normal(4, 5, seed=2)
    hard = gumbel_softmax(logits, u, 0.8, hard=True)
    assert torch.equal(hard.argmax(-1), gumbel_max(logits, u))
    assert torch.allclose(hard, torch.nn.functional.one_hot(hard.argmax(-1), 5).double(), atol=1e-15)
    (through_hard,) = torch.autograd.grad((hard * cotangent).sum(), logits)
    (through_soft,) = torch.autograd.grad((gumbel_softmax(logits, u, 0.8) * cotangent).sum(), logits)
    assert torch.allclose(through_hard, through_soft, atol=1e-12)


def test_density_on_the_segment():
    """K = 2, temperature 1: the first coordinate y has density p q / (p (1 - y) + q y)^2 (Maddison et al., Def. 1)."""
    logits = torch.tensor([0.8, -0.3], dtype=torch.float64)
    y = gumbel_softmax(logits.expand(40_000, 2), uniform(40_000, 2), 1.0)[:, 0]
    p, q = logits.softmax(0).tolist()
    for edge in (0.1, 0.5, 0.8):
        below = q * edge / (p * (1 - edge) + q * edge)  # the integral of the density
        assert (y < edge).double().mean().item() == pytest.approx(below, abs=5 * math.sqrt(below / 40_000))


def test_uniform_numbers_at_their_ends_stay_finite():
    u = torch.tensor([[0.0, 1.0, 0.5]])
    assert gumbel_softmax(torch.zeros(1, 3), u, 0.5).isfinite().all()


def model() -> DiscreteVAE:
    torch.manual_seed(0)
    return DiscreteVAE(5, hidden=6, halvings=1).double()


def test_the_loss_of_the_discrete_vae_follows_from_its_parts():
    vae, x, u = model(), (uniform(3, 1, 4, 6) < 0.4).double(), uniform(3, 5, 2, 3, seed=1)
    logits = vae.encode(x)
    assert logits.shape == (3, 5, 2, 3)
    z = torch.empty_like(logits)
    for i in range(2):
        for j in range(3):
            z[:, :, i, j] = gumbel_softmax(logits[:, :, i, j], u[:, :, i, j], 0.6)
    loss = vae.loss(x, u, 0.6, beta=0.3)
    rec = -Bernoulli(logits=vae.decode(z)).log_prob(x).sum().item() / 3
    flat = Categorical(logits=torch.zeros(5, dtype=torch.float64))
    kl = kl_divergence(Categorical(logits=logits.permute(0, 2, 3, 1)), flat).sum().item() / 3
    assert loss["rec"].item() == pytest.approx(rec, abs=1e-10)
    assert loss["kl"].item() == pytest.approx(kl, abs=1e-10)
    assert loss["total"].item() == pytest.approx(rec + 0.3 * kl, abs=1e-10)
    assert vae.loss(x, u, 0.6)["total"].item() == pytest.approx(rec + kl, abs=1e-10)


def test_both_terms_reach_the_encoder():
    vae, x, u = model(), (uniform(3, 1, 4, 6) < 0.4).double(), uniform(3, 5, 2, 3, seed=1)
    for part in ("rec", "kl"):
        (gradient,) = torch.autograd.grad(vae.loss(x, u, 0.6)[part], next(vae.encoder.parameters()))
        assert gradient.abs().max() > 1e-4
