"""Tests of solutions/hw3/realnvp.py: masks, the identity at the start, Jacobians, mass, and a known density."""

import math

import torch

from solutions.hw3.realnvp import RealNVP, checkerboard_masks

from .oracles import assert_layer_is_right, mass_on_square, normal, perturbed


def test_masks_take_turns():
    masks = checkerboard_masks(3, 4, 5)
    assert masks.shape == (5, 12)
    assert masks.dtype == torch.bool
    assert masks[0, 0]
    boards = masks.view(5, 3, 4)
    for axis in (1, 2):
        n = boards.shape[axis]
        assert (boards.narrow(axis, 0, n - 1) ^ boards.narrow(axis, 1, n - 1)).all()
    assert (masks[1:] ^ masks[:-1]).all()


def test_a_fresh_flow_is_the_identity():
    torch.manual_seed(0)
    flow, x = RealNVP(checkerboard_masks(2, 3, 4), hidden=8).double(), normal(5, 6)
    z, log_det = flow(x)
    assert (z == x).all()
    assert (log_det == 0).all()
    assert sum(p.requires_grad for p in flow.parameters()) == 4 * 6


def test_log_determinants_and_the_way_back():
    torch.manual_seed(0)
    for masks in (checkerboard_masks(1, 2, 6), torch.tensor([[True, False, False], [False, True, True]])):
        assert_layer_is_right(perturbed(RealNVP(masks, 7), 0.3), normal(3, masks.shape[1], seed=1))


def test_mass_is_one():
    torch.manual_seed(0)
    flow = perturbed(RealNVP(checkerboard_masks(1, 2, 4), 6), 0.4, seed=2)
    assert abs(mass_on_square(flow.log_prob, reach=30, n=601) - 1) < 2e-3


def test_samples_come_from_noise_and_carry_no_gradient():
    torch.manual_seed(0)
    flow, z = perturbed(RealNVP(checkerboard_masks(1, 2, 4), 6)), normal(20, 2)
    x = flow.sample(z)
    assert not x.requires_grad
    assert (flow(x)[0] - z).abs().max() < 1e-8


def test_it_learns_a_banana():
    """x_1 normal, x_2 given x_1 normal around x_1^2: the entropy is known, and no likelihood may beat it."""
    torch.manual_seed(0)
    flow = RealNVP(checkerboard_masks(1, 2, 4), 24)
    optimizer = torch.optim.Adam(flow.parameters(), 5e-3)

    def draw(n: int) -> torch.Tensor:
        first, second = torch.randn(2, n)
        return torch.stack([first, first.square() - 1 + 0.5 * second], 1)

    for _ in range(300):
        optimizer.zero_grad()
        (-flow.log_prob(draw(256)).mean()).backward()
        optimizer.step()
    entropy = math.log(2 * math.pi * math.e) + math.log(0.5)
    with torch.no_grad():
        nll = -flow.log_prob(draw(20_000)).mean().item()
    assert entropy - 0.03 < nll < entropy + 0.15
