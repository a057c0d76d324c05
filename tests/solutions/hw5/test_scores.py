"""Tests of solutions/hw5/scores.py and of T3's formula: scipy's matrix square root, enumeration, Gaussian samples."""

import math

import pytest
import torch
from scipy.linalg import sqrtm
from torch import Tensor

from solutions.hw5.scores import fid, frechet_distance, inception_score
from solutions.hw5.theory import plane_frechet


def normal(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def covariance(d: int, seed: int) -> Tensor:
    root = normal(d, d + 1, seed=seed)
    return root @ root.T


def test_inception_score_by_loops():
    probs = torch.softmax(2 * normal(12, 5), 1)
    probs[3], probs[7] = torch.eye(5)[0], torch.eye(5)[4]
    scores = []
    for part in probs.split(4):
        marginal = [sum(row[k].item() for row in part) / 4 for k in range(5)]
        total = sum(
            p.item() * math.log(p.item() / m) for row in part for p, m in zip(row, marginal, strict=True) if p > 0
        )
        scores.append(math.exp(total / 4))
    assert inception_score(probs, 3).item() == pytest.approx(sum(scores) / 3, abs=1e-12)


def test_inception_score_at_its_ends():
    one_hot = torch.eye(10, dtype=torch.float64).repeat(3, 1)
    assert inception_score(one_hot).item() == pytest.approx(10, abs=1e-12)
    assert inception_score(one_hot[:1].expand(6, -1)).item() == 1
    assert inception_score(torch.full((6, 10), 0.1, dtype=torch.float64)).item() == pytest.approx(1, abs=1e-12)


@pytest.mark.parametrize("d", [1, 2, 6])
def test_frechet_distance_is_that_of_scipy(d):
    mean1, mean2 = normal(d, seed=1), normal(d, seed=2)
    cov1, cov2 = covariance(d, 3), covariance(d, 4)
    root = torch.from_numpy(sqrtm((cov1 @ cov2).numpy()).real)
    expected = (mean1 - mean2).square().sum() + (cov1 + cov2 - 2 * root).trace()
    found = frechet_distance(mean1, cov1, mean2, cov2)
    assert found.item() == pytest.approx(expected.item(), rel=1e-9)
    assert found.item() == pytest.approx(frechet_distance(mean2, cov2, mean1, cov1).item(), rel=1e-9)
    assert frechet_distance(mean1, cov1, mean1, cov1).item() == pytest.approx(0, abs=1e-9)


def test_it_is_the_cost_of_the_linear_map_between_gaussians():
    """T = cov1^(-1/2) (cov1^(1/2) cov2 cov1^(1/2))^(1/2) cov1^(-1/2) moves one onto the other, at this mean cost."""
    cov1, cov2 = covariance(3, 5), covariance(3, 6)
    half = torch.from_numpy(sqrtm(cov1.numpy()).real)
    middle = torch.from_numpy(sqrtm((half @ cov2 @ half).numpy()).real)
    T = half.inverse() @ middle @ half.inverse()
    assert torch.allclose(T @ cov1 @ T.T, cov2, atol=1e-9)
    step = T - torch.eye(3, dtype=torch.float64)
    zero = torch.zeros(3, dtype=torch.float64)
    assert frechet_distance(zero, cov1, zero, cov2).item() == pytest.approx((step @ cov1 @ step.T).trace().item())


def test_singular_covariances():
    cov1 = torch.diag(torch.tensor([4.0, 0.0, 1.0], dtype=torch.float64))
    cov2 = torch.diag(torch.tensor([1.0, 9.0, 0.0], dtype=torch.float64))
    zero = torch.zeros(3, dtype=torch.float64)
    assert frechet_distance(zero, cov1, zero, cov2).item() == pytest.approx(1 + 9 + 1, abs=1e-9)


def test_fid_of_samples():
    x, y = normal(9, 4, seed=7), normal(5, 4, seed=8) @ covariance(4, 9)
    expected = frechet_distance(x.mean(0), torch.cov(x.T), y.mean(0), torch.cov(y.T))
    by_hand = (y - y.mean(0)).T @ (y - y.mean(0)) / 4
    assert torch.allclose(by_hand, torch.cov(y.T))
    assert fid(x, y).item() == pytest.approx(expected.item(), rel=1e-12)
    assert fid(x, x).item() == pytest.approx(0, abs=1e-9)
    assert fid(normal(3, 8), normal(4, 8, seed=1)).isfinite()
    one, other = normal(6, 1), 2 * normal(5, 1, seed=1) + 1
    gap = (one.mean() - other.mean()).square() + (one.std() - other.std()).square()
    assert fid(one, other).item() == pytest.approx(gap.item())


def test_small_samples_are_biased_upwards():
    """Both sides drawn from N(0, I), d = 16: far from 0 at n = 100, ten times nearer at n = 1000."""
    small = torch.stack([fid(normal(100, 16, seed=i), normal(100, 16, seed=50 + i)) for i in range(20)]).mean()
    large = torch.stack([fid(normal(1000, 16, seed=i), normal(1000, 16, seed=50 + i)) for i in range(20)]).mean()
    assert small.item() == pytest.approx(1.7, abs=0.1)
    assert large.item() == pytest.approx(0.16, abs=0.02)


def test_the_formula_of_the_plane():
    for seed in range(5):
        arguments = normal(2, seed=seed), covariance(2, 10 + seed), normal(2, seed=20 + seed), covariance(2, 30 + seed)
        assert plane_frechet(*arguments).item() == pytest.approx(frechet_distance(*arguments).item(), rel=1e-9)
