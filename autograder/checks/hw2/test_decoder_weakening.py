"""Hidden checks of hw2/decoder_weakening: free bits, KL annealing and word dropout.

Oracle   Free bits: the sum of maxima in Python numbers; entries of dimensions below the limit are moved without effect,
         those of the others move the result by their share; slopes along a random direction are known from that.
         The schedule and the dropout: their definitions, entry by entry.
Error    1e-6 is allowed.
Cost     0.05 s.
Rejects  every mistake in decoder_weakening.mistakes.md.
"""

import torch
from torch import Tensor

from autograder.checking import hint, points, probe, sequence, tensor
from autograder.judging.instruments import between

PROMISES = {
    "kl_with_free_bits": {
        "The KL term of the loss with free bits: (), in nats.": "free_bits",
        "kl (B, d) holds KL(q(z_j | x_b) || p(z_j)) of every data point and latent dimension.": "free_bits",
        "A dimension costs its mean over the batch, but never less than `free_bits` nats": "free_bits",
        "So below `free_bits` nothing is gained by making a dimension carry less: no gradient goes to it.": (
            "free_bits_gradient"
        ),
    },
    "beta_schedule": {
        "Weight of the KL term at training step 0, 1, 2, ...: it rises linearly from 0 to 1 at step `warmup`,": (
            "beta_schedule"
        ),
        "With warmup = 0 it is 1 from the start.": "beta_schedule",
    },
    "word_dropout": {
        "What an autoregressive decoder gets to see of its past: x (B, T) with symbols dropped, again (B, T),": (
            "word_dropout"
        ),
        "The symbols of x are 0 and 1.": "word_dropout",
        "A symbol is dropped exactly when its uniform number u (B, T) is smaller than p; it becomes 0.5": (
            "word_dropout"
        ),
        "All others stay.": "word_dropout",
        "x itself does not change.": "word_dropout",
    },
}


@probe
def free_bits_of(student, tables, limits):
    """The KL terms for every table of KL divergences with its limit."""
    return [student.kl_with_free_bits(kl, limit) for kl, limit in zip(tables, limits, strict=True)]


@probe
def slope(student, kl, direction, limit):
    """The slope of the KL term along a direction, by backpropagation."""
    t = torch.zeros((), dtype=kl.dtype, requires_grad=True)
    value = student.kl_with_free_bits(kl + t * direction, limit)
    return torch.autograd.grad(value, t)[0] if getattr(value, "requires_grad", False) else 0.0


@probe
def betas(student, cases):
    return [student.beta_schedule(step, warmup) for step, warmup in cases]


@probe
def dropped(student, x, p, u):
    """The sequences after word dropout, and x after the call."""
    return [student.word_dropout(x, p, u), x]


def table(rng: torch.Generator, B: int, below: int, above: int, limit: float) -> tuple[Tensor, Tensor]:
    """KL divergences (B, d), and which dimensions have a mean above the limit. Single entries lie on both sides."""
    level = torch.cat([between(rng, 0.2, 0.7, below), between(rng, 1.4, 3.0, above)])
    level = level[torch.randperm(len(level), generator=rng)]
    shares = between(rng, 0.05, 1.0, B, len(level))
    return limit * level * shares / shares.mean(0), level > 1


def values(grade, tables: list[Tensor], limits: list[float]) -> Tensor:
    answer = sequence(grade.submission(free_bits_of, tables, limits), len(tables), "the list of KL terms")
    return torch.stack([tensor(value, (), "the KL term") for value in answer])


def true_value(kl: Tensor, limit: float) -> float:
    """The sum over dimensions of max(limit, mean over the batch), with Python numbers."""
    return sum(max(limit, sum(column) / len(column)) for column in kl.T.tolist())


@points("3/10")
@hint("First average over the batch, then compare each dimension with the limit, then add up.")
def test_free_bits(grade):
    """The KL term is the sum over dimensions of max(free_bits, batch mean of that dimension)."""
    tables, limits = [], []
    for B, below, above, limit in ((6, 2, 3, 0.25), (1, 3, 1, 0.6), (5, 4, 0, 1.5), (4, 0, 3, 0.1), (8, 1, 1, 0.4)):
        tables.append(table(grade.rng, B, below, above, limit)[0])
        limits.append(limit)
    tables, limits = [*tables, tables[0]], [*limits, 0.0]
    truth = torch.tensor([true_value(kl, limit) for kl, limit in zip(tables, limits, strict=True)]).double()
    error = (values(grade, tables, limits) - truth).abs()
    assert error[-1] < 1e-6 * (1 + truth[-1]), "with free_bits = 0 the KL term is not the sum of the mean KLs"
    assert (error < 1e-6 * (1 + truth)).all(), "the KL term is not right"


@points("1/5")
@hint("Below the limit a dimension costs the same whatever it carries: should it then be pushed anywhere?")
def test_free_bits_gradient(grade):
    """A dimension below the limit gets no gradient, the others get the whole one."""
    B, limit = 5, 0.3
    kl, active = table(grade.rng, B, 3, 3, limit)
    moved = [kl]
    for j in range(len(active)):
        moved.append(kl.clone())
        moved[-1][j % B, j] += limit / 10
    change = values(grade, moved, [limit] * len(moved))
    change = change[1:] - change[0]
    assert (change[~active].abs() < 1e-8).all(), "a dimension below the limit changes the KL term"
    expected = limit / 10 / B
    assert ((change[active] - expected).abs() < 1e-6).all(), "a dimension above the limit does not count in full"
    for _ in range(3):
        direction = between(grade.rng, -1, 1, *kl.shape) + between(grade.rng, -1, 1, kl.shape[1])
        answer = tensor(grade.submission(slope, kl, direction, limit), (), "the gradient of the KL term").item()
        truth = direction.mean(0)[active].sum().item()
        assert abs(answer - truth) < 1e-6, "the gradient of the KL term is not right"


@points("1/5")
@hint("Look at step 0, at half of the warm-up, at its last step, and long after it.")
def test_beta_schedule(grade):
    """The weight of the KL term rises linearly from 0 at step 0 to 1 at step `warmup`, and stays there."""
    cases = [(0, 10), (5, 10), (10, 10), (11, 10), (1000, 10), (0, 1), (1, 1), (2, 1)]
    for warmup in torch.randint(3, 5000, (4,), generator=grade.rng).tolist():
        steps = torch.randint(1, 2 * warmup, (4,), generator=grade.rng).tolist()
        later = torch.randint(2 * warmup, 40 * warmup, (6,), generator=grade.rng).tolist()
        cases += [(step, warmup) for step in (*steps, warmup - 1, warmup + 1, 2 * warmup, 2 * warmup + 1, *later)]
    cases += [(0, 0), (7, 0)]
    answer = sequence(grade.submission(betas, cases), len(cases), "the list of weights")
    found = [tensor(value, (), "the weight of the KL term").item() for value in answer]
    for value, (step, warmup) in zip(found, cases, strict=True):
        if warmup == 0:
            assert value == 1, "without a warm-up the weight should be 1 from the start"
        else:
            where = "during the warm-up" if step < warmup else "at its end" if step == warmup else "after the warm-up"
            assert abs(value - min(1, step / warmup)) < 1e-6, f"the weight is not right {where}"


@points("3/10")
@hint("The uniform number of every symbol decides alone; a dropped 0 must look like a dropped 1.")
def test_word_dropout(grade):
    """A symbol becomes 0.5 exactly when its uniform number is smaller than p; all others stay, and so does x."""
    for (B, T), p in (((4, 9), 0.3), ((7, 3), 0.8), ((1, 16), 0.5), ((5, 6), 0.0), ((3, 5), 1.0)):
        x = torch.randint(2, (B, T), generator=grade.rng).double()
        u = torch.rand(B, T, generator=grade.rng, dtype=torch.float64)
        u[0, 0] = p  # not smaller than p: the symbol stays
        answer = sequence(grade.submission(dropped, x, p, u), 2, "what comes back")
        seen, after = tensor(answer[0], (B, T), "the sequence after dropout"), tensor(answer[1], (B, T), "x")
        assert torch.equal(after, x), "word_dropout changes x itself"
        gone = u < p
        assert (seen[~gone] == x[~gone]).all(), "a symbol has changed although its u is not smaller than p"
        assert (seen[gone] == 0.5).all(), "a symbol with u < p has not become 0.5"
