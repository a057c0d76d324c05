"""Public checks of `ode`."""

import math

import torch
from dgm.checking import public_check

TS = torch.tensor([0.0, 0.3, 0.5, 1.0], dtype=torch.float64)


def solve(student, f, x0, ts, *method):
    path = student.odeint(f, x0, ts, *method)
    shape = (len(ts), *x0.shape)
    assert isinstance(path, torch.Tensor) and tuple(path.shape) == shape, f"the path should have shape {shape}"
    return path


@public_check("a constant velocity leads straight on, for every method and every step")
def straight(student):
    x0 = torch.tensor([[1.0, -2.0]], dtype=torch.float64)
    for method in ("euler", "midpoint", "rk4"):
        path = solve(student, lambda x, t: torch.full_like(x, 3.0), x0, TS, method)
        assert torch.equal(path[0], x0), "entry 0 should be x0"
        truth = x0 + 3 * TS[:, None, None]
        assert torch.allclose(path, truth), f"{method}: is each step as long as the gap between its two times?"


@public_check("a velocity that only depends on t: rk4 integrates t^3 exactly, midpoint t, Euler neither")
def clock(student):
    zero = torch.zeros((), dtype=torch.float64)
    for method, power in (("midpoint", 1), ("rk4", 3)):
        end = solve(student, lambda x, t, p=power: t**p + 0 * x, zero, TS, method)[-1]
        assert abs(end - 1 / (power + 1)) < 1e-9, f"{method}: at which time does each slope look?"
    end = solve(student, lambda x, t: t + 0 * x, zero, TS, "euler")[-1]
    assert abs(end - 0.31) < 1e-9, "euler: the slope is that at the start of a step"


@public_check("growth: the errors of 20 steps are of the size that each order promises")
def growth(student):
    ts = torch.linspace(0, 1, 21, dtype=torch.float64)
    one = torch.ones((), dtype=torch.float64)
    for method, low, high in (("euler", 1e-2, 0.2), ("midpoint", 1e-4, 5e-3), ("rk4", 1e-8, 1e-5)):
        error = abs(solve(student, lambda x, t: x, one, ts, method)[-1].item() - math.e)
        assert low < error < high, f"{method}: the error of 20 steps is {error:.1e}, not of the order of this method"


@public_check("there and back again")
def back(student):
    x0 = torch.tensor([0.4, 1.1], dtype=torch.float64)
    ts = torch.linspace(0.2, 1.2, 41, dtype=torch.float64)
    end = solve(student, lambda x, t: torch.sin(x) * t, x0, ts)[-1]
    again = solve(student, lambda x, t: torch.sin(x) * t, end, ts.flip(0))[-1]
    assert torch.allclose(again, x0, atol=1e-6), (
        "with falling times the solver should go back: are steps negative then?"
    )


@public_check("the end depends on the start as e does on 1, and autograd knows it")
def graph(student):
    x0 = torch.ones((), dtype=torch.float64, requires_grad=True)
    end = solve(student, lambda x, t: x, x0, torch.linspace(0, 1, 21, dtype=torch.float64))[-1]
    (slope,) = torch.autograd.grad(end, x0)
    assert abs(slope - math.e) < 1e-4, "the path should be differentiable with respect to x0: is something detached?"


@public_check("a method that does not exist raises ValueError")
def refused(student):
    try:
        student.odeint(lambda x, t: x, torch.ones(1), torch.tensor([0.0, 1.0]), "magic")
    except ValueError:
        return
    raise AssertionError("an unknown method should raise ValueError")
