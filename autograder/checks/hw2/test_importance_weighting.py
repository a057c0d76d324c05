"""Hidden checks of hw2/importance_weighting: the importance-weighted bound (Burda et al., 2016) and normalised weights.

Oracle   Values: Python's exact fractions for the mean of the weights. Bound: a model with four latent states and any q:
         all 4^K draws are enumerated, so that the expected bound of K draws is exact: for K = 1 it is the ELBO, it
         grows with K, and it stays below log p(x). Size: a constant added to the log weights must come out again.
Error    The oracles agree with the reference to 1e-10; 1e-6 of the size is allowed.
Cost     0.1 s.
Rejects  every mistake in importance_weighting.mistakes.md.
"""

import itertools
import math
from fractions import Fraction

import torch
from torch import Tensor

from autograder.checking import hint, points, probe, sequence, tensor
from autograder.judging.instruments import between, near, normal

PROMISES = {
    "iwae_bound": {
        "The importance-weighted bound on log p(x) of every data point: (B,), in nats.": (
            "bound, between_elbo_and_evidence"
        ),
        "log_w (K, B) holds the log weights log p(x, z_k) - log q(z_k | x) of K draws z_k from q(z | x)": "bound",
        "The bound is the logarithm of the mean of the K weights; with K = 1 it is the ELBO.": "bound",
        "It can be differentiated with respect to log_w": "gradient",
        "it is finite for any finite log_w, however large or small the weights are.": "any_size",
    },
    "snis_weights": {
        "The self-normalised importance weights (K, B): in proportion to the weights, with sum 1 over the K": "weights",
        "log_w (K, B) as in `iwae_bound`.": "weights",
        "Averages under these weights estimate averages under the posterior p(z | x).": "weights",
    },
}


@probe
def bounds(student, tables):
    """The bound for every table of log weights."""
    return [student.iwae_bound(log_w) for log_w in tables]


@probe
def weights(student, tables):
    """The normalised weights for every table of log weights."""
    return [student.snis_weights(log_w) for log_w in tables]


@probe
def slope(student, log_w, direction, mix):
    """The slope of a mixture of the bounds along a direction, by backpropagation."""
    t = torch.zeros((), dtype=log_w.dtype, requires_grad=True)
    bound = (torch.as_tensor(student.iwae_bound(log_w + t * direction)) * mix).sum()
    return torch.autograd.grad(bound, t)[0] if bound.requires_grad else 0.0


def answers(grade, what: object, tables: list[Tensor], name: str) -> list[Tensor]:
    """The submission's answers: (B,) for bounds, (K, B) for weights."""
    found = sequence(grade.submission(what, tables), len(tables), "the list of answers")
    shapes = [tuple(log_w.shape[1:]) if what is bounds else tuple(log_w.shape) for log_w in tables]
    return [tensor(value, shape, name) for value, shape in zip(found, shapes, strict=True)]


def exact(log_w: Tensor) -> tuple[Tensor, Tensor]:
    """The bound (B,) and the normalised weights (K, B), with fractions between exp and log."""
    bound, normalised = [], []
    for column in log_w.T.tolist():
        w = [Fraction(math.exp(value)) for value in column]
        bound.append(math.log(sum(w) / len(w)))
        normalised.append([float(value / sum(w)) for value in w])
    return torch.tensor(bound, dtype=torch.float64), torch.tensor(normalised, dtype=torch.float64).T


@points("3/10")
@hint("The logarithm of the mean of the weights, for every data point on its own.")
def test_bound(grade):
    """The bound is the logarithm of the mean of the K weights; with K = 1 it is the log weight."""
    tables = [2 * normal(grade.rng, K, B) - 1 for K, B in ((5, 3), (3, 5), (40, 2), (4, 1), (1, 1))]
    for answer, log_w in zip(answers(grade, bounds, tables, "the bound"), tables, strict=True):
        assert near(answer, exact(log_w)[0], 1e-6), "the bound is not the logarithm of the mean weight"
    log_w = normal(grade.rng, 1, 6)
    answer = answers(grade, bounds, [log_w, log_w.expand(7, 6).clone()], "the bound")
    assert near(answer[0], log_w[0], 1e-6), "with K = 1 the bound is not the log weight"
    assert near(answer[1], log_w[0], 1e-6), "when all weights are the same the bound is not that log weight"


@points("1/5")
@hint("Jensen's inequality, and what averaging before the logarithm does to it.")
def test_between_elbo_and_evidence(grade):
    """Averaged over all draws the bound starts at the ELBO, grows with K and stays below log p(x)."""
    S = 4
    for _ in range(2):
        log_p, log_q = normal(grade.rng, S) - 2, normal(grade.rng, S).log_softmax(0)
        tables, chances = [], []
        for K in range(1, 5):
            draws = torch.tensor(list(itertools.product(range(S), repeat=K))).T  # (K, S^K)
            tables.append((log_p - log_q)[draws])
            chances.append(log_q[draws].sum(0).exp())
        found = answers(grade, bounds, tables, "the bound")
        L = torch.stack([(chance * bound).sum() for chance, bound in zip(chances, found, strict=True)])
        truth = torch.stack([(chance * exact(log_w)[0]).sum() for chance, log_w in zip(chances, tables, strict=True)])
        log_px = log_p.logsumexp(0)
        assert near(L[0], (log_q.exp() * (log_p - log_q)).sum(), 1e-6), "for K = 1 the average bound is not the ELBO"
        assert (L < log_px + 1e-6).all(), "the average bound lies above log p(x)"
        assert (L.diff() > 0).all(), "the average bound does not grow with K"
        assert near(L, truth, 1e-6), "the average bound does not grow with K as it should"


@points("1/5")
@hint("exp(1000) is infinite in floating point: take the largest log weight out first.")
def test_any_size(grade):
    """Log weights of any size give finite, right bounds and weights."""
    log_w = 2 * normal(grade.rng, 6, 4)
    bound, normalised = exact(log_w)
    shifts = [torch.tensor(shift, dtype=torch.float64) for shift in (1e4, -1e4, 760.0, [0.0, -9e3, 1e4, -760.0])]
    tables = [log_w + shift for shift in shifts]
    for answer, shift in zip(answers(grade, bounds, tables, "the bound"), shifts, strict=True):
        assert near(answer, bound + shift, 1e-6), "the bound is not right for log weights of size 1000 or 10 000"
    for answer in answers(grade, weights, tables, "the normalised weights"):
        assert near(answer, normalised, 1e-6), "the weights are not right for log weights of size 1000 or 10 000"
    spread = torch.tensor([-1e4, 1e4, 0.0, 9e3], dtype=torch.float64)
    spread = torch.stack([spread[torch.randperm(4, generator=grade.rng)] for _ in range(3)], dim=1)
    answer = answers(grade, bounds, [spread], "the bound")[0]
    assert near(answer, torch.full((3,), 1e4 - math.log(4)).double(), 1e-6), (
        "the bound is not right when one weight wins"
    )
    answer = answers(grade, weights, [spread], "the normalised weights")[0]
    assert near(answer, (spread == 1e4).double(), 1e-6), "the weights are not right when one of them wins"


@points("1/5")
@hint("The weights of one data point sum to 1 over its K draws.")
def test_weights(grade):
    """The normalised weights are the weights divided by their sum over the K draws."""
    tables = [2 * normal(grade.rng, K, B) - 1 for K, B in ((5, 3), (3, 5), (40, 2), (1, 4))]
    for answer, log_w in zip(answers(grade, weights, tables, "the normalised weights"), tables, strict=True):
        assert (answer >= 0).all(), "a normalised weight is negative"
        assert near(answer.sum(0), torch.ones(log_w.shape[1]), 1e-6), "the weights do not sum to 1 over the draws"
        assert near(answer, exact(log_w)[1], 1e-6), "the normalised weights are not right"
    log_w = 2 * normal(grade.rng, 6, 3)
    log_w[0] -= between(grade.rng, 20, 25, 3) + log_w.amax(0) - log_w.amin(0)
    answer = answers(grade, weights, [log_w], "the normalised weights")[0]
    assert near(answer / exact(log_w)[1], torch.ones(6, 3), 1e-3), "small weights are not in proportion to the others"


@points("1/10")
@hint("The bound must stay differentiable: its gradient weighs the draws.")
def test_gradient(grade):
    """The gradient of the bound with respect to the log weights are the normalised weights."""
    for K, B, shift in ((5, 3, 0.0), (4, 2, 800.0)):
        log_w, mix = 2 * normal(grade.rng, K, B), normal(grade.rng, B)
        direction = normal(grade.rng, K, B)
        answer = tensor(grade.submission(slope, log_w + shift, direction, mix), (), "the gradient of the bound")
        truth = ((exact(log_w)[1] * direction).sum(0) * mix).sum()
        assert near(answer, truth, 1e-6), "the gradient of the bound is not right"
