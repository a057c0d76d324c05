"""Tests of solutions/hw6/forward_diffusion.py: one-step maps composed, and Bayes' rule on a grid."""

import math

import pytest
import torch
from torch import Tensor

from solutions.hw6.forward_diffusion import cosine_schedule, q_posterior, q_sample


def normal(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def schedule(T: int = 6) -> Tensor:
    """A schedule of no particular form."""
    return (
        torch.cat([torch.ones(1), 0.05 + 0.4 * torch.rand(T, generator=torch.Generator().manual_seed(T))])
        .double()
        .sort(descending=True)[0]
    )


def test_cosine_schedule():
    bars = cosine_schedule(50)
    assert bars.shape == (51,)
    assert bars.dtype == torch.float64
    assert bars[0] == 1
    assert (bars[1:] < bars[:-1]).all()
    for t in (1, 20, 49):
        ratio = math.cos((t / 50 + 0.008) / 1.008 * math.pi / 2) ** 2 / math.cos(0.008 / 1.008 * math.pi / 2) ** 2
        assert abs(bars[t] - ratio) < 1e-12
    assert abs(bars[50] / bars[49] - 0.001) < 1e-12


def test_one_jump_is_the_composition_of_steps():
    """A step is linear: carry mean and variance through t of them."""
    bars = schedule()
    x0 = normal(7, 2)
    t = torch.arange(7)
    mean = q_sample(x0, t, torch.zeros_like(x0), bars)
    spread = q_sample(torch.zeros_like(x0), t, torch.ones_like(x0), bars)
    for b in range(7):
        m, v = x0[b], 0.0
        for s in range(1, b + 1):
            alpha = bars[s] / bars[s - 1]
            m, v = alpha.sqrt() * m, alpha * v + 1 - alpha
        assert (mean[b] - m).abs().max() < 1e-12
        assert (spread[b].square() - v).abs().max() < 1e-12


def test_posterior_is_bayes_rule_on_a_grid():
    bars = schedule()
    t = torch.tensor([2, 3, 4, 5, 6])
    x0, xt = normal(5, 1), normal(5, 1, seed=1)
    mean, variance = q_posterior(x0, xt, t, bars)
    assert variance.shape == (5, 1)
    x = torch.linspace(-12, 12, 240_001, dtype=torch.float64)
    for b, step in enumerate(t):
        alpha, before = bars[step] / bars[step - 1], bars[step - 1]
        log_w = -((xt[b] - alpha.sqrt() * x) ** 2) / (2 * (1 - alpha)) - (x - before.sqrt() * x0[b]) ** 2 / (
            2 * (1 - before)
        )
        w = log_w.softmax(0)
        m = (w * x).sum()
        assert abs(mean[b, 0] - m) < 1e-10
        assert abs(variance[b, 0] - (w * (x - m) ** 2).sum()) < 1e-10


def test_at_t_one_nothing_is_left_to_infer_and_other_t_are_refused():
    bars, x0 = schedule(), normal(3, 2)
    mean, variance = q_posterior(x0, normal(3, 2, seed=1), torch.ones(3, dtype=torch.long), bars)
    assert (mean - x0).abs().max() < 1e-15
    assert not variance.any()
    for t in (0, 7):
        with pytest.raises(ValueError, match=r"t must lie in 1\.\.6"):
            q_posterior(x0, x0, torch.tensor([1, t, 2]), bars)


def test_images_have_a_time_each_and_keep_their_dtype():
    """Four images of 4 x 4 pixels: a (B,) that is broadcast along the last axis would fit too."""
    bars, x0, eps, t = (
        schedule(),
        normal(4, 1, 4, 4).float(),
        normal(4, 1, 4, 4, seed=1).float(),
        torch.tensor([1, 4, 2, 6]),
    )
    xt = q_sample(x0, t, eps, bars)
    mean, variance = q_posterior(x0, xt, t, bars)
    assert xt.dtype == mean.dtype == variance.dtype == torch.float32
    assert variance.shape == (4, 1, 1, 1)
    for b in range(4):
        one = q_sample(x0[b : b + 1], t[b : b + 1], eps[b : b + 1], bars)
        assert torch.equal(one, xt[b : b + 1])
        alone = q_posterior(x0[b : b + 1], one, t[b : b + 1], bars)
        assert torch.equal(alone[0], mean[b : b + 1])
