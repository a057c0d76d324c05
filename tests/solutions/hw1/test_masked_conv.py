"""Masked convolutions against sums written out over the pixels that come earlier."""

import pytest
import torch

from solutions.hw1.masked_conv import MaskedConv2d


@pytest.mark.parametrize("kind", ["A", "B"])
@pytest.mark.parametrize(("kernel_size", "B", "H", "W"), [(1, 2, 3, 4), (3, 1, 5, 4), (5, 2, 3, 7), (7, 3, 5, 5)])
def test_layer_is_the_sum_over_earlier_pixels(kind, kernel_size, B, H, W):
    torch.manual_seed(0)
    layer = MaskedConv2d(kind, 2, 3, kernel_size).double()
    x = torch.randn(B, 2, H, W, dtype=torch.float64)
    y, half = layer(x), kernel_size // 2
    for r, c in ((0, 0), (H // 2, W // 2), (H - 1, W - 2)):
        expected = layer.conv.bias.expand(B, 3).clone()
        for i in range(max(0, r - half), min(H, r + half + 1)):
            for j in range(max(0, c - half), min(W, c + half + 1)):
                here, there = r * W + c, i * W + j
                if there < here or (there == here and kind == "B"):
                    expected += x[:, :, i, j] @ layer.conv.weight[:, :, i - r + half, j - c + half].T
        assert torch.allclose(y[:, :, r, c], expected, atol=1e-12)


def test_hidden_weights_get_no_gradient_and_all_others_do():
    torch.manual_seed(1)
    layer = MaskedConv2d("B", 2, 3, 3).double()
    layer(torch.randn(4, 2, 6, 5, dtype=torch.float64)).square().sum().backward()
    seen = torch.tensor([[1, 1, 1], [1, 1, 0], [0, 0, 0]], dtype=torch.bool)
    assert (layer.conv.weight.grad[:, :, ~seen] == 0).all()
    assert (layer.conv.weight.grad[:, :, seen] != 0).all()


def test_other_kinds_are_refused():
    with pytest.raises(ValueError, match="kind must be 'A' or 'B', got 'C'"):
        MaskedConv2d("C", 1, 1, 3)
