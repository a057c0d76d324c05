"""Tests of solutions/hw5/precision_recall.py: brute force, crafted clusters, and the truncated normal law."""

import math

import pytest
import torch
from torch import Tensor

from solutions.hw5.precision_recall import precision_recall, truncate_style, truncated_normal


def normal(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def covered(points: Tensor, balls: Tensor, k: int) -> float:
    """Share of the points that lie in a ball, by loops over sorted distances."""
    count = 0
    for point in points:
        for i, centre in enumerate(balls):
            others = sorted((centre - other).norm().item() for j, other in enumerate(balls) if j != i)
            if (point - centre).norm().item() <= others[k - 1]:
                count += 1
                break
    return count / len(points)


@pytest.mark.parametrize("k", [1, 3])
def test_against_brute_force(k):
    real, fake = normal(17, 3, seed=1), normal(11, 3, seed=2) + 1
    precision, recall = precision_recall(real, fake, k)
    assert precision.item() == pytest.approx(covered(fake, real, k))
    assert recall.item() == pytest.approx(covered(real, fake, k))
    assert 0 < precision < 1 and 0 < recall < 1


def test_modes():
    centres = torch.tensor([[0.0, 0.0], [9.0, 0.0], [0.0, 9.0], [9.0, 9.0]], dtype=torch.float64)
    four = centres.repeat(50, 1) + normal(200, 2, seed=1)
    again = centres.repeat(50, 1) + normal(200, 2, seed=2)
    one = centres[0] + normal(200, 2, seed=3)
    far = 100 + normal(200, 2, seed=4)
    both = torch.cat([again, far])
    assert all(value > 0.9 for value in precision_recall(four, again, 3))
    precision, recall = precision_recall(four, one, 3)
    assert precision > 0.9 and 0.2 < recall < 0.3
    precision, recall = precision_recall(four, both, 3)
    assert 0.45 < precision < 0.55 and recall > 0.9
    assert precision_recall(four, far, 3) == (0, 0)


def test_a_point_on_the_edge_counts():
    """On a line with whole numbers all distances are exact. The balls reach from -2 to 2, 0 to 4 and 2 to 18."""
    real = torch.tensor([[0.0], [2.0], [10.0]], dtype=torch.float64)
    fake = torch.tensor([[-2.0], [-3.0], [18.0], [19.0], [3.0]], dtype=torch.float64)
    assert precision_recall(real, fake, 1)[0].item() == pytest.approx(3 / 5)


def test_duplicates_have_balls_of_radius_zero():
    real = torch.tensor([[0.0, 0.0], [0.0, 0.0], [5.0, 5.0], [5.0, 5.0]], dtype=torch.float64)
    fake = torch.tensor([[0.0, 0.0], [1.0, 0.0], [5.0, 5.0]], dtype=torch.float64)
    assert precision_recall(real, fake, 1)[0].item() == pytest.approx(2 / 3)


@pytest.mark.parametrize(("psi", "variance"), [(0.5, 0.08059), (1.0, 0.29113), (2.0, 0.77374)])
def test_truncated_normal(psi, variance):
    u = (torch.arange(100_000, dtype=torch.float64) + 0.5) / 100_000
    z = truncated_normal(u, psi)
    assert (z.diff() > 0).all() and z.abs().max() <= psi
    assert z.var(correction=0).item() == pytest.approx(variance, abs=2e-5)
    density = math.exp(-(psi**2) / 2) / math.sqrt(2 * math.pi)
    mass = math.erf(psi / math.sqrt(2))
    assert variance == pytest.approx(1 - 2 * psi * density / mass, abs=1e-5)
    below = 0.5 * (torch.erf(z / math.sqrt(2)) + mass) / mass  # its distribution function at z is u again
    assert torch.allclose(below, u, atol=1e-9)


def test_the_ends_of_psi():
    u = torch.tensor([1e-9, 0.2, 0.5, 1 - 1e-9], dtype=torch.float64).view(2, 2)
    assert torch.allclose(truncated_normal(u, 1e-4), 1e-4 * (2 * u - 1), atol=1e-11)
    assert torch.allclose(truncated_normal(u, 20.0), torch.special.ndtri(u), atol=1e-9)
    for psi in (0.0, -1.0):
        with pytest.raises(ValueError, match="psi must be positive"):
            truncated_normal(u, psi)


def test_truncate_style():
    w, mean = normal(6, 4), normal(4, seed=1)
    assert torch.equal(truncate_style(w, mean, 0.0), mean.expand(6, 4))
    assert torch.allclose(truncate_style(w, mean, 1.0), w, atol=1e-15)
    assert torch.allclose(truncate_style(w, mean, 0.3) - mean, 0.3 * (w - mean), atol=1e-15)
