"""Tests of solutions/hw4/flow_prior.py: an affine flow with a known density, mass on a grid, the Gaussian KL."""

import torch
from dgm import CouplingFlow
from torch import Tensor, nn
from torch.distributions import MultivariateNormal, Normal, kl_divergence

from solutions.hw4.flow_prior import FlowPrior


def normal(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


class Affine(nn.Module):
    """z -> A z + c: the prior is a Gaussian whose mean and covariance are known."""

    def __init__(self, d: int) -> None:
        super().__init__()
        self.A = nn.Parameter(normal(d, d, seed=d) + 2 * torch.eye(d).double())
        self.c = nn.Parameter(normal(d, seed=d + 1))

    def forward(self, z: Tensor) -> tuple[Tensor, Tensor]:
        return z @ self.A.T + self.c, torch.linalg.slogdet(self.A).logabsdet.expand(len(z))

    def inverse(self, noise: Tensor) -> Tensor:
        return torch.linalg.solve(self.A, (noise - self.c).T).T


def gaussian_of(flow: Affine) -> MultivariateNormal:
    root = torch.linalg.inv(flow.A)
    return MultivariateNormal(-root @ flow.c, root @ root.T)


def warped() -> CouplingFlow:
    torch.manual_seed(0)
    flow = CouplingFlow(2, layers=4, hidden=16).double()
    with torch.no_grad():
        for parameter in flow.parameters():
            parameter.add_(0.3 * normal(*parameter.shape, seed=parameter.numel()))
    return flow


def test_density_of_an_affine_flow():
    flow, z = Affine(3), normal(6, 3, seed=9)
    assert (FlowPrior(flow).log_prob(z) - gaussian_of(flow).log_prob(z)).abs().max() < 1e-12


def test_density_of_a_coupling_flow_has_mass_one():
    prior = FlowPrior(warped())
    side = torch.linspace(-17, 17, 501, dtype=torch.float64)
    grid = torch.cartesian_prod(side, side)
    with torch.no_grad():
        mass = prior.log_prob(grid).exp().sum() * (side[1] - side[0]) ** 2
    assert abs(mass.item() - 1) < 5e-3


def test_samples_are_where_the_flow_finds_the_noise():
    flow, eps = warped(), normal(5, 2, seed=3)
    z = FlowPrior(flow).sample(eps)
    assert not z.requires_grad
    assert (flow(z)[0] - eps).abs().max() < 1e-10
    affine, many = Affine(2), normal(200_000, 2, seed=4)
    drawn, truth = FlowPrior(affine).sample(many), gaussian_of(affine)
    assert (drawn.mean(0) - truth.mean).abs().max() < 0.02
    assert (drawn.T.cov() - truth.covariance_matrix).abs().max() < 0.02


def test_estimate_of_the_kl():
    """Its mean is the closed form, and it is log q - log p at the z that eps makes."""
    flow = Affine(2)
    mean, log_std = normal(2, seed=1), 0.3 * normal(2, seed=2)
    q = MultivariateNormal(mean, torch.diag((2 * log_std).exp()))
    eps = normal(100_000, 2, seed=5)
    found = FlowPrior(flow).kl(mean.expand(len(eps), 2), log_std.expand(len(eps), 2), eps)
    assert abs(found.mean() - kl_divergence(q, gaussian_of(flow))) < 5 * found.std() / len(eps) ** 0.5
    z = mean + log_std.exp() * eps[:4]
    difference = Normal(mean, log_std.exp()).log_prob(z).sum(1) - gaussian_of(flow).log_prob(z)
    assert (found[:4] - difference).abs().max() < 1e-10


def test_identity_at_the_start_is_the_vaes_kl():
    flow = CouplingFlow(4, layers=3).double()
    mean, log_std = normal(1, 4, seed=1), 0.4 * normal(1, 4, seed=2)
    eps = normal(50_000, 4, seed=3)
    found = FlowPrior(flow).kl(mean.expand(len(eps), 4), log_std.expand(len(eps), 4), eps)
    truth = kl_divergence(Normal(mean, log_std.exp()), Normal(0.0, 1.0)).sum()
    assert abs(found.mean() - truth) < 5 * found.std() / len(eps) ** 0.5


def test_gradients():
    prior, eps = FlowPrior(Affine(2)), normal(3, 2, seed=6)
    mean, log_std = normal(3, 2, seed=7).requires_grad_(), normal(3, 2, seed=8).mul(0.3).requires_grad_()
    assert torch.autograd.gradcheck(lambda m, s: prior.kl(m, s, eps), (mean, log_std))
    prior.kl(mean, log_std, eps).sum().backward()
    assert all(parameter.grad.abs().max() > 0 for parameter in prior.parameters())
