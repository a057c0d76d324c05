"""Hidden checks of hw6/score_matching: implicit, sliced and denoising score matching.

Oracle   A score with a Jacobian that is written down here, s(x) = k (tanh(A x) + c x^2); every loss is the mean of
         closed forms over the batch. Finite differences of these for gradients. On Gauss-Hermite nodes, implicit and
         explicit score matching differ by a constant.
Error    1e-12, gradients 1e-8; 1e-6 is allowed, 1e-5 for gradients.
Cost     0.1 s.
Rejects  every mistake in score_matching.mistakes.md.
"""

import torch
from torch import Tensor

from autograder.checking import Grade, hint, points, probe, sequence, tensor

PROMISES = {
    "ism_loss": {
        "the mean over the batch x (B, D) of div score(x) + |score(x)|^2 / 2, ()": "implicit, implicit_is_explicit",
        "It can be differentiated with respect to the parameters of the score.": "gradients",
    },
    "ssm_loss": {
        "the mean over the batch of v^T J v + (v^T score(x))^2 / 2, ()": "sliced",
        "x and v are (B, D); J is the Jacobian of the score at x, which is never formed": "sliced, one_pass",
        "With E[v v^T] = I the expectation over v is `ism_loss`.": "sliced_averages",
        "It can be differentiated with respect to the parameters of the score.": "gradients",
    },
    "dsm_loss": {
        "the mean over the batch of half the squared distance, ()": "denoising",
        "The noisy point is x + sigma eps": "denoising",
        "the target for the score there is the score of N(x, sigma^2 I)": "denoising",
        "Squares are summed over the D coordinates.": "denoising",
        "It can be differentiated with respect to the parameters of the score.": "gradients",
    },
}


@probe
def score_of(A: Tensor, c: Tensor, k: object, passes: list) -> object:
    """k (tanh(A x) + c x^2) in every row; passes[0] counts the backward passes through it."""

    def score(x: object) -> object:
        y = x * 1
        if y.requires_grad:
            y.register_hook(lambda g: passes.__setitem__(0, passes[0] + 1))
        return k * (torch.tanh(y @ A.T) + c * y**2)

    return score


@probe
def loss(student, which: str, A: Tensor, c: Tensor, k: object, arguments: list, passes: list) -> Tensor:
    return getattr(student, which)(score_of(A, c, k, passes), *arguments)


@probe
def value(student, which: str, A: Tensor, c: Tensor, k: float, arguments: list) -> list:
    """The loss, and the backward passes that it took."""
    passes = [0]
    found = loss(student, which, A, c, k, arguments, passes)
    return [found, passes[0]]


@probe
def values(student, which: str, A: Tensor, c: Tensor, k: float, batches: list) -> list:
    """The loss of every batch."""
    return [loss(student, which, A, c, k, arguments, [0]) for arguments in batches]


@probe
def slope(student, which: str, A: Tensor, c: Tensor, k: float, arguments: list) -> Tensor:
    """The derivative of the loss with respect to k, a parameter of the score."""
    k = torch.tensor(k, dtype=torch.float64, requires_grad=True)
    return torch.autograd.grad(loss(student, which, A, c, k, arguments, [0]), k)[0]


def normal(rng: torch.Generator, *shape: int) -> Tensor:
    return torch.randn(shape, generator=rng, dtype=torch.float64)


def uniform(rng: torch.Generator, low: float, high: float) -> float:
    return low + (high - low) * torch.rand(1, generator=rng, dtype=torch.float64).item()


def cases(rng: torch.Generator) -> list[tuple]:
    """(A, c, k, x, v, sigma) for several shapes: more rows than columns, as many, a single row, a single column."""
    shapes = ((6, 3), (3, 3), (1, 4), (5, 1))
    return [
        (normal(rng, D, D), normal(rng, D), uniform(rng, 0.5, 1.5), *normal(rng, 2, B, D), uniform(rng, 0.3, 0.7))
        for B, D in shapes
    ]


def score(A: Tensor, c: Tensor, k: float, x: Tensor) -> Tensor:
    return k * (torch.tanh(x @ A.T) + c * x**2)


def jacobian(A: Tensor, c: Tensor, k: float, x: Tensor) -> Tensor:
    return k * ((1 - torch.tanh(x @ A.T) ** 2)[:, :, None] * A + torch.diag_embed(2 * c * x))


def truth(which: str, A: Tensor, c: Tensor, k: float, arguments: list) -> float:
    """The mean over rows, one after the other."""
    x, total = arguments[0], 0.0
    for b in range(len(x)):
        row, J = x[b : b + 1], jacobian(A, c, k, x[b : b + 1])[0]
        s = score(A, c, k, row)[0]
        if which == "ism_loss":
            total += J.trace() + s.square().sum() / 2
        elif which == "ssm_loss":
            v = arguments[1][b]
            total += v @ J @ v + (v @ s) ** 2 / 2
        else:
            sigma, eps = arguments[1], arguments[2][b]
            s = score(A, c, k, row + sigma * eps)[0]
            total += (s + eps / sigma).square().sum() / 2
    return float(total / len(x))


def loss_of(grade: Grade, which: str, A: Tensor, c: Tensor, k: float, arguments: list) -> float:
    answer = sequence(grade.submission(value, which, A, c, k, arguments), 2, "the answer")
    return tensor(answer[0], (), f"the result of {which}").item()


def near(answer: float, true: float, tolerance: float = 1e-6) -> bool:
    return abs(answer - true) < tolerance * (1 + abs(true))


@points("3/20")
@hint("The divergence and half the squared length, both for every row; then the mean over rows.")
def test_implicit(grade: Grade) -> None:
    """`ism_loss` is the mean of the divergence and half the squared length of the score."""
    for A, c, k, x, _, _ in cases(grade.rng):
        found = loss_of(grade, "ism_loss", A, c, k, [x])
        assert near(found, truth("ism_loss", A, c, k, [x])), "ism_loss is not right"


@points("1/10")
@hint("Integrate by parts: what changes is a constant that no score can change. Is a factor one half missing?")
def test_implicit_is_explicit(grade: Grade) -> None:
    """On Gaussian data, `ism_loss` and the distance to the true score differ by the same number for every score."""
    nodes, weights = hermite(40)
    variance = uniform(grade.rng, 0.5, 1.5)
    x, gaps = variance**0.5 * nodes[:, None], []
    for sign in (1, -1):
        # Not too steep, and never flat: the nodes have to see the whole of the score.
        A = torch.full((1, 1), sign * uniform(grade.rng, 0.3, 1.0), dtype=torch.float64)
        c, k = 0.2 * normal(grade.rng, 1), uniform(grade.rng, 0.5, 1.0)
        # The loss is a mean over rows: each node is asked for alone, and weighted here.
        answer = grade.submission(values, "ism_loss", A, c, k, [[row[None]] for row in x])
        answer = sequence(answer, len(x), "the results of ism_loss")
        rows = torch.stack([tensor(value, (), "the result of ism_loss") for value in answer])
        explicit = 0.5 * (score(A, c, k, x) + x / variance)[:, 0].square()
        gaps.append(float(weights @ (explicit - rows)))
    for gap in gaps:
        assert near(gap, 0.5 / variance, 1e-3), "ism_loss is not the explicit loss up to the constant of the data"


@points("3/20")
@hint("Both terms look along v only: v^T J v, and the square of v^T s.")
def test_sliced(grade: Grade) -> None:
    """`ssm_loss` looks along the given directions, one for each point."""
    for A, c, k, x, v, _ in cases(grade.rng):
        found = loss_of(grade, "ssm_loss", A, c, k, [x, v])
        assert near(found, truth("ssm_loss", A, c, k, [x, v])), "ssm_loss is not right"


@points("1/20")
@hint("With directions whose v v^T average to the identity, the mean must be the implicit loss.")
def test_sliced_averages(grade: Grade) -> None:
    """Averaged over directions with E[v v^T] = I, `ssm_loss` is the implicit loss."""
    A, c, k, x, _, _ = cases(grade.rng)[0]
    turned, _ = torch.linalg.qr(normal(grade.rng, 3, 3))
    slices = [loss_of(grade, "ssm_loss", A, c, k, [x, (3**0.5 * v).expand(6, 3).contiguous()]) for v in turned]
    assert near(sum(slices) / 3, truth("ism_loss", A, c, k, [x])), "ssm_loss does not average to the implicit loss"


@points("1/20")
@hint("A vector-Jacobian product with v is all that is needed, whatever the dimension.")
def test_one_pass(grade: Grade) -> None:
    """`ssm_loss` goes back through the score once, in any dimension."""
    A, c, k, x, v, _ = cases(grade.rng)[0]
    x, v = x[:1], v[:1]  # one row, for who takes one row after the other
    found = sequence(grade.submission(value, "ssm_loss", A, c, k, [x, v]), 2, "the answer")
    right = truth("ssm_loss", A, c, k, [x, v])
    assert near(tensor(found[0], (), "the result of ssm_loss").item(), right), "ssm_loss is not right"
    assert tensor(found[1], (), "the number of passes back") <= 1, "ssm_loss goes back through the score too often"


@points("3/10")
@hint("log N(y; x, sigma^2 I) has a gradient in y: write it with y = x + sigma eps.")
def test_denoising(grade: Grade) -> None:
    """`dsm_loss` compares the score at the noisy point with the score of the noise."""
    for A, c, k, x, eps, sigma in cases(grade.rng):
        for level in (sigma, 3 * sigma):
            found = loss_of(grade, "dsm_loss", A, c, k, [x, level, eps])
            assert near(found, truth("dsm_loss", A, c, k, [x, level, eps])), "dsm_loss is not right"


@points("1/5")
@hint("The derivatives inside a loss need create_graph, or there is nothing left to train with.")
def test_gradients(grade: Grade) -> None:
    """All three losses can be differentiated with respect to the parameters of the score."""
    step = 1e-5
    for which in ("ism_loss", "ssm_loss", "dsm_loss"):
        A, c, k, x, v, sigma = cases(grade.rng)[0]
        arguments = {"ism_loss": [x], "ssm_loss": [x, v], "dsm_loss": [x, sigma, v]}[which]
        found = tensor(grade.submission(slope, which, A, c, k, arguments), (), f"the gradient of {which}").item()
        true = (truth(which, A, c, k + step, arguments) - truth(which, A, c, k - step, arguments)) / (2 * step)
        assert near(found, true, 1e-5), f"the gradient of {which} is not right"


def hermite(n: int) -> tuple[Tensor, Tensor]:
    """Nodes, and weights that sum to 1, by the eigenvalues of the recursion's matrix (Golub and Welsch, 1969)."""
    off = torch.arange(1, n, dtype=torch.float64).sqrt()
    nodes, vectors = torch.linalg.eigh(torch.diag(off, 1) + torch.diag(off, -1))
    return nodes, vectors[0].square()
