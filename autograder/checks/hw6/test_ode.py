"""Hidden checks of hw6/ode: Euler's method, the midpoint rule and the classical Runge-Kutta method.

Oracle   The textbook formulas of one step, composed here for a field of state and time with random coefficients; a
         Bernoulli equation, whose solution is a quadrature (Simpson, 1e-13), and the order with which its errors fall;
         finite differences of the composed formulas for gradients.
Error    The oracles agree with the reference to 1e-12, gradients to 1e-8; 1e-6 is allowed, 1e-5 for gradients.
Cost     0.1 s.
Rejects  every mistake in ode.mistakes.md.
"""

import math
from collections.abc import Callable

import torch
from torch import Tensor

from autograder.checking import Grade, hint, points, probe, sequence, tensor

PROMISES = {
    "odeint": {
        "The solution of dx/dt = f(x, t), x(ts[0]) = x0, at all times ts (n + 1,): (n + 1, *x0.shape).": "order, steps",
        "takes a state of the shape of x0 and a time, a tensor of shape (), to the velocity": "steps",
        "one step of the method": "order, steps",
        '"euler", the explicit "midpoint" rule, or "rk4", the classical Runge-Kutta method of order 4': "order, steps",
        'method: str = "rk4"': "arguments",
        "The times may rise or fall and need not be equally far apart.": "steps",
        "Entry 0 of the result is x0.": "arguments",
        "can be differentiated with respect to x0 and to whatever f depends on": "gradient",
        "Raises ValueError for another method.": "arguments",
    }
}

METHODS = {"euler": 1, "midpoint": 2, "rk4": 4}


@probe
def bent(a: float, b: float, c: float) -> object:
    """A field of state and time."""
    return lambda x, t: a * torch.sin(b * x + t) + c * t * x


@probe
def bernoulli() -> object:
    return lambda x, t: x * torch.cos(t) - x**2 * torch.sin(t)


@probe
def solved(student, coefficients: list, x0: Tensor, ts: Tensor, options: dict) -> Tensor:
    return student.odeint(bent(*coefficients), x0, ts, **options)


@probe
def solved_bernoulli(student, x0: Tensor, ts: Tensor, method: str) -> Tensor:
    return student.odeint(bernoulli(), x0, ts, method)


@probe
def pulled_back(student, coefficients: list, x0: Tensor, ts: Tensor, method: str, cotangent: Tensor) -> list:
    """The gradients of (path * cotangent).sum() with respect to x0 and to the first coefficient."""
    x0, a = x0.requires_grad_(), torch.tensor(coefficients[0], dtype=torch.float64, requires_grad=True)
    path = student.odeint(bent(a, *coefficients[1:]), x0, ts, method)
    return list(torch.autograd.grad((path * cotangent).sum(), (x0, a)))


@probe
def solved_by_shape(student, x0: Tensor, ts: Tensor, method: str) -> Tensor:
    """A field that is the number of axes of its time, and of its state where that is not as it was."""
    return student.odeint(lambda x, t: torch.ones_like(x) * t.dim() + x.dim() - x0.dim(), x0, ts, method)


@probe
def pulled_back_powers(student, x0: Tensor, ts: Tensor, method: str, cotangent: Tensor) -> Tensor:
    """The same for dx/dt = sin x, whose gradient needs the states themselves."""
    x0 = x0.requires_grad_()
    return torch.autograd.grad((student.odeint(lambda x, t: torch.sin(x), x0, ts, method) * cotangent).sum(), x0)[0]


@probe
def refusal(student, x0: Tensor, ts: Tensor, method: str) -> str:
    """What is raised for a method that does not exist."""
    try:
        student.odeint(bent(1.0, 1.0, 1.0), x0, ts, method)
    except Exception as raised:
        return type(raised).__name__
    return "nothing"


def normal(rng: torch.Generator, *shape: int) -> Tensor:
    return torch.randn(shape, generator=rng, dtype=torch.float64)


def uniform(rng: torch.Generator, low: float, high: float) -> float:
    return low + (high - low) * torch.rand(1, generator=rng, dtype=torch.float64).item()


def case(rng: torch.Generator) -> tuple[list, Tensor, Tensor]:
    """Coefficients, a start of an odd shape, and times with steps between 0.1 and 0.4."""
    coefficients = [uniform(rng, 0.5, 1.5), uniform(rng, 0.6, 1.4), uniform(rng, 0.3, 0.8)]
    ts = uniform(rng, 0.2, 0.6) + (0.1 + 0.3 * torch.rand(5, generator=rng, dtype=torch.float64)).cumsum(0)
    return coefficients, normal(rng, 3, 1, 2), ts


def composed(coefficients: list, x0: Tensor, ts: Tensor, method: str) -> Tensor:
    """The textbook formulas for the field `bent`."""
    a, b, c = coefficients
    return composed_of(lambda x, t: a * torch.sin(b * x + t) + c * t * x, x0, ts, method)


def composed_of(f: Callable, x0: Tensor, ts: Tensor, method: str) -> Tensor:
    """The textbook formulas, step by step."""
    path, times = [x0], ts.tolist()
    for t, h in zip(times, (later - t for t, later in zip(times, times[1:], strict=False)), strict=False):
        x = path[-1]
        if method == "euler":
            path.append(x + h * f(x, t))
        elif method == "midpoint":
            path.append(x + h * f(x + h / 2 * f(x, t), t + h / 2))
        else:
            k = [f(x, t)]
            k.append(f(x + h / 2 * k[0], t + h / 2))
            k.append(f(x + h / 2 * k[1], t + h / 2))
            k.append(f(x + h * k[2], t + h))
            path.append(x + h * (k[0] / 6 + k[1] / 3 + k[2] / 3 + k[3] / 6))
    return torch.stack(path)


def bernoulli_solution(x0: Tensor, start: float, end: float) -> Tensor:
    """1/x solves a linear equation: d(1/x)/dt = sin t - cos t / x. Its integral by Simpson's rule."""
    s = torch.linspace(start, end, 4001, dtype=torch.float64)
    weights = torch.ones(4001, dtype=torch.float64)
    weights[1:-1:2], weights[2:-1:2] = 4, 2
    integral = (weights * s.sin().exp() * s.sin()).sum() * (s[1] - s[0]) / 3
    return math.exp(math.sin(end)) / (math.exp(math.sin(start)) / x0 + integral)


@points("2/5")
@hint("Write the slopes of a step on paper: which state, which time, and which weight has each?")
def test_order(grade: Grade) -> None:
    """The errors against an exact solution fall with order 1, 2 and 4."""
    x0 = 0.4 + torch.rand(4, generator=grade.rng, dtype=torch.float64)
    start, end = uniform(grade.rng, 0.1, 0.4), uniform(grade.rng, 1.3, 1.6)
    truth = bernoulli_solution(x0, start, end)
    s = torch.linspace(0, 1, 81, dtype=torch.float64)
    for method, order in METHODS.items():
        errors = []
        for stride in (2, 1):
            ts = start + (end - start) * (s + 0.2 * s * (1 - s))[::stride]
            answer = grade.submission(solved_bernoulli, x0, ts, method)
            path = tensor(answer, (len(ts), 4), f"the path of {method}")
            errors.append((path[-1] - truth).abs().max().item())
        assert errors[1] < {1: 0.05, 2: 1e-3, 4: 1e-6}[order], f"{method} does not come near the exact solution"
        assert errors[1] > 0, f"{method} is more exact than it can be"
        measured = math.log2(errors[0] / errors[1])
        assert abs(measured - order) < 0.3, f"the error of {method} does not fall with order {order}"


@points("1/4")
@hint("A step goes from ts[k] to ts[k + 1], and its length is their difference, with its sign. Does every slope see t?")
def test_steps(grade: Grade) -> None:
    """Every step is that of the method, for unequal and for falling times, for states of any shape."""
    for method in METHODS:
        coefficients, x0, ts = case(grade.rng)
        for times, way in ((ts, "rise"), (ts.flip(0), "fall"), (ts[[0, 2, 1, 4]], "rise and fall")):
            answer = grade.submission(solved, coefficients, x0, times, {"method": method})
            path = tensor(answer, (len(times), 3, 1, 2), f"the path of {method}")
            error = (path - composed(coefficients, x0, times, method)).abs().max()
            assert error < 1e-6, f"{method} is not right for times that {way}"
        still = tensor(grade.submission(solved_by_shape, x0, ts, method), (len(ts), 3, 1, 2), f"the path of {method}")
        assert (still - x0).abs().max() < 1e-9, "f should be given a time of the shape ()"


@points("1/5")
@hint("Only operations that autograd can follow: nothing detached, nothing written into a tensor in place.")
def test_gradient(grade: Grade) -> None:
    """Backpropagation goes through the solver, to the start and to what the field depends on."""
    step = 1e-5
    for method in METHODS:
        coefficients, x0, ts = case(grade.rng)
        cotangent, direction = normal(grade.rng, len(ts), 3, 1, 2), normal(grade.rng, 3, 1, 2)
        found = sequence(grade.submission(pulled_back, coefficients, x0, ts, method, cotangent), 2, "the gradients")
        by_x0 = (tensor(found[0], (3, 1, 2), "the gradient by x0") * direction).sum()
        by_a = tensor(found[1], (), "the gradient by a parameter of f")

        def value(x: Tensor, a: float, method=method, rest=coefficients[1:], ts=ts, cotangent=cotangent) -> Tensor:
            return (composed([a, *rest], x, ts, method) * cotangent).sum()

        a = coefficients[0]
        true_x0 = (value(x0 + step * direction, a) - value(x0 - step * direction, a)) / (2 * step)
        true_a = (value(x0, a + step) - value(x0, a - step)) / (2 * step)
        assert abs(by_x0 - true_x0) < 1e-5 * (1 + abs(true_x0)), (
            f"the gradient with respect to x0 is wrong for {method}"
        )
        assert abs(by_a - true_a) < 1e-5 * (1 + abs(true_a)), f"the gradient with respect to f is wrong for {method}"
        answer = grade.submission(pulled_back_powers, x0, ts, method, cotangent)
        by_x0 = (tensor(answer, (3, 1, 2), "the gradient by x0") * direction).sum()
        up, down = (
            (composed_of(lambda x, t: torch.sin(x), x0 + h * direction, ts, method) * cotangent).sum()
            for h in (step, -step)
        )
        true = (up - down) / (2 * step)
        assert abs(by_x0 - true) < 1e-5 * (1 + abs(true)), f"the gradient with respect to x0 is wrong for {method}"


@points("3/20")
@hint("Entry 0 of the result is x0; without a method it is rk4; an unknown method raises ValueError.")
def test_arguments(grade: Grade) -> None:
    """Entry 0 is x0, a single time is enough, the default is rk4, and a method that does not exist is refused."""
    coefficients, x0, ts = case(grade.rng)
    path = tensor(grade.submission(solved, coefficients, x0, ts, {}), (len(ts), 3, 1, 2), "the path")
    assert torch.equal(path[0], x0), "entry 0 of the result is not x0"
    assert (path - composed(coefficients, x0, ts, "rk4")).abs().max() < 1e-6, "the default method is not rk4"
    alone = tensor(grade.submission(solved, coefficients, x0, ts[:1], {}), (1, 3, 1, 2), "the path of a single time")
    assert torch.equal(alone[0], x0), "with a single time the result is x0 alone"
    for name in ("leapfrog", "rk", "", "RK4", " euler"):
        for some in (ts, ts[:1]):
            raised = grade.submission(refusal, x0, some, name)
            assert raised == "ValueError", "a method that does not exist should raise ValueError"
