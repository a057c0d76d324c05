"""Hidden checks of hw6/adjoint: gradients through an ODE without backpropagation through its solver.

Oracle   For Euler, autograd through every single step at the stored states, composed here: the discrete adjoint is
         exact, also at states that are not a solution. For the continuous adjoint a reverse sweep through a solver
         with ten times as many steps, written here, and the order with which the error falls.
Error    1e-13 for Euler, 1e-10 for the fine solver; 1e-8 is allowed for Euler, 2e-3 of the size at 6 steps and order 4.
Cost     0.3 s.
Rejects  every mistake in adjoint.mistakes.md.
"""

import math

import torch
from torch import Tensor

from autograder.checking import Grade, hint, points, probe, sequence, tensor

PROMISES = {
    "euler_adjoint": {
        "Gradients of L(x(ts[-1])) when `path` was made by Euler's method: (dL/dx(ts[0]), [dL/dparameter, ...]).": (
            "euler_by_state, euler_by_parameters"
        ),
        "path (n + 1, ...) holds the stored states at the times ts (n + 1,), rising or falling": (
            "euler_by_state, euler_by_parameters"
        ),
        'as `odeint(f, x0, ts, "euler")` gives them, and grad_end is dL/dpath[-1]': "euler_by_state",
        "each gradient has the shape of its parameter": "euler_by_parameters",
        "what backpropagation through the solver would give, to rounding": "euler_by_state, euler_by_parameters",
        "The states are used as they are stored, also where they have been rounded since": "stored_states",
        "f is called once at each of them but the last": "stored_states",
    },
    "adjoint_gradients": {
        "The same gradients without a stored path: (dL/dx(ts[0]), [dL/dparameter, ...]).": (
            "continuous_by_state, continuous_by_parameters"
        ),
        "f, the parameters and the gradients are as in `euler_adjoint`, the times ts (n + 1,) rise.": (
            "continuous_by_parameters"
        ),
        "Only x_end = x(ts[-1]) is given, with grad_end = dL/dx_end.": "continuous_by_state",
        'by one step of "rk4" for each interval of ts': "continuous_by_state, continuous_by_parameters",
        "f is called four times in a step": "calls",
    },
}


@probe
def field(parameters: list, calls: list) -> object:
    """tanh(x W + b + u t) - x / 3 with parameters W (D, D), b (D,), u (); the points it is asked about are kept."""

    def f(x: object, t: object) -> object:
        calls.append(x.detach().clone())
        W, b, u = parameters
        return torch.tanh(x @ W + b + u * t) - x / 3

    return f


@probe
def leaves(parameters: list) -> list:
    """The parameters, with gradients that somebody has summed up in them."""
    found = [parameter.clone().requires_grad_() for parameter in parameters]
    for parameter in found:
        parameter.grad = torch.ones_like(parameter)
    return found


@probe
def by_euler(student, parameters: list, path: Tensor, ts: Tensor, grad_end: Tensor) -> list:
    """The gradients, and the points at which f was called."""
    parameters, calls = leaves(parameters), []
    first, gradients = student.euler_adjoint(field(parameters, calls), parameters, path, ts, grad_end)
    return [first, list(gradients), calls]


@probe
def by_adjoint(student, parameters: list, x_end: Tensor, ts: Tensor, grad_end: Tensor) -> list:
    """The gradients, and how often f was called."""
    parameters, calls = leaves(parameters), []
    first, gradients = student.adjoint_gradients(field(parameters, calls), parameters, x_end, ts, grad_end)
    return [first, list(gradients), len(calls)]


def normal(rng: torch.Generator, *shape: int) -> Tensor:
    return torch.randn(shape, generator=rng, dtype=torch.float64)


def case(rng: torch.Generator, n: int) -> tuple[list, Tensor, Tensor, Tensor]:
    """Parameters, a start (4, 3), times of n unequal steps that do not start at 0, and dL/dx at the end."""
    s = torch.linspace(0, 1, n + 1, dtype=torch.float64)
    parameters = [0.8 * normal(rng, 3, 3), normal(rng, 3), normal(rng)]
    return parameters, normal(rng, 4, 3), 0.3 + 1.2 * (s + 0.2 * s * (1 - s)), normal(rng, 4, 3)


def velocity(parameters: list, x: Tensor, t: Tensor) -> Tensor:
    W, b, u = parameters
    return torch.tanh(x @ W + b + u * t) - x / 3


def euler(parameters: list, x0: Tensor, ts: Tensor) -> Tensor:
    path = [x0]
    for t, later in zip(ts, ts[1:], strict=False):
        path.append(path[-1] + (later - t) * velocity(parameters, path[-1], t))
    return torch.stack(path)


def through_steps(parameters: list, path: Tensor, ts: Tensor, a: Tensor) -> tuple[Tensor, list[Tensor]]:
    """Autograd through one Euler step after the other, each at its stored state."""
    parameters = [parameter.clone().requires_grad_() for parameter in parameters]
    totals = [torch.zeros_like(parameter) for parameter in parameters]
    for k in reversed(range(len(ts) - 1)):
        x = path[k].clone().requires_grad_()
        after = x + (ts[k + 1] - ts[k]) * velocity(parameters, x, ts[k])
        a, *more = torch.autograd.grad(after, (x, *parameters), a)
        totals = [total + part for total, part in zip(totals, more, strict=True)]
    return a, totals


def through_a_fine_solver(parameters: list, x0: Tensor, ts: Tensor, grad_end: Tensor) -> tuple[Tensor, list[Tensor]]:
    """x(ts[-1]), and the gradients by backpropagation through 120 classical Runge-Kutta steps."""
    parameters = [parameter.clone().requires_grad_() for parameter in parameters]
    start = x0.clone().requires_grad_()
    x, n = start, 120
    h = (ts[-1] - ts[0]) / n
    for k in range(n):
        t = ts[0] + k * h
        k1 = velocity(parameters, x, t)
        k2 = velocity(parameters, x + h / 2 * k1, t + h / 2)
        k3 = velocity(parameters, x + h / 2 * k2, t + h / 2)
        x = x + h / 6 * (k1 + 2 * k2 + 2 * k3 + velocity(parameters, x + h * k3, t + h))
    gradients = torch.autograd.grad(x, (start, *parameters), grad_end)
    return x.detach(), list(gradients)


def unpacked(answer: object, shape: tuple[int, ...] = (4, 3)) -> tuple[Tensor, list[Tensor], object]:
    first, gradients, calls = sequence(answer, 3, "the result")
    gradients = sequence(gradients, 3, "the gradients of the parameters")
    shapes = ((3, 3), (3,), ())
    return (
        tensor(first, shape, "the gradient with respect to the state"),
        [tensor(g, s, "the gradient of a parameter") for g, s in zip(gradients, shapes, strict=True)],
        calls,
    )


def off(answer: Tensor, truth: Tensor) -> float:
    return ((answer - truth).abs().max() / (1 + truth.abs().max())).item()


def euler_case(grade: Grade, n: int, falls: bool) -> tuple:
    parameters, x0, ts, grad_end = case(grade.rng, n)
    ts = ts.flip(0) if falls else ts
    path = euler(parameters, x0, ts)
    found = unpacked(grade.submission(by_euler, parameters, path, ts, grad_end))
    return found, through_steps(parameters, path, ts, grad_end)


@points("1/5")
@hint("One Euler step is x + h f(x, t). What does its Jacobian, transposed, make of dL/dx after the step?")
def test_euler_by_state(grade: Grade) -> None:
    """`euler_adjoint` gives dL/dx(ts[0]) as backpropagation does, to rounding."""
    for n, falls in ((7, False), (1, False), (5, True)):
        (first, _, _), (truth, _) = euler_case(grade, n, falls)
        assert off(first, truth) < 1e-8, "the gradient with respect to the first state is not that of backpropagation"
    parameters, x0, ts, grad_end = case(grade.rng, 4)
    path = euler(parameters, x0[0], ts)
    first, _, _ = unpacked(grade.submission(by_euler, parameters, path, ts, grad_end[0]), (3,))
    truth, _ = through_steps(parameters, path, ts, grad_end[0])
    assert off(first, truth) < 1e-8, "the gradient is not right for a state of shape (D,)"


@points("1/5")
@hint("The gradient of the parameters uses dL/dx after the step, and is a sum over all steps, each with its length.")
def test_euler_by_parameters(grade: Grade) -> None:
    """`euler_adjoint` gives the gradient of every parameter as backpropagation does, to rounding."""
    for n, falls in ((7, False), (1, False), (5, True)):
        (_, gradients, _), (_, truths) = euler_case(grade, n, falls)
        for gradient, truth in zip(gradients, truths, strict=True):
            assert off(gradient, truth) < 1e-8, "the gradient of a parameter is not that of backpropagation"


@points("1/10")
@hint("The path is given: look the states up. Solving again, in either direction, gives others.")
def test_stored_states(grade: Grade) -> None:
    """`euler_adjoint` works at the stored states, with one call of f at each but the last."""
    parameters, x0, ts, grad_end = case(grade.rng, 6)
    path = (euler(parameters, x0, ts) * 8).round() / 8  # kept with few digits
    first, gradients, calls = unpacked(grade.submission(by_euler, parameters, path, ts, grad_end))
    truth, truths = through_steps(parameters, path, ts, grad_end)
    for one, other in zip((first, *gradients), (truth, *truths), strict=True):
        assert off(one, other) < 1e-8, "the gradients are not those at the stored states"
    calls = [tensor(x, (4, 3), "a state that f is called with") for x in sequence(calls, None, "the calls of f")]
    assert len(calls) == 6, "f should be called once at each stored state but the last"
    asked = torch.stack(calls).flatten(1)
    apart = torch.cdist(path[:-1].flatten(1), asked).min(1).values
    assert apart.max() < 1e-9, "f should be called at each stored state but the last"


def solved_cases(rng: torch.Generator) -> list[tuple]:
    """Two cases of 12 steps, each with the state at the end and the true gradients."""
    cases = [case(rng, 12) for _ in range(2)]
    return [(*each, *through_a_fine_solver(*each)) for each in cases]


def continuous(grade: Grade, part: int, each: tuple) -> None:
    """Near the truth at 6 steps, and with an error of order 4; part 0 is the state's gradient, part 1 the others."""
    parameters, _, ts, grad_end, x_end, (truth, *truths) = each
    errors = []
    for times in (ts[::2], ts):
        found = unpacked(grade.submission(by_adjoint, parameters, x_end, times, grad_end))
        pairs = zip(found[1], truths, strict=True) if part else [(found[0], truth)]
        errors.append(max(off(one, other) for one, other in pairs))
    assert errors[0] < 2e-3, f"the gradient of {('the state', 'a parameter')[part]} is not right"
    # Two errors of opposite sign may nearly cancel on the coarse grid: then the fine one only has to be tiny.
    falls = math.log2(max(errors[0], 1e-15) / max(errors[1], 1e-15)) > 3
    assert falls or errors[1] < 1e-6, "the error does not fall with order 4: is every part solved by rk4 in one go?"


@points("1/5")
@hint("da/dt = -a^T df/dx, from ts[-1] back to ts[0], while x itself goes back along the ODE.")
def test_continuous_by_state(grade: Grade) -> None:
    """`adjoint_gradients` gives dL/dx(ts[0]), with an error of order 4."""
    for each in grade.prepared(solved_cases):
        continuous(grade, 0, each)
    parameters, _, ts, grad_end, x_end, (truth, *_) = grade.prepared(solved_cases)[0]
    answer = grade.submission(by_adjoint, parameters, x_end[0], ts, grad_end[0])  # rows do not meet in f
    assert off(unpacked(answer, (3,))[0], truth[0]) < 1e-3, "the gradient is not right for a state of shape (D,)"


@points("1/5")
@hint("The gradient of the parameters is the integral of a^T df/dparameter from ts[0] to ts[-1]: mind its sign.")
def test_continuous_by_parameters(grade: Grade) -> None:
    """`adjoint_gradients` gives the gradient of every parameter, with an error of order 4."""
    for each in grade.prepared(solved_cases):
        continuous(grade, 1, each)


@points("1/10")
@hint("Solve one ODE for all parts together: each of its four slopes needs f once and one vector-Jacobian product.")
def test_calls(grade: Grade) -> None:
    """`adjoint_gradients` calls f four times in a step, and never solves forwards."""
    parameters, _, ts, grad_end, x_end, (truth, *_) = grade.prepared(solved_cases)[0]
    first, _, calls = unpacked(grade.submission(by_adjoint, parameters, x_end, ts, grad_end))
    assert off(first, truth) < 1e-3, "the gradient of the state is not right"
    assert tensor(calls, (), "the number of calls of f") == 4 * 12, "f should be called four times in each step"
