"""Tests of solutions/hw3/maf.py and iaf.py: Jacobians, products of conditionals, calls of the network, the relation."""

import pytest
import torch
from torch import Tensor, nn
from torch.distributions import Normal

from solutions.hw3.flow import Flow
from solutions.hw3.iaf import IAF
from solutions.hw3.maf import MAF

from .oracles import Triangular, assert_layer_is_right, jacobians, mass_on_square, normal

ORDERS = [torch.tensor([0]), torch.tensor([1, 0]), torch.tensor([2, 0, 3, 1])]


@pytest.mark.parametrize("kind", [MAF, IAF])
@pytest.mark.parametrize("order", ORDERS, ids=len)
def test_log_determinants_and_the_way_back(kind, order):
    assert_layer_is_right(kind(Triangular(order), order), normal(3, len(order), seed=1))


@pytest.mark.parametrize(("kind", "slow"), [(MAF, "inverse"), (IAF, "forward")])
def test_one_direction_needs_one_pass_and_the_other_D(kind, slow):
    for order in ORDERS:
        net = Triangular(order)
        layer, x = kind(net, order), normal(3, len(order))
        for direction in ("forward", "inverse"):
            net.calls = 0
            getattr(layer, direction)(x)
            assert net.calls == (len(order) if direction == slow else 1)


def test_the_density_of_maf_is_the_product_of_its_conditionals():
    order = ORDERS[-1]
    net, x = Triangular(order), normal(5, 4, seed=2)
    with torch.no_grad():
        mean, log_std = net(x).unbind(-1)
    expected = Normal(mean, log_std.exp()).log_prob(x).sum(1)
    assert (Flow([MAF(net, order)]).log_prob(x) - expected).abs().max() < 1e-12


def test_the_jacobians_are_triangular_in_the_order():
    for kind in (MAF, IAF):
        order = ORDERS[-1]
        layer = kind(Triangular(order), order)
        with torch.no_grad():
            J = jacobians(lambda x, layer=layer: layer(x)[0], normal(2, 4))[:, order][:, :, order]
        assert J.triu(1).abs().max() < 1e-8
        assert J.tril(-1).abs().max() > 0.1


def test_two_layers_in_opposite_orders_integrate_to_one():
    for kind in (MAF, IAF):
        flow = Flow(
            [kind(Triangular(order, seed), order) for seed, order in enumerate(map(torch.tensor, ([0, 1], [1, 0])))]
        )
        assert abs(mass_on_square(flow.log_prob, reach=15) - 1) < 1e-3


class Negated(nn.Module):
    """(m, l) -> (-m exp(-l), -l)."""

    def __init__(self, net: nn.Module) -> None:
        super().__init__()
        self.net = net

    def forward(self, x: Tensor) -> Tensor:
        mean, log_std = self.net(x).unbind(-1)
        return torch.stack([-mean * (-log_std).exp(), -log_std], -1)


def test_iaf_draws_as_maf_encodes():
    """With (m, l) replaced by (-m exp(-l), -l) the one is the other: Papamakarios et al. (2017), section 3.2."""
    order, x = ORDERS[-1], normal(4, 4)
    net = Triangular(order)
    for one, other in zip(IAF(net, order).inverse(x), MAF(Negated(net), order)(x), strict=True):
        assert (one - other).abs().max() < 1e-12
