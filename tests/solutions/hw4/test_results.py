"""Tests of solutions/results/hw4.py: bounds and losses from their definitions, and who learns from which loss."""

import pytest
import small_results as sr
import torch
from torch.distributions import Bernoulli

from solutions.results import harness, hw4


def built(data):
    torch.manual_seed(0)
    return hw4.two_priors(data)


def test_bounds_are_the_densities_of_torch_distributions():
    model = built(sr.binarised(torch.rand(2, 1, 4, 4), torch.rand(2, 1, 4, 4)))
    x = torch.rand(5, 1, 4, 4).round()
    with torch.no_grad():
        for parameter in model.prior.parameters():
            parameter.add_(0.1 * torch.randn(parameter.shape))
        found = hw4.bounds(model, x, torch.Generator().manual_seed(2))
        mean, log_std = model.vae.encode(x.flatten(1))
        q = torch.distributions.Normal(mean, log_std.exp())
        z = mean + log_std.exp() * torch.randn(hw4.DRAWS, *mean.shape, generator=torch.Generator().manual_seed(2))
        pixels = torch.distributions.Bernoulli(logits=model.vae.decode(z)).log_prob(
            x.flatten(1).expand(hw4.DRAWS, 5, 16)
        )
        common = pixels.sum(-1) - q.log_prob(z).sum(-1)
        normal = common + torch.distributions.Normal(torch.zeros_like(z), 1).log_prob(z).sum(-1)
        noise, log_det = model.prior.flow(z.flatten(0, 1))
        flow = common + (torch.distributions.Normal(0, 1).log_prob(noise).sum(1) + log_det).view(hw4.DRAWS, 5)
    for name, weights in {"flow": flow, "N(0, I)": normal}.items():
        assert torch.allclose(found[f"-ELBO, {name}"], -weights.mean(0), atol=1e-3)
        close = weights.logsumexp(0) - torch.tensor(float(hw4.DRAWS)).log()
        assert torch.allclose(found[f"-L_{hw4.DRAWS}, {name}"], -close, atol=1e-3)


def test_each_loss_moves_its_own_part():
    data = sr.stripes()
    model = built(data)
    for player, (own, other) in zip(
        hw4.MODELS["flow_prior"].players, ((model.vae, model.prior), (model.prior, model.vae)), strict=True
    ):
        model.zero_grad()
        player.loss(model, data.test, torch.Generator().manual_seed(0)).backward()
        assert any(p.grad is not None and p.grad.any() for p in own.parameters())
        assert all(p.grad is None for p in other.parameters())
        assert {id(p) for p in player.parameters(model)} == {id(p) for p in own.parameters()}


def test_the_flow_gains_on_the_normal_prior(tmp_path):
    data = sr.limited(sr.stripes(), floor=0.0, ceiling=1e3)
    entry = hw4.MODELS["flow_prior"]
    model, _ = harness.train("flow_prior", entry, data, 150, 0, tmp_path, sr.Ticks())
    values = harness.measure("flow_prior", entry, model, data, seed=0)
    assert values["-ELBO, flow"][0] < values["-ELBO, N(0, I)"][0]
    assert values[f"-L_{hw4.DRAWS}, flow"][0] < values["-ELBO, flow"][0]


def test_samples_are_probabilities():
    data = sr.stripes()
    images = hw4.MODELS["flow_prior"].sample(built(data), 3, data, torch.Generator().manual_seed(0))
    assert images.shape == (3, 1, 6, 6) and 0 <= images.min() and images.max() <= 1


def test_training_learns(tmp_path, monkeypatch):
    sr.assert_training_learns("flow_prior", hw4.MODELS["flow_prior"], sr.stripes(), tmp_path, monkeypatch)


def test_the_players_of_the_gan_want_the_opposite():
    """The discriminator to tell real from fake, the generator that its fakes pass for real."""
    torch.manual_seed(0)
    model, x = hw4.MODELS["gan"].build(None), sr.squares().test
    discriminator, generator = hw4.MODELS["gan"].players
    judged = [model.critic(x), model.critic(model.fakes(16, torch.Generator().manual_seed(0)))]
    real, fake = (Bernoulli(logits=logits) for logits in judged)
    ones = torch.ones(16)
    expected = -real.log_prob(ones).mean() - fake.log_prob(0 * ones).mean()
    assert discriminator.loss(model, x, torch.Generator().manual_seed(0)).item() == pytest.approx(expected.item())
    expected = -fake.log_prob(ones).mean()
    assert generator.loss(model, x, torch.Generator().manual_seed(0)).item() == pytest.approx(expected.item())


def test_each_player_of_the_gan_moves_its_own_network(tmp_path):
    sr.assert_adversaries_are_apart("gan", hw4.MODELS["gan"], tmp_path)


def test_the_gan_learns_where_the_ink_is(tmp_path, monkeypatch):
    sr.assert_fakes_learn_where_the_ink_is("gan", hw4.MODELS["gan"], tmp_path, monkeypatch)
