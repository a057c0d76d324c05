"""What hidden checks share: random numbers that never change, comparisons that NaN does not pass, exact averages."""

import math

import pytest
import torch

from autograder.judging import instruments as i

INF, NAN = math.inf, math.nan


def generator():
    return torch.Generator().manual_seed(5)


def test_the_questions_of_a_seed_stay_what_they_are():
    """A change here changes the numbers that every student is asked."""
    rng = generator()
    drawn = [*i.normal(rng, 2).tolist(), *i.between(rng, -1, 3, 2).tolist(), i.uniform(rng, -1, 3), i.whole(rng, 2, 9)]
    rng = generator()
    plain = torch.randn(2, generator=rng, dtype=torch.float64).tolist()
    plain += [-1 + 4 * torch.rand(1, generator=rng, dtype=torch.float64).item() for _ in range(3)]
    assert drawn == [*plain, torch.randint(2, 9, (), generator=rng).item()]
    assert i.normal(rng, 2, 3).dtype == i.between(rng, 0, 1, 2, 3).dtype == torch.float64
    assert {i.whole(rng, 2, 4) for _ in range(50)} == {2, 3}


def test_a_twisted_order_is_not_its_own_inverse():
    rng = generator()
    for n in (1, 2, 3, 4, 7):
        for _ in range(50):
            order = i.twisted_order(rng, n)
            assert order.sort().values.tolist() == list(range(n))
            assert n < 3 or (order != order.argsort()).any()


@pytest.mark.parametrize(
    ("answer", "truth", "entries", "overall"),
    [
        ([0.5, 1e4], [0.5 + 0.9e-4, 1e4], True, True),
        ([0.5, 1e4], [0.5 + 1.1e-4, 1e4], False, True),  # small beside the largest
        ([0.5, 1e4 + 1.1], [0.5, 1e4], False, False),
        ([0.5, 1e4 - 0.9], [0.5, 1e4], True, True),
        ([0.0, 1e-5], [0.0, 9e-5], True, True),  # absolute below 1
        ([NAN, 1.0], [1.0, 1.0], False, False),
        ([INF, 1.0], [1.0, 1.0], False, False),
        ([1.0, 1.0], [NAN, 1.0], False, False),
        ([1.0, 1.0], [1.0, INF], False, False),
        ([INF, NAN], [INF, NAN], False, False),  # a truth that is not finite is no truth
    ],
)
def test_comparisons_are_relative_above_one_and_nothing_is_near_what_is_not_finite(answer, truth, entries, overall):
    answer, truth = (torch.tensor(value, dtype=torch.float64) for value in (answer, truth))
    assert i.near(answer, truth) is entries
    assert i.near_max(answer, truth) is overall


def test_comparisons_take_numbers_lists_and_a_tolerance():
    assert i.near(2.0, 2.00001) and not i.near(2.0, 2.001) and i.near(2.0, 2.001, 1e-3)
    assert i.near(torch.tensor([1.0, 2.0]), [1.0, 2.0], 1e-6)
    assert not i.near_max(torch.ones(2), torch.ones(2) + 1e-4, 1e-5)


def test_gauss_hermite_is_exact_up_to_its_degree():
    nodes, weights = i.gauss_hermite(4)
    moments = [(weights * nodes**k).sum().item() for k in range(8)]
    assert moments == pytest.approx([1, 0, 1, 0, 3, 0, 15, 0], abs=1e-12)
    assert abs((weights * nodes**8).sum().item() - 105) > 1


def test_impulses_and_digits():
    x = i.impulses(2, 3)
    assert x.shape == (7, 2, 3) and x.dtype == torch.float32
    assert torch.equal(x.flatten(1), torch.cat([torch.zeros(1, 6), torch.eye(6)]))
    digits = i.binary_digits()
    assert digits.shape == (1797, 1, 8, 8) and set(digits.unique().tolist()) == {0.0, 1.0}
