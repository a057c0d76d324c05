"""The data sets: shapes, statistics, and the same numbers every time."""

import math

import dgm
import pytest
import torch
import torch.nn.functional as F


def entropy_of_a_coin(p):
    return -p * math.log(p) - (1 - p) * math.log(1 - p)


def test_digits_are_binary_images_in_a_fixed_split():
    train, test = dgm.digits()
    assert train.shape == (1500, 1, 8, 8) and test.shape == (297, 1, 8, 8)
    assert train.dtype == torch.float32 and set(train.unique().tolist()) == {0.0, 1.0}
    again, _ = dgm.digits()
    assert torch.equal(train, again)


def test_independent_pixels_reach_the_baseline_of_the_curriculum():
    train, test = dgm.digits()
    rate = train.mean(0, keepdim=True).clamp(0.01, 0.99).expand_as(test)
    assert F.binary_cross_entropy(rate, test).item() == pytest.approx(0.397, abs=0.001)


def test_period_sequences_can_be_told_from_eleven_steps_back_only():
    x = dgm.period_sequences(4000)
    assert x.shape == (4000, 64) and x.dtype == torch.long and set(x.unique().tolist()) == {0, 1}
    agreement = {lag: (x[:, lag:] == x[:, :-lag]).double().mean().item() for lag in range(1, 12)}
    assert agreement.pop(11) == pytest.approx(0.98**2 + 0.02**2, abs=0.002)
    assert all(abs(value - 0.5) < 0.02 for value in agreement.values())
    assert entropy_of_a_coin(0.98**2 + 0.02**2) == pytest.approx(0.17, abs=0.01)


def test_period_sequences_without_noise_repeat_and_with_full_noise_alternate_words():
    clean = dgm.period_sequences(50, length=20, period=7, flip=0.0, seed=3)
    assert torch.equal(clean[:, 7:], clean[:, :-7])
    assert torch.equal(dgm.period_sequences(50, length=20, period=7, flip=1.0, seed=3), 1 - clean)


@pytest.mark.parametrize("wrong", [{"n": 0}, {"n": 3, "length": 0}, {"n": 3, "period": 0}, {"n": 3, "flip": 1.5}])
def test_period_sequences_refuse_impossible_arguments(wrong):
    with pytest.raises(ValueError, match="must be"):
        dgm.period_sequences(**wrong)


def test_gaussian_mixture_has_the_moments_of_its_formula():
    w, a, s, n = 0.3, 2.0, 0.5, 200_000
    x = dgm.gaussian_mixture(n, w, a, s).double()
    mean, variance = (1 - 2 * w) * a, s**2 + 4 * w * (1 - w) * a**2
    assert x.mean().item() == pytest.approx(mean, abs=5 * math.sqrt(variance / n))
    assert x.var().item() == pytest.approx(variance, rel=0.02)


def test_gaussian_mixture_log_prob_is_a_density_with_those_moments():
    w, a, s = 0.3, 2.0, 0.5
    x = torch.linspace(-8, 8, 16_001, dtype=torch.float64)
    p = dgm.gaussian_mixture_log_prob(x, w, a, s).exp()
    dx = (x[1] - x[0]).item()
    assert p.sum().item() * dx == pytest.approx(1, abs=1e-9)
    assert (x * p).sum().item() * dx == pytest.approx((1 - 2 * w) * a, abs=1e-9)
    assert dgm.gaussian_mixture_log_prob(torch.tensor(300.0), w, a, s).isfinite()
    with pytest.raises(ValueError, match="between 0 and 1"):
        dgm.gaussian_mixture_log_prob(x, w=1.0)


def test_all_binary_lists_every_vector_once():
    x = dgm.all_binary(5)
    assert x.shape == (32, 5) and len(x.unique(dim=0)) == 32
    assert torch.equal(x @ torch.tensor([16.0, 8, 4, 2, 1]), torch.arange(32.0))
    with pytest.raises(ValueError, match="D must lie"):
        dgm.all_binary(0)


def test_seeds_choose_the_data_and_the_global_generator_stays():
    torch.manual_seed(1)
    before = torch.get_rng_state()
    for draw in (dgm.period_sequences, dgm.gaussian_mixture):
        assert torch.equal(draw(30, seed=5), draw(30, seed=5))
        assert not torch.equal(draw(30, seed=5), draw(30, seed=6))
    dgm.digits()
    assert torch.equal(torch.get_rng_state(), before)


def test_a_glyph_has_holes_and_is_centred():
    points = dgm.glyph(4000, "8", seed=1)
    assert points.shape == (4000, 2)
    assert torch.equal(points, dgm.glyph(4000, "8", seed=1))
    assert not torch.equal(points, dgm.glyph(4000, "8", seed=2))
    assert points.mean(0).abs().max() < 1e-5
    assert (points.std(0) - 1).abs().max() < 1e-5
    for hole in ((0.0, 0.8), (0.0, -0.8)):
        assert (points - torch.tensor(hole)).norm(dim=1).min() > 0.2
    with pytest.raises(ValueError, match="must leave ink"):
        dgm.glyph(10, " ")
