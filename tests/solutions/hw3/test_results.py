"""Tests of solutions/results/hw3.py: densities on a grid, bounds in their order, a floor that a leak would break."""

import math

import pytest
import small_results as sr
import torch

from solutions.results import harness, hw3
from solutions.results.entry import BITS


def stripes():
    """The stripes of small_results as grey images in [0, 1] at 256 levels."""
    generator = torch.Generator().manual_seed(3)
    bright = torch.rand(2064, 1, 6, 1, generator=generator).round().expand(2064, 1, 6, 6)
    images = ((40 + 150 * bright + torch.randint(40, (2064, 1, 6, 6), generator=generator)) / 255).float()
    return sr.limited(hw3.levelled(images[16:], images[:16]), floor=0.0, ceiling=1e3)


def built(name, data):
    torch.manual_seed(0)
    return hw3.MODELS[name].build(data)


def test_independent_pixels_cost_their_entropy():
    images = torch.arange(4).repeat(1000)[:, None, None, None] / 255  # one pixel, four equally likely levels
    assert hw3.histogram_bits(images, images) == pytest.approx(2, abs=0.02)
    assert "reach 2.0" in hw3.levelled(images, images).limits[BITS].ceiling_is


@pytest.mark.parametrize("name", ["realnvp", "maf"])
def test_a_pixel_flow_is_a_density_of_levels_and_noise(name):
    """Its mass is 1: an average over draws of a known density, here that of the uniform distribution on the cube."""
    data = stripes()
    data = hw3.levelled(data.batch(torch.arange(48), None)[:, :, :2, :1], data.test[:, :, :2, :1])
    model = built(name, data)
    with torch.no_grad():
        for parameter in model.flow.parameters():
            parameter.add_(0.2 * torch.randn(parameter.shape, generator=torch.Generator().manual_seed(1)))
        line = (torch.arange(1024) + 0.5) / 4
        log_p = model.log_density(torch.cartesian_prod(line, line))
    assert log_p.exp().sum().item() / 16 == pytest.approx(1, abs=0.05)  # the tails beyond 0 and 256 are cut off


@pytest.mark.parametrize("name", ["realnvp", "maf"])
def test_more_draws_bound_closer(name):
    data = stripes()
    values = harness.measure(name, hw3.MODELS[name], built(name, data), data, seed=0)
    assert values[f"{hw3.DRAWS} draws"][0] < values["one draw"][0]


def test_the_levels_of_a_pixelcnn_have_mass_one_and_pixels_see_what_came_before():
    model = built("pixelcnn_pp", stripes())
    x = torch.randint(256, (2, 1, 4, 5), generator=torch.Generator().manual_seed(0)).float()
    every = x[:1].repeat(256, 1, 1, 1)
    every[:, 0, 3, 4] = torch.arange(256.0)  # the last pixel
    with torch.no_grad():
        conditional = model.log_prob(every)
        earlier = model.parts(every)
    assert (conditional - conditional.logsumexp(0)).exp().sum().item() == pytest.approx(1, abs=1e-5)
    total = hw3.dlm_log_prob(torch.arange(256.0), *(p[0, 3, 4].expand(256, -1) for p in earlier), 256).exp().sum()
    assert total.item() == pytest.approx(1, abs=1e-4)
    assert all(torch.equal(part[:1].expand_as(part), part) for part in earlier), "a pixel sees itself"


@pytest.mark.parametrize("name", hw3.MODELS)
def test_samples_are_images_at_the_levels(name):
    data = stripes()
    with torch.no_grad():
        images = hw3.MODELS[name].sample(built(name, data), 3, data, torch.Generator().manual_seed(0))
    assert images.shape == (3, 1, 6, 6) and 0 <= images.min() and images.max() <= 1
    assert torch.allclose(255 * images, (255 * images).round(), atol=1e-3)


def test_bits_are_nats_per_dimension_over_log_two():
    data, model = stripes(), built("pixelcnn_pp", stripes())
    with torch.no_grad():
        bits = hw3.pixelcnn_bits(model, data.test)
        nats = model.log_prob(hw3.pixels(data.test).view_as(data.test))
    assert torch.allclose(bits, -nats / 36 / math.log(2))


@pytest.mark.parametrize("name", hw3.MODELS)
def test_training_learns(name, tmp_path, monkeypatch):
    sr.assert_training_learns(name, hw3.MODELS[name], stripes(), tmp_path, monkeypatch, better_by=0.05)
