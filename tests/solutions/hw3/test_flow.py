"""Tests of solutions/hw3/flow.py: Jacobians of a chain, the order of the way back, densities that integrate to 1."""

import torch
from torch import Tensor, nn
from torch.distributions import MultivariateNormal

from solutions.hw3.flow import Flow

from .oracles import assert_layer_is_right, mass_on_square, normal


class Affine(nn.Module):
    """x -> A x + b on flattened rows."""

    def __init__(self, A: Tensor, b: Tensor) -> None:
        super().__init__()
        self.A, self.b = nn.Parameter(A), nn.Parameter(b)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        z = x.flatten(1) @ self.A.T + self.b
        return z.view(x.shape), torch.linalg.slogdet(self.A).logabsdet.expand(len(x))

    def inverse(self, z: Tensor) -> tuple[Tensor, Tensor]:
        x = torch.linalg.solve(self.A, (z.flatten(1) - self.b).T).T
        return x.view(z.shape), -torch.linalg.slogdet(self.A).logabsdet.expand(len(z))


class Bend(nn.Module):
    """Every number is bent by x -> sinh(x)."""

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        return torch.sinh(x), torch.cosh(x).log().flatten(1).sum(1)

    def inverse(self, z: Tensor) -> tuple[Tensor, Tensor]:
        return torch.asinh(z), -0.5 * torch.log1p(z.square()).flatten(1).sum(1)


def affine(D: int, seed: int) -> Affine:
    return Affine(0.5 * normal(D, D, seed=seed) + torch.eye(D), normal(D, seed=seed + 1))


def test_a_chain_has_the_jacobian_of_the_whole_map():
    for shape in ((4, 3), (2, 1, 2, 2)):
        D = normal(*shape)[0].numel()
        assert_layer_is_right(Flow([affine(D, 2), Bend(), affine(D, 4)]), 0.5 * normal(*shape, seed=1))


def test_layers_that_do_not_commute_run_in_the_given_order():
    first, second, x = affine(2, 1), affine(2, 3), normal(3, 2)
    z, _ = Flow([first, second])(x)
    assert (z - second(first(x)[0])[0]).abs().max() < 1e-12
    assert (z - first(second(x)[0])[0]).abs().max() > 0.1


def test_an_affine_flow_is_a_gaussian():
    layer, x = affine(3, 5), normal(6, 3)
    inverse = torch.linalg.inv(layer.A)
    truth = MultivariateNormal(-inverse @ layer.b, inverse @ inverse.T)
    assert (Flow([layer]).log_prob(x) - truth.log_prob(x)).abs().max() < 1e-12


def test_the_density_of_a_bent_flow_integrates_to_one():
    flow = Flow([affine(2, 6), Bend(), affine(2, 8)])
    assert abs(mass_on_square(flow.log_prob, reach=15, n=1201) - 1) < 1e-3


def test_no_layers_leave_the_base():
    x = normal(4, 2, 3)
    z, log_det = Flow([])(x)
    assert (z == x).all()
    assert (log_det == 0).all()
    expected = torch.distributions.Normal(0.0, 1.0).log_prob(x).sum((1, 2))
    assert (Flow([]).log_prob(x) - expected).abs().max() < 1e-12


def test_parameters_are_those_of_the_layers():
    assert sum(p.numel() for p in Flow([affine(2, 1), Bend(), affine(2, 3)]).parameters()) == 12
