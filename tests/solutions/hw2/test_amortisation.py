"""Tests of solutions/hw2/amortisation.py: the best diagonal q of a linear-Gaussian model, and what must not move."""

import itertools

import torch
from torch import Tensor, nn
from torch.distributions import MultivariateNormal, Normal, kl_divergence

from solutions.hw2.amortisation import amortisation_gap


def normal(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


D, D_Z, B, STD = 4, 3, 5, 0.8
W = normal(D, D_Z, seed=1) / 2
PRECISION = torch.eye(D_Z).double() + W.T @ W / STD**2
X = normal(B, D, seed=2)
# The corners of a cube: mean 0 and covariance I exactly, so that averages of quadratics are exact.
EPS = torch.tensor(list(itertools.product((-1.0, 1.0), repeat=D_Z))).double()[:, None].expand(-1, B, -1)


def log_joint(x: Tensor, z: Tensor) -> Tensor:
    return Normal(z @ W.T, STD).log_prob(x).sum(-1) + Normal(0.0, 1.0).log_prob(z).sum(-1)


def posterior_mean() -> Tensor:
    return torch.linalg.solve(PRECISION, W.T @ X.T / STD**2).T


def exact_elbo(mean: Tensor, std: Tensor) -> Tensor:
    """log p(x) - KL(q || p(z | x))."""
    log_px = MultivariateNormal(torch.zeros(D).double(), W @ W.T + STD**2 * torch.eye(D).double()).log_prob(X)
    posterior = MultivariateNormal(posterior_mean(), precision_matrix=PRECISION.expand(B, -1, -1))
    return log_px - kl_divergence(MultivariateNormal(mean, torch.diag_embed(std**2)), posterior)


def test_amortised_elbo_is_evidence_minus_kl():
    mean, log_std = normal(B, D_Z, seed=3), normal(B, D_Z, seed=4) / 3
    amortised, optimised = amortisation_gap(X, lambda _: (mean, log_std), log_joint, EPS, 0, 0.1)
    assert (amortised - exact_elbo(mean, log_std.exp())).abs().max() < 1e-12
    assert torch.equal(amortised, optimised)


def test_optimum_has_the_inverse_of_the_precisions_diagonal():
    start = normal(B, D_Z, seed=5), normal(B, D_Z, seed=6) / 3
    amortised, optimised = amortisation_gap(X, lambda _: start, log_joint, EPS, 500, 0.05)
    best = exact_elbo(posterior_mean(), PRECISION.diagonal().rsqrt().expand(B, -1))
    marginal = exact_elbo(posterior_mean(), torch.linalg.inv(PRECISION).diagonal().sqrt().expand(B, -1))
    assert (optimised - best).abs().max() < 1e-6
    assert (best - marginal).min() > 1e-3  # the variances of the marginals are not the best ones
    assert (optimised > amortised).all()


def test_nothing_but_q_moves():
    torch.manual_seed(0)
    encoder, decoder = nn.Linear(D, 2 * D_Z).double(), nn.Linear(D_Z, D).double()
    before = [parameter.clone() for parameter in (*encoder.parameters(), *decoder.parameters())]

    def joint(x: Tensor, z: Tensor) -> Tensor:
        return Normal(torch.tanh(decoder(z)), 0.5).log_prob(x).sum(-1) + Normal(0.0, 1.0).log_prob(z).sum(-1)

    x = X.clone()
    results = amortisation_gap(x, lambda x: encoder(x).chunk(2, -1), joint, normal(6, B, D_Z, seed=7), 30, 0.02)
    after = [*encoder.parameters(), *decoder.parameters()]
    assert all(torch.equal(old, new) for old, new in zip(before, after, strict=True))
    assert all(parameter.grad is None for parameter in after)
    assert torch.equal(x, X)
    assert not any(result.requires_grad for result in results)
    assert (results[1] > results[0]).all()


def test_every_data_point_is_on_its_own():
    start = normal(B, D_Z, seed=8), normal(B, D_Z, seed=9) / 3
    eps = normal(7, B, D_Z, seed=10)
    _, together = amortisation_gap(X, lambda _: start, log_joint, eps, 25, 0.03)
    for b in range(B):
        one = slice(b, b + 1)
        _, alone = amortisation_gap(
            X[one], lambda _, one=one: (start[0][one], start[1][one]), log_joint, eps[:, one], 25, 0.03
        )
        assert abs(alone - together[b]) < 1e-10
