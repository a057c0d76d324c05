"""Tests of solutions/hw2/vae.py: torch.distributions, finite differences, and a model whose log p(x) is known."""

import math

import pytest
import torch
from torch import Tensor
from torch.distributions import Bernoulli, MultivariateNormal, Normal, kl_divergence

from solutions.hw2.vae import VAE


def normal(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def model(likelihood: str, d_x: int = 5, d_z: int = 3, seed: int = 0) -> VAE:
    torch.manual_seed(seed)
    vae = VAE(d_x, d_z, hidden=7, likelihood=likelihood).double()
    for i, parameter in enumerate(vae.parameters()):
        parameter.data = normal(*parameter.shape, seed=100 + i) / max(1, parameter.shape[-1]) ** 0.5
    return vae


def data(likelihood: str, n: int = 6, d_x: int = 5) -> Tensor:
    x = normal(n, d_x, seed=1)
    return x if likelihood == "gaussian" else (x > 0).double()


def distribution(vae: VAE, z: Tensor) -> Normal | Bernoulli:
    if vae.likelihood == "bernoulli":
        return Bernoulli(logits=vae.decode(z))
    mean, log_std = vae.decode(z)
    return Normal(mean, log_std.exp())


@pytest.mark.parametrize("likelihood", ["gaussian", "bernoulli"])
def test_loss_is_that_of_torch_distributions(likelihood):
    vae, x, eps = model(likelihood), data(likelihood), normal(6, 3, seed=2)
    mean, log_std = vae.encode(x)
    q = Normal(mean, log_std.exp())
    loss = vae.loss(x, eps)
    rec = -distribution(vae, mean + log_std.exp() * eps).log_prob(x).sum(1).mean()
    kl = kl_divergence(q, Normal(0.0, 1.0)).sum(1).mean()
    assert abs(loss["rec"] - rec) < 1e-12
    assert abs(loss["kl"] - kl) < 1e-12
    assert abs(loss["total"] - rec - kl) < 1e-12
    assert all(value.shape == () for value in loss.values())


@pytest.mark.parametrize("likelihood", ["gaussian", "bernoulli"])
def test_without_noise_the_decoder_sees_the_mean(likelihood):
    vae, x = model(likelihood), data(likelihood)
    rec = vae.loss(x, torch.zeros(6, 3, dtype=torch.float64))["rec"]
    assert abs(rec + distribution(vae, vae.encode(x)[0]).log_prob(x).sum(1).mean()) < 1e-12


@pytest.mark.parametrize("likelihood", ["gaussian", "bernoulli"])
def test_gradient_is_that_of_finite_differences(likelihood):
    x, eps, step = data(likelihood), normal(6, 3, seed=3), 1e-6
    for term in ("rec", "kl", "total"):
        vae = model(likelihood)
        vae.loss(x, eps)[term].backward()
        for i, parameter in enumerate(vae.parameters()):
            direction = normal(*parameter.shape, seed=50 + i)
            values = []
            for sign in (1, -1):
                moved = model(likelihood)
                list(moved.parameters())[i].data.add_(sign * step * direction)
                values.append(moved.loss(x, eps)[term].item())
            slope = 0.0 if parameter.grad is None else (parameter.grad * direction).sum().item()
            assert slope == pytest.approx((values[0] - values[1]) / (2 * step), abs=1e-6)
    vae = model(likelihood)
    vae.loss(x, eps)["rec"].backward()
    assert next(vae.encoder.parameters()).grad.abs().max() > 1e-3


def test_loss_stays_finite_when_the_decoder_is_sure():
    vae, x = model("bernoulli"), data("bernoulli")
    loss = vae.loss(x, 1e6 * normal(6, 3, seed=4))
    assert loss["rec"].isfinite() and loss["rec"] > 1e3


def test_decode_takes_any_number_of_dimensions_in_front():
    z = normal(4, 2, 3, seed=5)
    logits = model("bernoulli").decode(z)
    assert logits.shape == (4, 2, 5)
    assert torch.allclose(logits[2, 1], model("bernoulli").decode(z[2, 1]), atol=1e-12)
    mean, log_std = model("gaussian").decode(z)
    assert mean.shape == (4, 2, 5)
    assert torch.broadcast_shapes(mean.shape, log_std.shape) == mean.shape


def test_samples_have_the_moments_of_the_model():
    n = 100_000
    vae = model("gaussian", d_x=2, d_z=1)
    x = vae.sample(normal(n, 1, seed=6), normal(n, 2, seed=7))
    nodes = torch.linspace(-8, 8, 4001, dtype=torch.float64)[:, None]
    weight = Normal(0.0, 1.0).log_prob(nodes).exp()
    weight = weight / weight.sum()
    mean, log_std = (part.detach() for part in vae.decode(nodes))
    expected = (weight * mean).sum(0)
    variance = (weight * mean**2).sum(0) - expected**2 + torch.exp(2 * log_std)
    assert ((x.mean(0) - expected).abs() < 5 * (variance / n).sqrt()).all()
    assert ((x.var(0) / variance - 1).abs() < 0.05).all()
    u = torch.rand(n, 5, generator=torch.Generator().manual_seed(8), dtype=torch.float64)
    vae = model("bernoulli")
    x = vae.sample(normal(1, 3, seed=9).expand(n, 3), u)
    p = torch.sigmoid(vae.decode(normal(1, 3, seed=9)))[0].detach()
    assert set(x.unique().tolist()) == {0.0, 1.0}
    assert ((x.mean(0) - p).abs() < 5 * (p * (1 - p) / n).sqrt()).all()


def test_exact_posterior_makes_the_bound_tight():
    """A linear decoder with orthogonal columns and its exact posterior: the average bound is log p(x)."""
    d_x, d_z, std, n = 4, 2, 0.7, 40_000
    W = torch.linalg.qr(normal(d_x, d_z, seed=10))[0] * torch.tensor([0.8, 1.6], dtype=torch.float64)
    precision = 1 + W.square().sum(0) / std**2

    class Linear(VAE):
        def encode(self, x):
            return x @ W / std**2 / precision, (-0.5 * precision.log()).expand(len(x), -1)

        def decode(self, z):
            return z @ W.T, torch.full((d_x,), math.log(std), dtype=torch.float64)

    x = normal(1, d_x, seed=11)
    p = MultivariateNormal(torch.zeros(d_x).double(), W @ W.T + std**2 * torch.eye(d_x).double())
    loss = Linear(d_x, d_z, 3).loss(x.expand(n, -1), normal(n, d_z, seed=12))
    assert -loss["total"].item() == pytest.approx(p.log_prob(x).item(), abs=5 * 2 / math.sqrt(n))


def test_another_likelihood_is_refused():
    with pytest.raises(ValueError, match='must be "gaussian" or "bernoulli", got \'poisson\''):
        VAE(3, 2, 4, likelihood="poisson")
