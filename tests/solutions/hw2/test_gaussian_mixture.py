"""Tests of solutions/hw2/gaussian_mixture.py: scikit-learn's GaussianMixture, torch.distributions, perturbations."""

import math
import warnings

import numpy as np
import torch
from sklearn.exceptions import ConvergenceWarning
from sklearn.mixture import GaussianMixture
from torch import Tensor
from torch.distributions import MultivariateNormal

from solutions.hw2.gaussian_mixture import e_step, em, m_step


def normal(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def mixture(K: int, D: int, seed: int) -> tuple[Tensor, Tensor, Tensor]:
    pi = normal(K, seed=seed).softmax(0)
    root = normal(K, D, D, seed=seed + 1)
    return pi, 2 * normal(K, D, seed=seed + 2), root @ root.mT + 0.3 * torch.eye(D).double()


def points(N: int, D: int, seed: int) -> Tensor:
    return normal(N, D, seed=seed) @ normal(D, D, seed=seed + 1) + 2 * normal(3, D, seed=seed + 2).repeat(N // 3, 1)


def sklearn_em(X: Tensor, pi: Tensor, mean: Tensor, cov: Tensor, steps: int) -> GaussianMixture:
    start = {"weights_init": pi.numpy(), "means_init": mean.numpy(), "precisions_init": cov.inverse().numpy()}
    peer = GaussianMixture(len(pi), tol=0, reg_covar=0, max_iter=steps, init_params="random", random_state=0, **start)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # a fixed number of steps is what is wanted
        return peer.fit(X.numpy())


def test_em_is_that_of_scikit_learn():
    for K, D, steps in ((3, 2, 1), (3, 2, 25), (2, 4, 7), (4, 1, 12)):
        X, start = points(60, D, seed=K), mixture(K, D, seed=10 * K)
        pi, mean, cov, log_likelihoods = em(X, *start, steps)
        peer = sklearn_em(X, *start, steps)
        assert peer.n_iter_ == steps
        for found, expected in ((pi, peer.weights_), (mean, peer.means_), (cov, peer.covariances_)):
            assert np.abs(found.numpy() - expected).max() < 1e-8
        assert abs(log_likelihoods[-1].item() - peer.score(X.numpy())) < 1e-8
        assert np.abs(e_step(X, pi, mean, cov).numpy() - peer.predict_proba(X.numpy())).max() < 1e-8


def test_log_likelihoods_rise_and_are_those_of_torch():
    X, (pi, mean, cov) = points(60, 2, seed=5), mixture(3, 2, seed=6)
    log_likelihoods = em(X, pi, mean, cov, 40)[3]
    assert log_likelihoods.shape == (41,) and (log_likelihoods.diff() > -1e-12).all()
    log_joint = pi.log() + MultivariateNormal(mean, cov).log_prob(X[:, None])
    assert abs(log_likelihoods[0] - log_joint.logsumexp(1).mean()) < 1e-12
    unchanged = em(X, pi, mean, cov, 0)
    assert all(torch.equal(*pair) for pair in zip(unchanged[:3], (pi, mean, cov), strict=True))


def test_far_points_keep_their_responsibilities():
    """Two components with the same covariance have log odds that are linear in x, however far away x is."""
    pi, mean = torch.tensor([0.3, 0.7]).double(), torch.tensor([[3e-4], [-5e-4]]).double()
    x = torch.tensor([[1e3], [-2e3], [40.0]]).double()
    odds = (pi[0] / pi[1]).log() + (x * (mean[0] - mean[1]) - (mean[0] ** 2 - mean[1] ** 2) / 2)[:, 0]
    R = e_step(x, pi, mean, torch.ones(2, 1, 1).double())
    assert (R[:, 0] - odds.sigmoid()).abs().max() < 1e-9 and (R.sum(1) - 1).abs().max() < 1e-12
    R = e_step(1e3 * normal(5, 2, seed=3), *mixture(3, 2, seed=7))
    assert R.isfinite().all() and (R.sum(1) - 1).abs().max() < 1e-12


def expected_complete(X: Tensor, R: Tensor, pi: Tensor, mean: Tensor, cov: Tensor) -> Tensor:
    return (R * (pi.log() + MultivariateNormal(mean, cov).log_prob(X[:, None]))).sum()


def test_m_step_is_a_stationary_point_and_the_maximum():
    X, R = points(30, 3, seed=8), normal(30, 4, seed=9).softmax(1)
    pi, mean, cov = m_step(X, R)
    logits, root = pi.log().requires_grad_(), torch.linalg.cholesky(cov).requires_grad_()
    mean.requires_grad_()
    value = expected_complete(X, R, logits.softmax(0), mean, root @ root.mT)
    for gradient in torch.autograd.grad(value, (logits, mean, root)):
        assert gradient.abs().max() < 1e-9
    for seed in range(20, 40):
        other = (
            (logits + 0.1 * normal(4, seed=seed)).softmax(0),
            mean + 0.1 * normal(4, 3, seed=seed),
            (root + 0.05 * normal(4, 3, 3, seed=seed).tril()) @ (root + 0.05 * normal(4, 3, 3, seed=seed).tril()).mT,
        )
        assert expected_complete(X, R, *other) < value


def test_one_component_is_the_maximum_likelihood_gaussian():
    X = points(30, 2, seed=11)
    pi, mean, cov, log_likelihoods = em(X, *mixture(1, 2, seed=12), 1)
    assert pi.item() == 1 and torch.allclose(mean[0], X.mean(0)) and torch.allclose(cov[0], X.T.cov(correction=0))
    # The Gaussian fitted to the data has cross-entropy D/2 log(2 pi e) + log det / 2 on them.
    assert abs(log_likelihoods[1] + math.log(2 * math.pi * math.e) + cov[0].logdet() / 2) < 1e-12
