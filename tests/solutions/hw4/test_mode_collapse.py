"""Tests of solutions/hw4/mode_collapse.py: known divergences, and sample sets whose report can be read off."""

import math

import torch
from torch import Tensor
from torch.distributions import Categorical, kl_divergence

from solutions.hw4.mode_collapse import js, mode_report


def normal(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def test_js_is_the_mean_kl_to_the_middle():
    p, q = (2 * normal(3, 5, seed=1)).softmax(-1), (2 * normal(3, 5, seed=2)).softmax(-1)
    laws = [Categorical(t) for t in (p, q, (p + q) / 2)]
    truth = (kl_divergence(laws[0], laws[2]) + kl_divergence(laws[1], laws[2])) / 2
    assert (js(p, q) - truth).abs().max() < 1e-12
    assert (js(p, q) - js(q, p)).abs().max() < 1e-15
    assert js(p, p).abs().max() < 1e-15


def test_js_of_shifted_uniforms():
    """U[0, 1] against U[t, 1 + t] on cells: t log 2 up to t = 1, log 2 from there on."""
    cells, first = 200, torch.zeros(600).double()
    first[:cells] = 1 / cells
    for shift in (0, 40, 130, 200, 350):
        found = js(first, first.roll(shift)).item()
        assert abs(found - min(1, shift / cells) * math.log(2)) < 1e-12


def ring(K: int) -> Tensor:
    angle = 2 * math.pi * torch.arange(K) / K
    return torch.stack([angle.cos(), angle.sin()], 1).double()


def test_all_modes_alike():
    report = mode_report(ring(8).repeat(25, 1), ring(8), 0.1)
    assert report[:2] == (8, 1.0)
    assert abs(report[2]) < 1e-12


def test_one_mode():
    assert mode_report(ring(8)[:1].repeat(50, 1), ring(8), 0.1) == (1, 1.0, math.log(8))


def test_outliers_and_a_stray_sample():
    """60 of 100 samples at one mode, 19 at another, 1 at a third, 20 in the middle of nowhere."""
    centres = ring(4)
    x = torch.cat([centres[[0]].repeat(60, 1), centres[[2]].repeat(19, 1), centres[[1]], torch.zeros(20, 2).double()])
    n_modes, good_share, kl = mode_report(x, centres, 0.3)
    assert (n_modes, good_share) == (2, 0.8)
    frequency = Categorical(torch.tensor([60.0, 1.0, 19.0, 0.0], dtype=torch.float64) / 80)
    assert abs(kl - (math.log(4) - frequency.entropy().item())) < 1e-12


def test_the_radius_and_the_tenth_count_as_inside():
    centres = torch.tensor([[0.0, 0.0], [10.0, 0.0]], dtype=torch.float64)
    x = torch.tensor([[0.5, 0.0]] * 19 + [[10.0, 0.5]], dtype=torch.float64)  # 1 of 20 samples is N / (10 K)
    assert mode_report(x, centres, 0.5)[:2] == (2, 1.0)
    assert mode_report(x, centres, 0.49)[:2] == (0, 0.0)
    assert mode_report(x, centres, 0.49)[2] == math.log(2)


def test_overlapping_circles_and_other_dimensions():
    centres = torch.tensor([[0.0], [1.0]], dtype=torch.float64)
    assert mode_report(torch.tensor([[0.4], [0.6]], dtype=torch.float64), centres, 2.0) == (2, 1.0, 0.0)
