"""Tests of solutions/results/hw6.py: bounds in bits against closed forms, samples in range, training that learns."""

import math

import pytest
import small_results as sr
import torch
from torch.distributions import Normal

from solutions.results import hw6
from solutions.results.data import LEVELS, levelled
from solutions.results.entry import BITS


def grey(n=64):
    """Digits of 6 x 6 pixels in a few levels: the upper rows are bright, the others bright or dark as a whole."""
    generator = torch.Generator().manual_seed(3)
    images = torch.rand(n, 1, 6, 1, generator=generator).round().expand(n, 1, 6, 6).clone()
    images[:, :, :3] = 0.75
    return (images + 0.1 * torch.rand(n, 1, 6, 6, generator=generator)).clamp(0, 1)


@pytest.fixture(scope="module")
def data():
    return sr.judged(levelled(grey()[:48], grey()[48:]))


def test_levels_and_their_histogram(data):
    assert torch.allclose(data.test * (LEVELS - 1), (data.test * (LEVELS - 1)).round(), atol=1e-5)
    two = torch.tensor([0.0, 1.0]).repeat(500).view(1000, 1, 1, 1)
    assert "independent pixels reach 1.0" in levelled(two, two).limits[BITS].ceiling_is
    x = data.batch(torch.arange(8), torch.Generator())
    inside = hw6.cells(x, torch.Generator().manual_seed(0)) * LEVELS - x * (LEVELS - 1)
    assert -1e-4 < inside.min() < 0.1 and 0.9 < inside.max() < 1 + 1e-4


def test_the_schedule_falls_evenly_in_log_snr():
    bars = hw6.even_schedule(50)
    log_snr = (bars / (1 - bars)).log()[1:]
    assert bars[0] == 1 and torch.allclose(log_snr.diff(), log_snr.diff()[:1].expand(49))
    assert (log_snr[0].item(), log_snr[-1].item()) == pytest.approx(hw6.LOG_SNR)


def test_the_bits_of_a_diffusion_that_knows_the_density(monkeypatch):
    """With the best prediction for a Gaussian the bound is its entropy, but for the price of steps of finite length."""
    generator, spread = torch.Generator().manual_seed(1), 0.3
    points = spread * torch.randn(400, 1, 4, 4, generator=generator)
    monkeypatch.setattr(hw6, "cells", lambda x, generator: (points + 1) / 2)
    model = hw6.Diffusion()

    def knows(net, xt, t):
        bar = model.bars[t].to(xt)[:, None, None, None]
        return (1 - bar).sqrt() * xt / (bar * spread**2 + 1 - bar)

    model.noise = knows
    with torch.no_grad():
        found = hw6.elbo_bits(model, points, generator)["-ELBO"].mean().item()
    entropy = Normal(0.0, spread).entropy().item() / math.log(2) + math.log2(LEVELS / 2)
    assert entropy < found < entropy + 0.4


@pytest.mark.parametrize("name", hw6.MODELS)
def test_samples_are_images(name, data):
    entry = hw6.MODELS[name]
    torch.manual_seed(0)
    with torch.no_grad():
        samples = entry.sample(entry.build(data), 3, data, torch.Generator().manual_seed(0))
    assert samples.shape == (3, 1, 6, 6) and 0 <= samples.min() and samples.max() <= 1


@pytest.mark.parametrize("name", hw6.MODELS)
def test_training_learns(name, data, tmp_path, monkeypatch):
    sr.assert_training_learns(name, hw6.MODELS[name], data, tmp_path, monkeypatch, better_by=0.1)


def moved(data, size=0.1):
    """FFJORD with a field that does not vanish, on data of any size."""
    torch.manual_seed(0)
    model = hw6.ffjord(data)
    with torch.no_grad():
        for parameter in model.flow.field.last.parameters():
            parameter.add_(size * torch.randn(parameter.shape))
    return model


def test_a_continuous_flow_is_a_density_of_levels_and_noise():
    """Its mass on a grid is 1, with the exact trace."""
    two = grey(2064)[:, :, 2:4, :1]  # one pixel that is bright always, and one that may be dark
    torch.manual_seed(0)
    model = hw6.PixelFlow(hw6.ContinuousFlow(2, hidden=16), levelled(two[:2048], two[2048:]))
    with torch.no_grad():
        for parameter in model.flow.field.last.parameters():
            parameter.add_(0.3 * torch.randn(parameter.shape, generator=torch.Generator().manual_seed(1)))
    with torch.no_grad():
        cell = LEVELS / 0.9 / 256
        line = (torch.arange(256) + 0.5) * cell - LEVELS / 18
        log_p = model.log_density(torch.cartesian_prod(line, line))
    assert log_p.std() > 0.1 and log_p.exp().sum().item() * cell**2 == pytest.approx(1, abs=0.05)


def test_probes_estimate_the_exact_trace_and_more_steps_change_little(data):
    model, x, draws = moved(data), data.test[:4], 400
    with torch.no_grad():
        exact = hw6.exact_bits(model, x, torch.Generator().manual_seed(0))
        levels = hw6.pixels(x)
        u = torch.rand(levels.shape, generator=torch.Generator().manual_seed(0))
        coarse = hw6.bits_per_dim(model.log_density(levels + u), 36)
        assert model.flow.steps == hw6.TRAINING_STEPS and torch.allclose(coarse, exact, atol=5e-3)
        assert not torch.equal(coarse, exact)
        eps = torch.randn(draws, 4, 36, generator=torch.Generator().manual_seed(1))
        many = hw6.bits_per_dim(model.log_density((levels + u).repeat(draws, 1), eps.flatten(0, 1)), 36).view(draws, 4)
    assert (abs(many.mean(0) - exact) < 4 * many.std(0) / draws**0.5 + 1e-3).all() and many.std(0).min() > 1e-3


def test_ffjord_measures_with_noise_of_its_own(data):
    model, x = moved(data), data.test
    with torch.no_grad():
        found = hw6.MODELS["ffjord"].measure(model, data, torch.Generator().manual_seed(0))
        exact = hw6.exact_bits(model, x, torch.Generator().manual_seed(0))
    assert found["exact"][0] == pytest.approx(exact.mean().item(), abs=1e-5)
    assert found["probe"][0] != found["exact"][0]


def test_the_average_follows_the_weights(data):
    model = hw6.Diffusion()
    with torch.no_grad():
        for parameter in model.net.parameters():
            parameter.add_(1)
    model.follow()
    first = next(iter(model.average.parameters())) - next(iter(model.net.parameters()))
    assert torch.allclose(first, torch.full_like(first, -2 / 11), atol=1e-6)
