"""Public checks of `naive_monte_carlo`."""

import math

import torch
from dgm.checking import public_check
from torch.distributions import Normal


def decoder(z):
    """Mean (K, B, 3) and one standard deviation for all."""
    return torch.cat([z, -z, 2 * z], -1), torch.tensor(0.5, dtype=z.dtype)


def data(K, B=4):
    return torch.randn(B, 3, dtype=torch.float64), torch.randn(K, B, 1, dtype=torch.float64)


@public_check("one number per data point, and for one draw it is log p(x | z)")
def one_draw(student):
    x, z = data(1)
    value = torch.as_tensor(student.naive_log_px(x, decoder, z))
    assert tuple(value.shape) == (4,), f"the result should have shape (B,) = (4,), but it has {tuple(value.shape)}"
    expected = Normal(*decoder(z)).log_prob(x).sum(-1)[0]
    assert torch.allclose(value.double(), expected, atol=1e-4), "for K = 1 the result should be log p(x | z)"


@public_check("the same draw twice gives the same as once")
def repeated_draw(student):
    x, z = data(1)
    once = torch.as_tensor(student.naive_log_px(x, decoder, z))
    twice = torch.as_tensor(student.naive_log_px(x, decoder, z.repeat(2, 1, 1)))
    assert torch.allclose(once, twice, atol=1e-5), "the average over two equal draws should equal either of them"


@public_check("the average is one of probabilities, not of logarithms")
def average(student):
    x, z = data(2)
    both = torch.as_tensor(student.naive_log_px(x, decoder, z)).double()
    first, second = (torch.as_tensor(student.naive_log_px(x, decoder, part)).double() for part in z.split(1))
    mean = (first.exp() + second.exp()) / 2
    assert torch.allclose(both.exp(), mean, rtol=1e-4), "the probability from two draws should be the mean of the two"


@public_check("data far away has a finite log-likelihood")
def far_away(student):
    x, z = data(3)
    value = torch.as_tensor(student.naive_log_px(x + 100, decoder, z))
    assert value.isfinite().all(), f"log p(x) is {value[0].item()}: does an exponential underflow?"
    assert (value < -math.log(1e300)).all(), "a point a hundred standard deviations away cannot be that likely"
