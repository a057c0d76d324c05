"""Causal convolutions against sums written out, and receptive fields against gradients."""

import pytest
import torch
from torch import nn

from solutions.hw1.causal_conv import CausalConv1d, receptive_field


@pytest.mark.parametrize("strict", [False, True])
@pytest.mark.parametrize(("kernel_size", "dilation", "T"), [(1, 1, 4), (2, 1, 7), (3, 2, 9), (2, 5, 3), (3, 4, 1)])
def test_layer_is_the_sum_over_its_taps(kernel_size, dilation, T, strict):
    torch.manual_seed(0)
    layer = CausalConv1d(2, 3, kernel_size, dilation, strict).double()
    x = torch.randn(4, 2, T, dtype=torch.float64)
    weight, bias = layer.conv.weight, layer.conv.bias  # the last tap is the newest input
    expected = bias[:, None].expand(4, 3, T).clone()
    for t in range(T):
        for j in range(kernel_size):
            s = t - strict - j * dilation
            if s >= 0:
                expected[:, :, t] += x[:, :, s] @ weight[:, :, kernel_size - 1 - j].T
    assert torch.allclose(layer(x), expected, atol=1e-12)


@pytest.mark.parametrize(
    ("kernel_size", "dilations"), [(2, [1, 2, 4, 8]), (3, [1, 3]), (4, [2, 7, 1]), (1, [5]), (3, [])]
)
def test_receptive_field_is_where_the_gradient_starts(kernel_size, dilations):
    stack = nn.Sequential(*(CausalConv1d(1, 1, kernel_size, d) for d in dilations)).double()
    for parameter in stack.parameters():
        nn.init.ones_(parameter)  # positive weights cannot cancel
    x = torch.zeros(1, 1, 60, dtype=torch.float64, requires_grad=True)
    stack(x)[0, 0, -1].backward()
    earliest = x.grad[0, 0].nonzero().min().item()
    assert receptive_field(kernel_size, dilations) == 60 - earliest
