"""Tests of solutions/results/hw1.py: probabilities that sum to one, samplers that draw from what is measured."""

import itertools

import pytest
import small_results as sr
import torch

from solutions.hw1.masked_conv import MaskedConv2d
from solutions.results import hw1

PARTS = {
    "made": (hw1.made, hw1.made_nll, hw1.made_logit),
    "pixelcnn": (hw1.pixelcnn, hw1.pixelcnn_nll, hw1.pixelcnn_logit),
    "wavenet": (hw1.wavenet, hw1.wavenet_nll, hw1.wavenet_logit),
}


def build(name, side):
    data = sr.binarised(*(torch.full((2, 1, side, side), 0.5) for _ in range(2)))
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return PARTS[name][0](data)


def test_every_model_is_tested_here():
    assert list(hw1.MODELS) == list(PARTS)


@pytest.mark.parametrize("name", PARTS)
def test_likelihood_sums_to_one_over_all_images(name):
    images = torch.tensor(list(itertools.product((0.0, 1.0), repeat=9))).view(-1, 1, 3, 3)
    with torch.no_grad():
        nll = PARTS[name][1](build(name, 3), images)
    assert nll.std() > 1e-3, "a uniform model would pass whatever the likelihood is"
    assert torch.logsumexp(-nll.double(), 0).item() == pytest.approx(0, abs=1e-4)


@pytest.mark.parametrize(("kind", "size", "dilation"), [("A", 7, 1), ("B", 3, 1), ("B", 3, 4)])
def test_rows_that_the_mask_leaves_out_are_not_computed_and_nothing_changes(kind, size, dilation):
    torch.manual_seed(0)
    layer, x = MaskedConv2d(kind, 2, 3, size), torch.randn(4, 2, 9, 8)
    weight, padding = layer.conv.weight * layer.mask, dilation * (size // 2)
    full = torch.nn.functional.conv2d(x, weight, layer.conv.bias, 1, padding, dilation)
    assert torch.allclose(hw1.masked(layer, x, dilation), full, atol=1e-5)


@pytest.mark.parametrize("name", PARTS)
def test_samples_are_drawn_from_the_conditionals_that_are_measured(name):
    """The sampler's logits, from the part of an image that it looks at, are those of the likelihood at full size."""
    model, (_, nll, logit) = build(name, 28), PARTS[name]
    x = torch.rand(2, 1, 28, 28, generator=torch.Generator().manual_seed(1)).round()
    logits_of = {
        "made": lambda: model(x.flatten(1)).diff(dim=2)[:, :, 0],
        "pixelcnn": lambda: model.logits(x).flatten(1),
        "wavenet": lambda: model(x.flatten(1).long()).diff(dim=1)[:, 0],
    }
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.mul_(1.5)  # so that pixels far away count
        logits = logits_of[name]()
        bits = torch.nn.functional.binary_cross_entropy_with_logits(logits, x.flatten(1), reduction="none")
        assert torch.allclose(bits.sum(1), nll(model, x), rtol=1e-4)
        for row, column in [(0, 0), (3, 9), (10, 27), (11, 0), (13, 5), (26, 1), (26, 2), (27, 27)]:
            place = 28 * row + column
            drawn_so_far = torch.where(torch.arange(784).view(28, 28) < place, x, 0)
            assert torch.allclose(logit(model, drawn_so_far, row, column), logits[:, place], atol=1e-5), (row, column)


@pytest.mark.parametrize("name", PARTS)
def test_training_learns(name, tmp_path, monkeypatch):
    sr.assert_training_learns(name, hw1.MODELS[name], sr.stripes(), tmp_path, monkeypatch)
