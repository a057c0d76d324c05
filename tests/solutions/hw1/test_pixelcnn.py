"""PixelCNN as a distribution over all images of a small size: likelihood, loss and sampler."""

import itertools

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from solutions.hw1.pixelcnn import PixelCNN


def all_images(H, W):
    return torch.tensor(list(itertools.product([0.0, 1.0], repeat=H * W)), dtype=torch.float64).reshape(-1, 1, H, W)


@pytest.fixture
def model():
    torch.manual_seed(0)
    model = PixelCNN(n_filters=6, n_layers=4, kernel_size=3).double()
    for parameter in model.parameters():
        nn.init.normal_(parameter, std=0.5 if parameter.dim() < 2 else 2 * parameter[0].numel() ** -0.5)
    return model


def test_probabilities_of_all_images_sum_to_one(model):
    x = all_images(3, 4)
    p = F.logsigmoid(model.logits(x) * (2 * x - 1)).sum((1, 2, 3)).exp()
    assert p.max() > 10 / len(x)
    assert torch.isclose(p.sum(), torch.tensor(1.0, dtype=torch.float64), atol=1e-12)


def test_loss_is_the_mean_negative_log_probability(model):
    x = all_images(2, 3)[torch.randperm(64, generator=torch.Generator().manual_seed(1))[:10]]
    p = model.logits(x).sigmoid()
    expected = -torch.where(x == 1, p, 1 - p).log().mean()
    assert torch.isclose(model.loss(x), expected, atol=1e-12)


def test_every_image_is_drawn_from_its_own_part_of_the_unit_cube(model):
    # An image belongs to the u below p where it is 1 and above p where it is 0: the volume of that box is p(x).
    x = all_images(2, 3)
    p = model.logits(x).sigmoid()
    inside = torch.rand(x.shape, dtype=torch.float64, generator=torch.Generator().manual_seed(2))
    u = torch.where(x == 1, p * inside, p + (1 - p) * inside)
    assert torch.equal(model.sample(len(u), u), x)


def test_gradients_reach_every_parameter(model):
    model.loss(all_images(3, 3)).backward()
    assert all(parameter.grad.abs().max() > 0 for parameter in model.parameters())
