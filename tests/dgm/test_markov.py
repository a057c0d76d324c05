"""The Markov chains, their entropy, and the autoencoder that can collapse."""

import itertools
import math

import dgm
import pytest
import torch
from torch.distributions import Bernoulli, Normal, kl_divergence


def log_prob(x, stay):
    """Log probability of binary sequences, straight from the definition."""
    stays = (x[:, 1:] == x[:, :-1]).double()
    return math.log(0.5) + (stays * math.log(stay) + (1 - stays) * math.log(1 - stay)).sum(1)


def model(decoder, length=6, d_z=2):
    torch.manual_seed(0)
    vae = dgm.MarkovVAE(decoder, d_z=d_z, length=length, hidden=8).double()
    for parameter in vae.parameters():
        parameter.data = torch.randn(parameter.shape, dtype=torch.float64) / 3
    return vae


def test_chains_keep_their_symbol_with_the_given_probability():
    x = dgm.markov_chains(20_000, length=12, stay=0.8)
    assert x.shape == (20_000, 12) and x.dtype == torch.float32 and set(x.unique().tolist()) == {0.0, 1.0}
    assert x.mean().item() == pytest.approx(0.5, abs=0.02)
    assert (x[:, 1:] == x[:, :-1]).double().mean().item() == pytest.approx(0.8, abs=0.005)
    assert (x[:, 2:] == x[:, :-2]).double().mean().item() == pytest.approx(0.8**2 + 0.2**2, abs=0.01)
    assert x[:, 0].mean().item() == pytest.approx(0.5, abs=0.02)


def test_entropy_is_that_of_all_sequences():
    for length, stay in ((1, 0.7), (5, 0.9), (8, 0.35)):
        x = torch.tensor(list(itertools.product((0.0, 1.0), repeat=length)))
        log_p = log_prob(x, stay)
        assert log_p.exp().sum().item() == pytest.approx(1)
        assert dgm.markov_entropy(length, stay) == pytest.approx(-(log_p.exp() * log_p).sum().item())
    assert dgm.markov_entropy() == pytest.approx(5.569, abs=0.001)


def test_chains_pay_their_entropy_on_average():
    x = dgm.markov_chains(20_000)
    loss = -log_prob(x, 0.9)
    assert loss.mean().item() == pytest.approx(dgm.markov_entropy(), abs=5 * loss.std().item() / 20_000**0.5)


def test_seeds_choose_the_chains_and_the_global_generator_stays():
    torch.manual_seed(1)
    before = torch.get_rng_state()
    assert torch.equal(dgm.markov_chains(30, seed=5), dgm.markov_chains(30, seed=5))
    assert not torch.equal(dgm.markov_chains(30, seed=5), dgm.markov_chains(30, seed=6))
    assert torch.equal(torch.get_rng_state(), before)


@pytest.mark.parametrize("wrong", [{"n": 0}, {"n": 3, "length": 0}, {"n": 3, "stay": 1.5}])
def test_chains_refuse_impossible_arguments(wrong):
    with pytest.raises(ValueError, match="must be"):
        dgm.markov_chains(**wrong)
    with pytest.raises(ValueError, match="strictly between"):
        dgm.markov_entropy(stay=1.0)
    with pytest.raises(ValueError, match="decoder must be"):
        dgm.MarkovVAE("transformer")


@pytest.mark.parametrize("decoder", ["independent", "autoregressive"])
def test_the_two_terms_are_those_of_torch_distributions(decoder):
    vae, x = model(decoder), dgm.markov_chains(5, length=6).double()
    eps = torch.randn(5, 2, dtype=torch.float64)
    rec, kl = vae(x, eps)
    mean, log_std = vae.encode(x)
    z = mean + log_std.exp() * eps
    assert (rec + Bernoulli(logits=vae.logits(z, x)).log_prob(x).sum(1)).abs().max() < 1e-12
    assert (kl - kl_divergence(Normal(mean, log_std.exp()), Normal(0.0, 1.0))).abs().max() < 1e-12


@pytest.mark.parametrize("decoder", ["independent", "autoregressive"])
def test_the_decoder_is_a_distribution_over_sequences(decoder):
    vae, z = model(decoder), torch.randn(1, 2, dtype=torch.float64)
    x = torch.tensor(list(itertools.product((0.0, 1.0), repeat=6)), dtype=torch.float64)
    log_p = Bernoulli(logits=vae.logits(z.expand(64, 2), x)).log_prob(x).sum(1)
    assert log_p.exp().sum().item() == pytest.approx(1)


def test_only_the_autoregressive_decoder_sees_the_past_and_nothing_else():
    x, z = dgm.markov_chains(4, length=6).double(), torch.randn(4, 2, dtype=torch.float64)
    flipped = x.clone()
    flipped[:, 2] = 1 - flipped[:, 2]
    assert torch.equal(model("independent").logits(z, x), model("independent").logits(z, flipped))
    change = (model("autoregressive").logits(z, x) - model("autoregressive").logits(z, flipped)).abs()
    assert change[:, 3].min() > 0.1 and change[:, [0, 1, 2, 4, 5]].max() == 0


def test_dropped_symbols_say_nothing():
    x, eps = dgm.markov_chains(4, length=6).double(), torch.randn(4, 2, dtype=torch.float64)
    vae = model("autoregressive")
    blind, _ = vae(x, eps, seen=torch.full_like(x, 0.5))
    vae.memory.data.zero_()
    without_memory, _ = vae(x, eps)
    assert (blind - without_memory).abs().max() < 1e-12
