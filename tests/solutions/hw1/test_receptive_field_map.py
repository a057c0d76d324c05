"""Tests of solutions/hw1/receptive_field_map.py against brute force and the closed form of the 3x3 stack."""

import torch
from torch import Tensor, nn

from solutions.hw1.receptive_field_map import blind_spot, receptive_field_map


class Masked(nn.Conv2d):
    """A convolution whose taps at and after (kind "A") or only after (kind "B") the centre are hidden."""

    def __init__(self, kind: str, inputs: int, outputs: int, k: int) -> None:
        super().__init__(inputs, outputs, k, padding=k // 2)
        taps = torch.arange(k * k).view(k, k)
        self.register_buffer("mask", (taps < k * k // 2 + (kind == "B")).float())

    def forward(self, x: Tensor) -> Tensor:
        return self._conv_forward(x, self.weight * self.mask, self.bias)


def pixelcnn(depth: int, k: int, activation: type[nn.Module]) -> nn.Sequential:
    layers = [Masked("A", 1, 8, k), activation()]
    for _ in range(depth):
        layers += [Masked("B", 8, 8, k), activation()]
    return nn.Sequential(*layers, Masked("B", 8, 1, 1))


def brute_force(net: nn.Module, H: int, W: int) -> Tensor:
    """Entry [r, c, i, j]: whether a change of pixel (i, j) changes output (r, c), for any of 16 random images."""
    net, moved = net.double(), torch.zeros(H * W, H, W, dtype=torch.bool)
    change = torch.eye(H * W, dtype=torch.float64).view(-1, 1, H, W)
    with torch.no_grad():
        for _ in range(16):
            x = 3 * torch.randn(1, 1, H, W, dtype=torch.float64)
            moved |= (net(x + change) - net(x))[:, 0].abs() > 1e-12
    return moved.permute(1, 2, 0).reshape(H, W, H, W)


def test_map_equals_brute_force():
    torch.manual_seed(0)
    for activation in (nn.ReLU, nn.Tanh, nn.ELU):
        net = pixelcnn(2, 3, activation)
        truth = brute_force(net, 5, 7)
        for r, c in ((3, 3), (0, 5), (4, 0), (2, 6)):
            assert torch.equal(receptive_field_map(net, 5, 7, r, c), truth[r, c]), activation


def test_dead_relus_hide_nothing():
    torch.manual_seed(0)
    net = pixelcnn(2, 3, nn.ReLU)
    expected = receptive_field_map(net, 7, 9, 4, 5)
    with torch.no_grad():
        for layer in net[:-1]:
            if isinstance(layer, nn.Conv2d):
                layer.bias.fill_(-1000)
    x = torch.randn(1, 1, 7, 9, requires_grad=True)
    assert not torch.autograd.grad(net(x)[0, 0, 4, 5], x)[0].any()
    assert torch.equal(receptive_field_map(net, 7, 9, 4, 5), expected)


def test_deep_saturating_net_is_seen_to_the_end():
    torch.manual_seed(0)
    net = nn.Sequential(*(m for _ in range(20) for m in (nn.Conv2d(1, 1, 3, padding=1), nn.Sigmoid())))
    assert receptive_field_map(net, 21, 21, 0, 0).all()


def test_net_is_left_alone():
    torch.manual_seed(0)
    net = pixelcnn(1, 5, nn.ReLU)
    before = {name: value.clone() for name, value in net.state_dict().items()}
    receptive_field_map(net, 7, 9, 4, 5)
    assert all(torch.equal(value, before[name]) for name, value in net.state_dict().items())
    assert all(p.grad is None and p.requires_grad for p in net.parameters())


def test_blind_spot_of_3x3_stack_is_the_wedge():
    torch.manual_seed(0)
    H, W = 6, 8
    net = pixelcnn(W, 3, nn.ReLU)
    for r, c in ((5, 1), (3, 4), (0, 7), (5, 7)):
        wedge = torch.tensor([[y < r and x - c > r - y for x in range(W)] for y in range(H)])
        assert torch.equal(blind_spot(net, H, W, r, c), wedge)


def test_vertical_and_horizontal_stack_have_no_blind_spot():
    class TwoStacks(nn.Module):
        """Rows above through a vertical stack; the own row, and what the vertical stack found, through a horizontal."""

        def __init__(self) -> None:
            super().__init__()
            self.above = nn.Sequential(*(nn.Conv2d(1, 1, (2, 3), padding=(1, 1)) for _ in range(8)))
            self.left = nn.Conv2d(2, 1, (1, 17), padding=(0, 16))

        def forward(self, x: Tensor) -> Tensor:
            H, W = x.shape[2:]
            above = x
            for layer in self.above:
                above = torch.relu(layer(above)[:, :, :H])
            above = nn.functional.pad(above, (0, 0, 1, 0))[:, :, :H]
            left = nn.functional.pad(x, (1, 0))[..., :W]
            return self.left(torch.cat([above, left], 1))[..., :W] + above

    torch.manual_seed(0)
    assert not blind_spot(TwoStacks(), 6, 8, 4, 2).any()
