"""Tests of solutions/results/hw2.py: log weights against torch.distributions, the order of the bounds."""

import pytest
import small_results as sr
import torch

from solutions.results import harness, hw2


def small_vae(data):
    torch.manual_seed(0)
    return hw2.vae(data)


def test_log_weights_are_the_densities_of_torch_distributions():
    model = small_vae(sr.binarised(torch.rand(2, 1, 4, 4), torch.rand(2, 1, 4, 4)))
    x = torch.rand(5, 1, 4, 4).round()
    found = hw2.log_weights(model, x, 7, torch.Generator().manual_seed(2))
    mean, log_std = model.encode(x.flatten(1))
    q = torch.distributions.Normal(mean, log_std.exp())
    z = mean + log_std.exp() * torch.randn(7, *mean.shape, generator=torch.Generator().manual_seed(2))
    prior = torch.distributions.Normal(torch.zeros_like(z), 1)
    likelihood = torch.distributions.Bernoulli(logits=model.decode(z))
    wanted = likelihood.log_prob(x.flatten(1).expand(7, 5, 16)).sum(-1) + (prior.log_prob(z) - q.log_prob(z)).sum(-1)
    assert found.shape == (7, 5)
    assert torch.allclose(found, wanted, atol=1e-4)


def test_the_bounds_are_ordered():
    data = sr.limited(sr.stripes(), floor=0.0, ceiling=1e3)
    values = harness.measure("vae", hw2.MODELS["vae"], small_vae(data), data, seed=0)
    (tight, _), (elbo, error) = values[f"-L_{hw2.DRAWS}"], values["-ELBO"]
    assert tight < elbo and error > 0


@pytest.mark.parametrize("name", hw2.MODELS)
def test_training_learns(name, tmp_path, monkeypatch):
    sr.assert_training_learns(name, hw2.MODELS[name], sr.stripes(), tmp_path, monkeypatch)
