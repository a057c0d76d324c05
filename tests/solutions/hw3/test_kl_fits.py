"""Tests of solutions/hw3/kl_fits.py: closed forms of Gaussians, the duality of the KLs, gradients by differences."""

import math

import torch
from torch import Tensor, nn
from torch.distributions import MultivariateNormal, Normal, kl_divergence

from solutions.hw3.kl_fits import forward_kl_loss, reverse_kl_loss

from .oracles import normal


class Line(nn.Module):
    """x = shift + scale z in one dimension; counts how often each direction is used."""

    def __init__(self, shift: float, scale: float) -> None:
        super().__init__()
        self.parameters_ = nn.Parameter(torch.tensor([shift, scale], dtype=torch.float64))
        self.forwards = 0

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        self.forwards += 1
        shift, scale = self.parameters_
        return (x - shift) / scale, -scale.log().expand(len(x))

    def inverse(self, z: Tensor) -> tuple[Tensor, Tensor]:
        shift, scale = self.parameters_
        return shift + scale * z, scale.log().expand(len(z))


def nodes(n: int = 200_000) -> Tensor:
    """Midpoints in probability of a standard normal: a sample without noise."""
    return Normal(0.0, 1.0).icdf((torch.arange(n, dtype=torch.float64) + 0.5) / n)[:, None]


def test_the_forward_loss_is_cross_entropy():
    data = Normal(torch.tensor(0.7).double(), 1.3)
    loss = forward_kl_loss(Line(-0.4, 2.1), data.mean + data.stddev * nodes())
    expected = kl_divergence(data, Normal(torch.tensor(-0.4).double(), 2.1)) + data.entropy()
    assert abs(loss - expected) < 1e-4


def test_the_reverse_loss_is_the_kl_without_data():
    target, flow = Normal(torch.tensor(0.7).double(), 1.3), Line(-0.4, 2.1)
    loss = reverse_kl_loss(flow, lambda x: target.log_prob(x).sum(1), nodes())
    assert abs(loss - kl_divergence(Normal(torch.tensor(-0.4).double(), 2.1), target)) < 1e-4
    assert flow.forwards == 0
    shifted = reverse_kl_loss(flow, lambda x: target.log_prob(x).sum(1) + 3, nodes())
    assert abs(loss - shifted - 3) < 1e-12


def test_duality():
    """KL(data || p) equals KL(law of forward(data) || base), both by quadrature."""
    data, flow, grid = Normal(0.7, 1.3), Line(-0.4, 2.1), torch.linspace(-15, 15, 20_001, dtype=torch.float64)[:, None]
    z, _ = flow(grid)
    left = data.log_prob(grid) - Normal(-0.4, 2.1).log_prob(grid)
    pushed = Normal((0.7 + 0.4) / 2.1, 1.3 / 2.1).log_prob(z)
    right = pushed - Normal(0.0, 1.0).log_prob(z)
    dx = (grid[1] - grid[0]).item()
    left, right = (data.log_prob(grid).exp() * left).sum() * dx, (pushed.exp() * right).sum() * dx / 2.1
    entropy = Normal(0.7, 1.3).entropy()
    assert abs(left - right) < 1e-6
    assert abs(forward_kl_loss(flow, 0.7 + 1.3 * nodes()) - entropy - left) < 1e-4


def test_gradients_are_those_of_differences():
    x, z = normal(50, 1, seed=1), normal(50, 1, seed=2)

    def log_target(x: Tensor) -> Tensor:
        return torch.logaddexp(Normal(-1.0, 0.5).log_prob(x), Normal(1.5, 0.7).log_prob(x)).sum(1) - math.log(2)

    for loss in (lambda flow: forward_kl_loss(flow, x), lambda flow: reverse_kl_loss(flow, log_target, z)):
        flow = Line(0.3, 0.8)
        (gradient,) = torch.autograd.grad(loss(flow), list(flow.parameters()))
        for i, step in enumerate(1e-5 * torch.eye(2, dtype=torch.float64)):
            up, down = (Line(*(flow.parameters_.detach() + sign * step).tolist()) for sign in (1, -1))
            assert abs((loss(up) - loss(down)) / 2e-5 - gradient[i]) < 1e-6


def test_images_and_more_dimensions():
    x = normal(5, 2, 3)

    class Same(nn.Module):
        def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
            return x, x.new_zeros(len(x))

        inverse = forward

    truth = -MultivariateNormal(torch.zeros(6).double(), torch.eye(6).double()).log_prob(x.flatten(1)).mean()
    assert abs(forward_kl_loss(Same(), x) - truth) < 1e-12
    assert abs(reverse_kl_loss(Same(), lambda x: x.sum((1, 2)), x) + truth + x.sum((1, 2)).mean()) < 1e-12
