"""WaveNet against its formulas written out, and as a distribution over all sequences."""

import itertools

import pytest
import torch
import torch.nn.functional as F

from solutions.hw1.causal_conv import receptive_field
from solutions.hw1.wavenet import WaveNet, WaveNetBlock, gated_activation


def test_gated_activation_in_exponentials():
    f, g = 3 * torch.randn(2, 50, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    expected = (1 - (-2 * f).exp()) / (1 + (-2 * f).exp()) * g.exp() / (1 + g.exp())
    assert torch.allclose(gated_activation(f, g), expected, atol=1e-14)


def test_block_at_one_time_step():
    torch.manual_seed(1)
    C, S, k, d, t = 3, 2, 2, 4, 6
    block = WaveNetBlock(C, S, k, d).double()
    h = torch.randn(2, C, 9, dtype=torch.float64)
    weight, bias = block.filter_and_gate.conv.weight, block.filter_and_gate.conv.bias
    both = h[:, :, t] @ weight[:, :, 1].T + h[:, :, t - d] @ weight[:, :, 0].T + bias
    z = both[:, :C].tanh() / (1 + (-both[:, C:]).exp())
    out, skip = block(h)
    assert torch.allclose(out[:, :, t], h[:, :, t] + z @ block.residual.weight[:, :, 0].T + block.residual.bias)
    assert torch.allclose(skip[:, :, t], z @ block.skip.weight[:, :, 0].T + block.skip.bias)


@pytest.mark.parametrize(("K", "T", "kernel_size", "dilations"), [(2, 6, 2, [1, 2]), (3, 4, 3, [1, 1])])
def test_probabilities_of_all_sequences_sum_to_one(K, T, kernel_size, dilations):
    torch.manual_seed(2)
    net = WaveNet(K, 8, 8, kernel_size, dilations)
    for parameter in net.parameters():
        parameter.data *= 3  # far from the uniform distribution, which would sum to one in any case
    x = torch.tensor(list(itertools.product(range(K), repeat=T)))
    log_p = -F.cross_entropy(net(x), x, reduction="none").sum(1)
    assert log_p.exp().max() > 2 / len(x)
    assert torch.isclose(log_p.exp().sum(), torch.tensor(1.0), atol=1e-5)


def test_window_of_the_logits():
    torch.manual_seed(3)
    kernel_size, dilations, T = 2, [1, 2, 4], 14
    net = WaveNet(2, 8, 8, kernel_size, dilations)
    x = torch.randint(2, (16, T))
    seen = []
    for s in range(T):
        changed = x.clone()
        changed[:, s] = 1 - changed[:, s]
        seen.append(((net(changed) - net(x))[:, :, T - 1].abs().max() > 1e-6).item())
    window = receptive_field(kernel_size, dilations)
    assert seen == [T - 1 - window <= s < T - 1 for s in range(T)]
