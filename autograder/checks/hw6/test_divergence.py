"""Hidden checks of hw6/divergence: the divergence of a vector field, exactly and by Hutchinson's estimator.

Oracle   A field with a Jacobian that is written down here, J = diag(cos(w)) A + diag(2 c x) for w = A x + d, and its
         estimate eps^T J eps; finite differences of these formulas for gradients.
Error    1e-12, gradients 1e-8; 1e-6 is allowed, 1e-5 for gradients.
Cost     0.1 s.
Rejects  every mistake in divergence.mistakes.md.
"""

import torch
from torch import Tensor

from autograder.checking import Grade, hint, points, probe, sequence, tensor

PROMISES = {
    "divergence": {
        "The divergence of f at every point x (B, D), the sum over i of df_i/dx_i: (B,).": "exact",
        "takes points (B, D) to vectors (B, D) that depend on them, each row on its own": "exact",
        "Without `eps` the result is exact.": "exact",
        "the estimate eps^T J eps of every row, where J is the Jacobian of f at the row's point": "estimate",
        "from a single vector-Jacobian product": "cost",
        "f is called once either way": "cost",
        "differentiated once more, with respect to the parameters of f": "gradient",
        "and with respect to x where x requires a gradient": "gradient",
        "works under `torch.no_grad()` as well": "no_grad",
    }
}


@probe
def field(A: Tensor, c: Tensor, d: Tensor, counts: list) -> object:
    """sin(A x + d) + c x^2 in every row; counts[0] counts the calls, counts[1] the backward passes through it.

    It takes points (B, D), and no single ones.
    """

    def f(x: object) -> object:
        counts[0] += 1
        y = x * 1
        if y.requires_grad:
            y.register_hook(lambda g: counts.__setitem__(1, counts[1] + 1))
        return torch.sin(y @ A.T + d) + c * y**2 + 0 * y[:, :1]

    return f


@probe
def found(student, A: Tensor, c: Tensor, d: Tensor, x: Tensor, eps: list, graph: bool) -> list:
    """The divergence, the calls of f, and the passes back through it. `eps` is [] or [eps]."""
    counts = [0, 0]
    with torch.set_grad_enabled(graph):
        value = student.divergence(field(A, c, d, counts), x, *eps)
    return [value, *counts]


@probe
def pulled_back(student, A: Tensor, c: Tensor, d: Tensor, x: Tensor, eps: list, cotangent: Tensor) -> list:
    """Gradients of (divergence * cotangent).sum() by A and by the number s at which the points s x are taken."""
    A, s = A.requires_grad_(), torch.tensor(1.0, dtype=torch.float64, requires_grad=True)
    value = student.divergence(field(A, c, d, [0, 0]), s * x, *eps)
    return list(torch.autograd.grad((value * cotangent).sum(), (A, s)))


@probe
def pulled_back_to_a_parameter(student, A: Tensor, c: Tensor, d: Tensor, x: Tensor, eps: list, cotangent: Tensor):
    """The gradient of (divergence * cotangent).sum() by A, at points that require none."""
    A = A.requires_grad_()
    value = student.divergence(field(A, c, d, [0, 0]), x, *eps)
    return torch.autograd.grad((value * cotangent).sum(), A)[0]


def normal(rng: torch.Generator, *shape: int) -> Tensor:
    return torch.randn(shape, generator=rng, dtype=torch.float64)


def cases(rng: torch.Generator) -> list[tuple]:
    """(A, c, d, x, eps) for several shapes; one batch has as many rows as columns, one has a single row."""
    shapes = ((5, 3), (4, 4), (1, 2), (3, 1))
    return [
        (normal(rng, D, D), normal(rng, D), normal(rng, D), normal(rng, B, D), normal(rng, B, D)) for B, D in shapes
    ]


def jacobian(A: Tensor, c: Tensor, d: Tensor, x: Tensor) -> Tensor:
    """(B, i, j) of the field."""
    return torch.cos(x @ A.T + d)[:, :, None] * A + torch.diag_embed(2 * c * x)


def quadratic(J: Tensor, eps: Tensor) -> Tensor:
    return (eps[:, None] @ J @ eps[:, :, None])[:, 0, 0]


def trace(J: Tensor) -> Tensor:
    return J.diagonal(dim1=1, dim2=2).sum(1)


def value_of(answer: object, n: int) -> Tensor:
    return tensor(sequence(answer, 3, "the result")[0], (n,), "the divergence")


def near(answer: Tensor, truth: Tensor, tolerance: float = 1e-6) -> bool:
    return bool((answer - truth).abs().max() < tolerance * (1 + truth.abs().max()))


@points("3/10")
@hint("Only the derivative of output i with respect to input i counts, and every row has its own.")
def test_exact(grade: Grade) -> None:
    """Without noise the result is the trace of the Jacobian, row by row."""
    for A, c, d, x, _ in cases(grade.rng):
        value = value_of(grade.submission(found, A, c, d, x, [], True), len(x))
        assert near(value, trace(jacobian(A, c, d, x))), "the exact divergence is not right"


@points("3/10")
@hint("A vector-Jacobian product gives eps^T J; what remains is a product with eps, and a sum over coordinates.")
def test_estimate(grade: Grade) -> None:
    """With noise the result is eps^T J eps, row by row, whatever the noise is."""
    for A, c, d, x, eps in cases(grade.rng):
        value = value_of(grade.submission(found, A, c, d, x, [eps], True), len(x))
        assert near(value, quadratic(jacobian(A, c, d, x), eps)), "the estimate of the divergence is not right"


@points("1/5")
@hint("The result has to keep its graph (create_graph), and the graph of x, when there is one, must not be cut.")
def test_gradient(grade: Grade) -> None:
    """The result can be differentiated by what the field depends on, and by what x was computed from."""
    for with_noise in (False, True):
        A, c, d, x, eps = cases(grade.rng)[0]
        cotangent, direction, step = normal(grade.rng, len(x)), normal(grade.rng, *A.shape), 1e-5
        eps = [eps] if with_noise else []
        answer = sequence(grade.submission(pulled_back, A, c, d, x, eps, cotangent), 2, "the gradients")
        by_A = (tensor(answer[0], tuple(A.shape), "the gradient of a parameter") * direction).sum()
        by_s = tensor(answer[1], (), "the gradient by the scale of the points")

        def value(shift: float, scale: float, A=A, c=c, d=d, x=x, eps=eps, direction=direction, w=cotangent) -> Tensor:
            J = jacobian(A + shift * direction, c, d, scale * x)
            return ((quadratic(J, eps[0]) if eps else trace(J)) * w).sum()

        true_A = (value(step, 1) - value(-step, 1)) / (2 * step)
        true_s = (value(0, 1 + step) - value(0, 1 - step)) / (2 * step)
        assert near(by_A, true_A, 1e-5), "the gradient with respect to a parameter of f is not right"
        alone = grade.submission(pulled_back_to_a_parameter, A, c, d, x, eps, cotangent)
        alone = (tensor(alone, tuple(A.shape), "the gradient of a parameter") * direction).sum()
        assert near(alone, true_A, 1e-5), "the gradient of a parameter is not right for points that require none"
        assert near(by_s, true_s, 1e-5), "the gradient with respect to the points is not right"


@points("1/10")
@hint("With noise one backward pass is enough, for any dimension; that is what the estimator is for.")
def test_cost(grade: Grade) -> None:
    """f is called once, and with noise there is one pass back through it."""
    A, c, d, x, eps = cases(grade.rng)[0]
    for noise, passes in (([eps], 1), ([], 3)):
        answer = sequence(grade.submission(found, A, c, d, x, noise, True), 3, "the result")
        J = jacobian(A, c, d, x)
        truth = quadratic(J, eps) if noise else trace(J)
        assert near(tensor(answer[0], (len(x),), "the divergence"), truth), "the divergence is not right"
        assert tensor(answer[1], (), "the number of calls") == 1, "f should be called once"
        assert tensor(answer[2], (), "the number of passes back") <= passes, "there are too many passes back through f"


@points("1/10")
@hint("Inside, gradients have to be switched on: `with torch.enable_grad()`.")
def test_no_grad(grade: Grade) -> None:
    """It works where gradients are switched off."""
    A, c, d, x, eps = cases(grade.rng)[0]
    J = jacobian(A, c, d, x)
    for noise, truth in (([eps], quadratic(J, eps)), ([], trace(J))):
        value = value_of(grade.submission(found, A, c, d, x, noise, False), len(x))
        assert near(value, truth), "the divergence is not right under torch.no_grad()"
