"""Tests of solutions/results/hw3.py: densities on a grid, bounds in their order, pixels that see what came before."""

import math

import pytest
import small_results as sr
import torch
from dgm import AutoregressiveMLP

from solutions.hw3.flow import Flow
from solutions.hw3.maf import MAF
from solutions.hw3.realnvp import RealNVP, checkerboard_masks
from solutions.results import harness, hw3
from solutions.results.data import levelled


def stripes():
    """The stripes of small_results as grey images in [0, 1]."""
    generator = torch.Generator().manual_seed(3)
    bright = torch.rand(2064, 1, 6, 1, generator=generator).round().expand(2064, 1, 6, 6)
    images = (2 + 10 * bright + torch.randint(4, (2064, 1, 6, 6), generator=generator)) / (hw3.LEVELS - 1)
    return sr.limited(sr.judged(levelled(images[16:], images[:16])), floor=0.0, ceiling=1e3)


def built(name, data):
    torch.manual_seed(0)
    return hw3.MODELS[name].build(data)


@pytest.mark.parametrize("name", ["realnvp", "maf"])
def test_a_pixel_flow_is_a_density_of_levels_and_noise(name):
    """Its mass on a grid is 1."""
    data = stripes()
    data = levelled(data.batch(torch.arange(48), None)[:, :, :2, :1], data.test[:, :, :2, :1])
    torch.manual_seed(0)
    order = torch.tensor([1, 0])
    flows = {
        "realnvp": lambda: RealNVP(checkerboard_masks(1, 2, 4), 8),
        "maf": lambda: Flow([MAF(hw3.BoundedScales(AutoregressiveMLP(order, 4, 2)), order)]),
    }
    model = hw3.PixelFlow(flows[name](), data)
    with torch.no_grad():
        for parameter in model.flow.parameters():
            parameter.add_(0.2 * torch.randn(parameter.shape, generator=torch.Generator().manual_seed(1)))
        cell = hw3.LEVELS / 0.9 / 1024  # the logits reach a twentieth of the levels beyond either end
        line = (torch.arange(1024) + 0.5) * cell - hw3.LEVELS / 18
        log_p = model.log_density(torch.cartesian_prod(line, line))
    assert log_p.exp().sum().item() * cell**2 == pytest.approx(1, abs=0.05)


@pytest.mark.parametrize("name", ["realnvp", "maf"])
def test_more_draws_bound_closer(name):
    data = stripes()
    values = harness.measure(name, hw3.MODELS[name], built(name, data), data, seed=0)
    assert values[f"{hw3.DRAWS} draws"][0] < values["one draw"][0]


def test_the_levels_of_a_pixelcnn_have_mass_one_and_pixels_see_what_came_before():
    model = built("pixelcnn_pp", stripes())
    levels = hw3.LEVELS
    x = torch.randint(levels, (2, 1, 4, 5), generator=torch.Generator().manual_seed(0)).float()
    every = x[:1].repeat(levels, 1, 1, 1)
    every[:, 0, 3, 4] = torch.arange(float(levels))  # the last pixel
    with torch.no_grad():
        earlier = model.parts(every)
    total = (
        hw3.dlm_log_prob(torch.arange(levels), *(p[0, 3, 4].expand(levels, -1) for p in earlier), levels).exp().sum()
    )
    assert total.item() == pytest.approx(1, abs=1e-4)
    assert all(torch.equal(part[:1].expand_as(part), part) for part in earlier), "a pixel sees itself"


@pytest.mark.parametrize("name", hw3.MODELS)
def test_samples_are_images_at_the_levels(name):
    data, levels = stripes(), hw3.LEVELS - 1
    with torch.no_grad():
        images = hw3.MODELS[name].sample(built(name, data), 3, data, torch.Generator().manual_seed(0))
    assert images.shape == (3, 1, 6, 6) and 0 <= images.min() and images.max() <= 1
    assert torch.allclose(levels * images, (levels * images).round(), atol=1e-3)


def test_bits_are_nats_per_dimension_over_log_two():
    data, model = stripes(), built("pixelcnn_pp", stripes())
    with torch.no_grad():
        bits = hw3.pixelcnn_bits(model, data.test)
        nats = model.log_prob(hw3.pixels(data.test).view_as(data.test))
    assert torch.allclose(bits, -nats / 36 / math.log(2))


@pytest.mark.parametrize("name", hw3.MODELS)
def test_training_learns(name, tmp_path, monkeypatch):
    sr.assert_training_learns(name, hw3.MODELS[name], stripes(), tmp_path, monkeypatch, better_by=0.05)
