"""Tests of solutions/hw2/vae_gap.py: probabilistic PCA in closed form, and scikit-learn's."""

import math

import numpy as np
import torch
from sklearn.decomposition import PCA
from torch import Tensor
from torch.distributions import MultivariateNormal, Normal, kl_divergence

from solutions.hw2.theory import linear_vae_kl
from solutions.hw2.vae_gap import vae_gap_report


def normal(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def fitted_ppca(d: int) -> tuple[PCA, Tensor, Tensor, Tensor, float]:
    """scikit-learn's PCA of some data, the data, and W, mean and noise variance of probabilistic PCA."""
    x = normal(400, 5, seed=1) @ normal(5, 5, seed=2) + 1
    pca = PCA(d).fit(x.numpy())
    noise = pca.noise_variance_
    W = torch.from_numpy(pca.components_.T * np.sqrt(pca.explained_variance_ - noise))
    return pca, x, W, torch.from_numpy(pca.mean_), noise


def report(x: Tensor, W: Tensor, b: Tensor, noise: float, eps: Tensor, shift: float = 0.0) -> dict[str, Tensor]:
    """The report with the exact posterior, whose means are moved by `shift`."""
    precision = 1 + W.square().sum(0) / noise

    def encoder(x: Tensor) -> tuple[Tensor, Tensor]:
        mean = (x - b) @ W / noise / precision
        return mean + shift, (-0.5 * precision.log()).expand_as(mean)

    def log_joint(x: Tensor, z: Tensor) -> Tensor:
        return Normal(z @ W.T + b, math.sqrt(noise)).log_prob(x).sum(-1) + Normal(0.0, 1.0).log_prob(z).sum(-1)

    return vae_gap_report(x, encoder, log_joint, eps)


def test_exact_posterior_gives_the_score_of_scikit_learn():
    pca, x, W, b, noise = fitted_ppca(d=2)
    for K in (1, 5):
        found = report(x, W, b, noise, normal(K, len(x), 2, seed=3))
        for name in ("log_px", "elbo"):
            assert np.abs(found[name].numpy() - pca.score_samples(x.numpy())).max() < 1e-10
        assert found["gap"].abs().max() < 1e-10


def test_kl_of_the_best_linear_vae_is_that_of_the_formula():
    pca, x, W, b, noise = fitted_ppca(d=2)
    precision = 1 + W.square().sum(0) / noise
    mean, std = (x - b) @ W / noise / precision, precision.rsqrt()
    kl = kl_divergence(Normal(mean, std.expand_as(mean)), Normal(0.0, 1.0)).mean(0)
    for j in range(2):
        n = len(x)  # scikit-learn divides the scatter by n - 1, the average over the data by n
        expected = linear_vae_kl(pca.explained_variance_[j], noise)
        correction = (W[:, j].square().sum() / noise / precision[j]).item() / (2 * n)
        assert abs(kl[j].item() - (expected - correction)) < 1e-10


def test_gap_is_the_kl_to_the_posterior_for_many_draws():
    _, x, W, b, noise = fitted_ppca(d=2)
    x, K = x[:3], 20_000
    eps = normal(K, 3, 2, seed=4)
    found = report(x, W, b, noise, eps, shift=0.3)
    cov = W @ W.T + noise * torch.eye(5).double()
    log_px = MultivariateNormal(b, cov).log_prob(x)
    kl = 0.5 * (0.3**2 * (1 + W.square().sum(0) / noise)).sum()
    assert (found["log_px"] - log_px).abs().max() < 0.1
    assert (found["elbo"] - (log_px - kl)).abs().max() < 0.05
    assert (found["gap"] - (found["log_px"] - found["elbo"])).abs().max() < 1e-12


def test_gap_is_never_negative_and_finite_for_tiny_weights():
    _, x, W, b, _ = fitted_ppca(d=2)
    for K in (1, 2, 50):
        found = report(x[:20] + 5, W, b, 1e-4, normal(K, 20, 2, seed=5), shift=0.5)
        assert found["log_px"].isfinite().all() and (found["log_px"] < -1000).all()
        assert (found["gap"] > -1e-9).all()
