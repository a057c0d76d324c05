"""Tests of solutions/hw3/coupling.py: Jacobians, what is kept, what the scale is made of, and where it ends."""

import pytest
import torch
from torch import Tensor

from solutions.hw3.coupling import AffineCoupling

from .oracles import assert_layer_is_right, jacobians, normal

MASKS = [[True, False], [False, True, True, False, True], [True, False, False]]


def coupling(mask: list[bool], seed: int = 0, size: float = 1.0) -> AffineCoupling:
    mask = torch.tensor(mask)
    d, changed = int(mask.sum()), int((~mask).sum())
    first, second = normal(7, d, seed=seed), size * normal(2 * changed, 7, seed=seed + 1)
    return AffineCoupling(mask, lambda kept: torch.tanh(kept @ first.T) @ second.T + 0.3)


@pytest.mark.parametrize("mask", MASKS)
def test_log_determinants_and_the_way_back(mask):
    assert_layer_is_right(coupling(mask), normal(4, len(mask), seed=2))


@pytest.mark.parametrize("mask", MASKS)
def test_kept_coordinates_stay_and_alone_decide(mask):
    layer, x, mask = coupling(mask), 3 * normal(4, len(mask), seed=3), torch.tensor(mask)
    z, _ = layer(x)
    assert (z[:, mask] == x[:, mask]).all()
    changed = jacobians(lambda x: layer(x)[0], x)[:, ~mask][:, :, ~mask]
    assert (changed - torch.diag_embed(changed.diagonal(dim1=1, dim2=2))).abs().max() < 1e-6


def test_raw_scales_come_first_and_are_bounded():
    mask = torch.tensor([False, True, False])

    def net(kept: Tensor) -> Tensor:
        return torch.tensor([[0.6, -900.0, 0.25, -4.0]], dtype=torch.float64).expand(len(kept), 4)

    x = normal(2, 3)
    log_scale = 2 * torch.tanh(torch.tensor([0.3, -450.0], dtype=torch.float64))
    z, log_det = AffineCoupling(mask, net)(x)
    assert (z[:, 0] - (x[:, 0] * log_scale[0].exp() + 0.25)).abs().max() < 1e-12
    assert (z[:, 2] - (x[:, 2] * log_scale[1].exp() - 4)).abs().max() < 1e-12
    assert (log_det - log_scale.sum()).abs().max() < 1e-12
    assert (x - AffineCoupling(mask, net).inverse(z)[0]).abs().max() < 1e-12
