"""Hidden checks of hw1/beta_bernoulli: posterior, prediction, mode and evidence of a coin with a Beta prior.

Oracle   Quadrature of prior times likelihood over the logit of the unknown probability (trapezium rule, 1e-12); the
         mode by bisection on the slope of the log density; the evidence by multiplying the probabilities of one draw
         after the other, and by the sum over all sequences of n draws, which is 1. No gamma function is used.
Error    The oracles are exact to 1e-9. 1e-5 is allowed, and 1e-4 for the evidence and for numbers, which a submission
         may turn into float32; every wrong answer is off by more than 5e-4.
Cost     0.1 s.
Rejects  every mistake in beta_bernoulli.mistakes.md.
"""

import math

import torch
from torch import Tensor

from autograder.checking import Grade, hint, points, probe, sequence, tensor

PROMISES = {
    "beta_posterior": {
        "The parameters (a', b') of the posterior, which is a Beta distribution again.": "posterior",
    },
    "predictive": {
        "P(the next draw is 1 | the n draws), with the unknown probability integrated out.": "predictive",
    },
    "map_estimate": {
        "The mode of the posterior density": "map_estimate",
        "asked for only where both parameters of the posterior are larger than 1.": "map_estimate",
    },
    "log_evidence": {
        "Log probability under the prior of one particular sequence of n draws with k ones, in nats.": "evidence",
        "All sequences with the same k are equally likely; this is the probability of one of them, not of the": (
            "evidence"
        ),
        "a: Tensor | float, b: Tensor | float, k: Tensor | float, n: Tensor | float": "evidence_of_numbers",
        "The result is off by at most 1e-4 nats: for float64 tensors with n up to tens of thousands, where it must": (
            "evidence, many_draws"
        ),
        "for numbers with n up to 30, where a float32 result will do.": "evidence_of_numbers",
    },
}


@probe
def posteriors(student, cases: list) -> list:
    """a' and b' of every case."""
    return [student.beta_posterior(*case) for case in cases]


@probe
def predictions(student, cases: list) -> list:
    return [student.predictive(*case) for case in cases]


@probe
def modes(student, cases: list) -> list:
    return [student.map_estimate(*case) for case in cases]


@probe
def evidences(student, cases: list) -> list:
    return [student.log_evidence(*case) for case in cases]


def random_case(rng: torch.Generator, size: int, low: float = 0.4) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Float64 tensors (size,): a and b from `low` to `low` + 3, n from 0 to 30 (the first n is 0), k from 0 to n."""
    a, b = (low + 3 * torch.rand(size, generator=rng, dtype=torch.float64) for _ in range(2))
    n = torch.randint(1, 31, (size,), generator=rng).double()
    n[0] = 0
    k = (torch.rand(size, generator=rng, dtype=torch.float64) * (n + 1)).floor()
    return a, b, k, n


def as_numbers(case: tuple) -> list:
    """The same cases, one after the other, with Python numbers; k and n are whole numbers."""
    return [[a, b, int(k), int(n)] for a, b, k, n in zip(*(part.tolist() for part in case), strict=True)]


def moments(a: float, b: float, k: float, n: float) -> tuple[float, float]:
    """Mean and variance of the density proportional to t^(a - 1 + k) (1 - t)^(b - 1 + n - k), by quadrature."""
    logit = torch.linspace(-90, 90, 20_001, dtype=torch.float64)
    theta = torch.sigmoid(logit)
    # The change of variables to the logit multiplies the density by theta (1 - theta).
    log_weight = (a + k) * torch.nn.functional.logsigmoid(logit) + (b + n - k) * torch.nn.functional.logsigmoid(-logit)
    weight = log_weight.softmax(0)
    mean = (weight * theta).sum()
    return mean.item(), (weight * (theta - mean) ** 2).sum().item()


def mode(a: float, b: float, k: float, n: float) -> float:
    """Where the slope of the log density changes its sign, by bisection."""
    low, high = 0.0, 1.0
    for _ in range(60):
        middle = (low + high) / 2
        slope = (a - 1 + k) * (1 - middle) - (b - 1 + n - k) * middle  # times theta (1 - theta) > 0
        low, high = (middle, high) if slope > 0 else (low, middle)
    return (low + high) / 2


def log_probability(a: float, b: float, k: int, n: int) -> float:
    """Of the sequence of k ones and then n - k zeros: each draw given the draws before it."""
    ones = sum(math.log(a + i) for i in range(k))
    zeros = sum(math.log(b + i) for i in range(n - k))
    return ones + zeros - sum(math.log(a + b + i) for i in range(n))


def compare(grade: Grade, probe, oracle, case: tuple, what: str) -> None:
    """One call with tensors, then one call per case with numbers, against the oracle."""
    numbers = as_numbers(case)
    truth = torch.tensor([oracle(*one) for one in numbers], dtype=torch.float64)
    (answer,) = sequence(grade.submission(probe, [list(case)]), 1, what)
    answer = tensor(answer, tuple(truth.shape), f"{what} for tensors")
    assert (answer - truth).abs().max() < 1e-5, f"{what} is not right for tensors of parameters and counts"
    answers = sequence(grade.submission(probe, numbers), len(numbers), what)
    for one, right in zip(answers, truth, strict=True):
        assert (tensor(one, (), f"{what} for numbers") - right).abs() < 1e-4, f"{what} is not right for numbers"


@points("1/5")
@hint("Multiply prior and likelihood, and read off the exponents.")
def test_posterior(grade):
    """The posterior is the normalised product of prior and likelihood."""
    case = random_case(grade.rng, 8)
    numbers = as_numbers(case)
    what = "the posterior parameters"
    (pair,) = sequence(grade.submission(posteriors, [list(case)]), 1, what)
    a, b = (tensor(part, (8,), what) for part in sequence(pair, 2, what))
    pairs = [sequence(pair, 2, what) for pair in sequence(grade.submission(posteriors, numbers), 8, what)]
    pairs = torch.stack([torch.stack([tensor(part, (), what) for part in pair]) for pair in pairs])
    for found_a, found_b in ((a, b), pairs.T):
        for i, one in enumerate(numbers):
            mean, variance = moments(*one)
            total = found_a[i] + found_b[i]
            assert total > 0 and (found_a[i] / total - mean).abs() < 1e-5, "the posterior has the wrong mean"
            found_variance = found_a[i] * found_b[i] / (total**2 * (total + 1))
            assert (found_variance - variance).abs() < 1e-5, "the posterior has the right mean and the wrong spread"


@points("1/5")
@hint("Average the probability of a one over the posterior; do not plug in one value of it.")
def test_predictive(grade):
    """The probability that the next draw is 1 is the posterior mean; with n = 0 it is the prior mean."""
    compare(grade, predictions, lambda *one: moments(*one)[0], random_case(grade.rng, 8), "the predictive probability")


@points("1/5")
@hint("Set the slope of the log density to zero; the exponents of a Beta density are its parameters minus 1.")
def test_map_estimate(grade):
    """The MAP estimate is where the posterior density is largest."""
    case = random_case(grade.rng, 8, low=1.2)
    # Priors below 1, of which the data make a posterior above 1; and a coin that thousands of draws show one side of.
    low = 0.3 + 0.5 * torch.rand(2, 4, generator=grade.rng, dtype=torch.float64)
    low[:, 2:] += 1
    k, n = torch.tensor([3.0, 1, 0, 4000], dtype=torch.float64), torch.tensor([9.0, 4, 3000, 4000], dtype=torch.float64)
    case = tuple(torch.cat(parts) for parts in zip(case, (*low, k, n), strict=True))
    compare(grade, modes, mode, case, "the MAP estimate")


@points("1/5")
@hint("Try n = 1 first: the evidence of a single 1 is the prior mean.")
def test_evidence(grade):
    """The evidence of a sequence is the product of its sequential predictions, and all sequences together have 1."""
    case = random_case(grade.rng, 8)
    (answer,) = sequence(grade.submission(evidences, [list(case)]), 1, "the log evidence")
    answer = tensor(answer, (8,), "the log evidence")
    truth = torch.tensor([log_probability(*one) for one in as_numbers(case)], dtype=torch.float64)
    assert answer[0].abs() < 1e-4, "with no draws the evidence is not 1"
    assert (answer - truth).abs().max() < 1e-4, "the log evidence is not that of one particular sequence"
    n = 9
    k = torch.arange(n + 1, dtype=torch.float64)
    sequences = torch.tensor([math.comb(n, i) for i in range(n + 1)], dtype=torch.float64)
    a, b = (torch.full_like(k, part[1].item()) for part in case[:2])
    (answer,) = sequence(grade.submission(evidences, [[a, b, k, torch.full_like(k, n)]]), 1, "the log evidence")
    total = (sequences * tensor(answer, (n + 1,), "the log evidence").exp()).sum()
    assert (total - 1).abs() < 1e-4, "the probabilities of all sequences of one length do not sum to 1"


@points("1/10")
def test_evidence_of_numbers(grade):
    """The evidence takes Python numbers as well as tensors."""
    numbers = as_numbers(random_case(grade.rng, 5))
    answers = sequence(grade.submission(evidences, numbers), 5, "the list of log evidences")
    for one, case in zip(answers, numbers, strict=True):
        error = (tensor(one, (), "the log evidence") - log_probability(*case)).abs()
        assert error < 1e-4, "the log evidence is not right for numbers"


@points("1/10")
@hint("Products of thousands of factors leave the range of floating-point numbers; sums of logarithms do not.")
def test_many_draws(grade):
    """The evidence of 20 000 draws is finite and right."""
    a, b = (0.5 + 2 * torch.rand(3, generator=grade.rng, dtype=torch.float64) for _ in range(2))
    n = torch.tensor([20_000, 20_000, 3_000])
    k = (n * (0.1 + 0.8 * torch.rand(3, generator=grade.rng, dtype=torch.float64))).floor()
    (answer,) = sequence(grade.submission(evidences, [[a, b, k, n.double()]]), 1, "the log evidence")
    answer = tensor(answer, (3,), "the log evidence of many draws")
    truth = torch.tensor([log_probability(*one) for one in as_numbers((a, b, k, n))], dtype=torch.float64)
    assert (answer - truth).abs().max() < 1e-4, "the log evidence of many draws is not right"
