"""Tests of solutions/hw2/decoder_weakening.py: values, gradients by finite differences, and each symbol on its own."""

import pytest
import torch

from solutions.hw2.decoder_weakening import beta_schedule, kl_with_free_bits, word_dropout


def test_free_bits_are_a_sum_of_maxima():
    kl = torch.tensor([[0.1, 0.9, 0.0], [0.3, 0.1, 2.0]], dtype=torch.float64)  # means 0.2, 0.5, 1.0
    for limit, expected in ((0.0, 1.7), (0.3, 1.8), (0.6, 2.2), (2.0, 6.0)):
        assert kl_with_free_bits(kl, limit).item() == pytest.approx(expected, abs=1e-12)


def test_gradient_is_that_of_finite_differences_and_zero_below_the_limit():
    kl = torch.tensor([[0.1, 0.9, 0.0], [0.3, 0.1, 2.0]], dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(lambda kl: kl_with_free_bits(kl, 0.3), kl)
    (gradient,) = torch.autograd.grad(kl_with_free_bits(kl, 0.3), kl)
    assert gradient.tolist() == [[0, 0.5, 0.5], [0, 0.5, 0.5]]


def test_beta_rises_to_one_and_stays():
    assert [beta_schedule(step, 4) for step in range(7)] == [0, 0.25, 0.5, 0.75, 1, 1, 1]
    assert beta_schedule(0, 0) == beta_schedule(9, 0) == 1
    assert isinstance(beta_schedule(3, 10), float) and isinstance(beta_schedule(3, 0), float)


@pytest.mark.parametrize("dtype", [torch.long, torch.float32, torch.float64])
def test_word_dropout_decides_for_every_symbol(dtype):
    x = torch.tensor([[0, 1, 1, 0], [1, 0, 1, 0]], dtype=dtype)
    u = torch.tensor([[0.1, 0.3, 0.2999, 0.9], [0.0, 0.8, 0.31, 0.2]])
    assert word_dropout(x, 0.3, u).tolist() == [[0.5, 1, 0.5, 0], [0.5, 0, 1, 0.5]]
    assert x.tolist() == [[0, 1, 1, 0], [1, 0, 1, 0]]
    assert torch.equal(word_dropout(x, 0.0, u), x.float())
    assert (word_dropout(x, 1.0, u) == 0.5).all()


def test_word_dropout_drops_the_share_p():
    u = torch.rand(200, 500, generator=torch.Generator().manual_seed(0))
    assert (word_dropout(torch.ones(200, 500), 0.3, u) == 0.5).float().mean().item() == pytest.approx(0.3, abs=0.008)
