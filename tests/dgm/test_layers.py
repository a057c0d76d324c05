"""Tests of dgm.layers: who sees whom, measured by moving one input at a time."""

import dgm
import pytest
import torch


@pytest.mark.parametrize("kind", ["A", "B"])
@pytest.mark.parametrize("kernel_size", [1, 3, 5])
def test_an_output_sees_the_earlier_pixels_of_its_window(kind, kernel_size):
    torch.manual_seed(0)
    height, width = 4, 6
    layer = dgm.MaskedConv2d(kind, 2, 3, kernel_size).double()
    with torch.no_grad():
        layer.weight.copy_(torch.randn_like(layer.weight).abs() + 0.1)
    x = torch.randn(1, 2, height, width, dtype=torch.float64)
    for row in range(height):
        for column in range(width):
            moved = x.clone()
            moved[:, :, row, column] += 1
            reached = ((layer(moved) - layer(x)).abs() > 1e-9)[0]
            assert (reached == reached[0]).all(), "all output channels see the same"
            for i in range(height):
                for j in range(width):
                    inside = max(abs(i - row), abs(j - column)) <= kernel_size // 2
                    earlier = (row, column) < (i, j) or (kind == "B" and (row, column) == (i, j))
                    assert reached[0, i, j] == (inside and earlier), (row, column, i, j)


def test_weights_behind_the_mask_change_nothing_and_the_others_learn():
    layer = dgm.MaskedConv2d("B", 1, 1, 3)
    x = torch.randn(2, 1, 5, 5, generator=torch.Generator().manual_seed(0))
    before = layer(x)
    with torch.no_grad():
        layer.weight[..., 2, :] = torch.nan
    assert torch.equal(layer(x), before)
    layer(x).square().sum().backward()
    assert ((layer.weight.grad != 0) == layer.seen).all()


def test_unknown_kinds_and_even_kernels_are_refused():
    with pytest.raises(ValueError, match="kind must be"):
        dgm.MaskedConv2d("a", 1, 1, 3)
    with pytest.raises(ValueError, match="kernel_size must be odd, got 4"):
        dgm.MaskedConv2d("A", 1, 1, 4)


@pytest.mark.parametrize("hidden_layers", [1, 2, 3])
def test_the_autoregressive_network_keeps_the_order(hidden_layers):
    torch.manual_seed(0)
    order = torch.tensor([2, 0, 3, 1])
    net, x = dgm.AutoregressiveMLP(order, 6, 2, hidden_layers).double(), torch.randn(64, 4).double()
    assert (net(x) == 0).all()
    with torch.no_grad():
        for parameter in net.parameters():
            parameter.copy_(torch.randn(parameter.shape))
    rank = order.argsort()
    for j in range(4):
        bumped = x.clone()
        bumped[:, j] += 1
        changed = ((net(bumped) - net(x)).abs() > 1e-9).any(0)  # (4, 2)
        assert net(x).shape == (64, 4, 2)
        for i in range(4):
            assert changed[i].all() == changed[i].any() == (rank[j] < rank[i])
