"""Hidden checks of hw2/t3_formula: the importance-weighted bound for weights with two values.

Oracle   All 2^K sequences of weights are written down, each with its probability. For larger K the distribution of the
         number of a's is built up weight by weight, and the limit is the logarithm of the mean weight.
Error    The oracles agree with the reference to 1e-10; 1e-5 is allowed, so that float32 may be used inside.
Cost     0.1 s.
Rejects  every mistake in t3_formula.mistakes.md.
"""

import itertools
import math

import torch
from torch import Tensor

from autograder.checking import Grade, hint, points, probe
from autograder.judging.instruments import each, near, uniform

PROMISES = {
    "iwae_two_point": {
        "The importance-weighted bound L_K = E[log((w_1 + ... + w_K) / K)] for weights with two values, in nats.": (
            "value"
        ),
        "The K >= 1 weights are independent; each is a with probability p and b otherwise.": "value, many_weights",
        "a > 0, b > 0, 0 <= p <= 1 and K are numbers, and so is the result.": "value, many_weights",
    },
}


@probe
def values(student, cases: list) -> list:
    """The bound of every case (p, a, b, K)."""
    return [student.iwae_two_point(*case) for case in cases]


def answers(grade: Grade, cases: list) -> Tensor:
    return each(grade, values, cases, "the bound")


def weights(rng: torch.Generator) -> tuple[float, float, float]:
    """p away from 0, 1/2 and 1, and two weights that differ by a factor of at least 3, in either order."""
    p = uniform(rng, 0.15, 0.42)
    small = uniform(rng, 0.1, 2.0)
    pair = [small, small * uniform(rng, 3, 12)]
    swap = torch.rand((), generator=rng) < 0.5
    return (1 - p, *pair) if swap else (p, *reversed(pair))


def by_sequences(p: float, a: float, b: float, K: int) -> float:
    """The expectation of the log of the mean weight over all 2^K sequences."""
    total = 0.0
    for draws in itertools.product(((p, a), (1 - p, b)), repeat=K):
        total += math.prod(chance for chance, _ in draws) * math.log(sum(weight for _, weight in draws) / K)
    return total


def by_recursion(p: float, a: float, b: float, K: int) -> float:
    """The same for many weights: the distribution of the number of a's, one weight after the other."""
    chances = torch.ones(1, dtype=torch.float64)
    zero = torch.zeros(1, dtype=torch.float64)
    for _ in range(K):
        chances = torch.cat([(1 - p) * chances, zero]) + torch.cat([zero, p * chances])
    j = torch.arange(K + 1, dtype=torch.float64)
    return (chances * torch.log((j * a + (K - j) * b) / K)).sum().item()


@points("3/5")
@hint("How many of the K weights are a, and how likely is each number? The logarithm comes before the average.")
def test_value(grade):
    """The formula is the average of log((w_1 + ... + w_K) / K) over the independent weights."""
    cases = [(*weights(grade.rng), K) for K in (1, 2, 3, 5, 8, 11)]
    assert near(answers(grade, cases), [by_sequences(*case) for case in cases], 1e-5), "the bound is not right"


@points("2/5")
@hint("L_1 is the average log weight; every K comes closer to the log of the average weight.")
def test_many_weights(grade):
    """The bound grows with K from E[log w] towards log E[w], and holds for sure weights and for many of them."""
    p, a, b = weights(grade.rng)
    cases = [(p, a, b, K) for K in (1, 4, 16, 60, 200)]
    found = answers(grade, cases)
    assert (found.diff() > 0).all(), "the bound does not grow with K"
    assert (found < math.log(p * a + (1 - p) * b)).all(), "the bound lies above the logarithm of the mean weight"
    assert near(found, [by_recursion(*case) for case in cases], 1e-5), "the bound is not right for many weights"
    # A rare weight that is far larger than the other: even the mean of many weights is far from normal.
    rare = [(uniform(grade.rng, 0.01, 0.03), uniform(grade.rng, 20, 40), 1.0, K) for K in (35, 70)]
    assert near(answers(grade, rare), [by_recursion(*case) for case in rare], 1e-5), (
        "the bound is not right for many weights, one in a while far larger than the others"
    )
    sure = [(1.0, a, b, 5), (0.0, a, b, 7), (p, a, a, 6)]
    assert near(answers(grade, sure), [math.log(a), math.log(b), math.log(a)], 1e-5), (
        "when all weights are the same, the bound is not their logarithm"
    )
