"""Tests of solutions/hw6/ncsn.py: each level is denoising score matching, and linear chains have exact moments."""

import pytest
import torch
from torch import Tensor

from solutions.hw6.ncsn import annealed_langevin, ncsn_loss
from solutions.hw6.score_matching import dsm_loss

SIGMAS = torch.tensor([2.0, 0.9, 0.3], dtype=torch.float64)


def normal(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def score(x: Tensor, sigma: Tensor) -> Tensor:
    """Something that depends on the point and on the level of its own row."""
    return torch.sin(x) * sigma.reshape(-1, *[1] * (x.dim() - 1)) - x


def test_every_row_is_denoising_score_matching_at_its_level():
    x, eps, index = normal(5, 3), normal(5, 3, seed=1), torch.tensor([2, 0, 1, 1, 2])
    truth = 0.0
    for b, i in enumerate(index):
        level = SIGMAS[i]
        row = dsm_loss(lambda x, level=level: score(x, level[None]), x[b : b + 1], level.item(), eps[b : b + 1])
        truth = truth + level**2 * row / 5
    assert abs(ncsn_loss(score, x, SIGMAS, index, eps) - truth) < 1e-12


def test_images_are_vectors():
    """B = 2 images of 2 x 2 pixels: a level that is broadcast along the wrong axis would fit too."""
    x, eps, index = normal(2, 1, 2, 2), normal(2, 1, 2, 2, seed=1), torch.tensor([2, 0])
    flat = ncsn_loss(score, x.flatten(1), SIGMAS, index, eps.flatten(1))
    assert abs(ncsn_loss(score, x, SIGMAS, index, eps) - flat) < 1e-12


def test_loss_is_smallest_at_the_true_score_of_the_noisy_data():
    """Data at 0: the score of N(0, sigma^2 I) is -x / sigma^2, and the loss there is 0."""
    eps, index = normal(5, 3), torch.tensor([2, 0, 1, 1, 2])
    found = ncsn_loss(lambda x, sigma: -x / sigma[:, None] ** 2, torch.zeros(5, 3).double(), SIGMAS, index, eps)
    assert found < 1e-24


def test_linear_chain_has_the_moments_of_its_recursion():
    """Score -x / (1 + sigma^2), data N(0, 1): unit vectors of noise give the variance of the linear recursion."""
    L, n, step = 3, 4, 0.05
    units = torch.cat([torch.zeros(1, L * n), torch.eye(L * n)]).T.reshape(L, n, L * n + 1, 1).double()
    end = annealed_langevin(
        lambda x, sigma: -x / (1 + sigma[:, None] ** 2), torch.ones(L * n + 1, 1).double(), SIGMAS, step, units
    )
    mean, variance = 1.0, 0.0
    for sigma in SIGMAS.tolist():
        alpha = step * sigma**2 / 0.3**2
        for _ in range(n):
            factor = 1 - alpha / 2 / (1 + sigma**2)
            mean, variance = factor * mean, factor**2 * variance + alpha
    assert abs(end[0, 0] - mean) < 1e-12
    assert abs((end[1:] - end[0]).square().sum() - variance) < 1e-12


def test_levels_must_fall():
    with pytest.raises(ValueError, match="sigmas must fall"):
        annealed_langevin(score, normal(2, 1), SIGMAS.flip(0), 0.1, normal(3, 1, 2, 1))
