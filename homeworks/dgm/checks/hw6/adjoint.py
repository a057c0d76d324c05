"""Public checks of `adjoint`."""

import torch
from dgm.checking import public_check


def rotating(rate):
    """dx/dt = rate (turn x), a rotation; the solver is not needed to know where it leads."""
    turn = torch.tensor([[0.0, -1.0], [1.0, 0.0]], dtype=torch.float64)
    return lambda x, t: rate * (x @ turn.T)


def euler_path(f, x0, ts):
    path = [x0]
    for k in range(len(ts) - 1):
        path.append(path[-1] + (ts[k + 1] - ts[k]) * f(path[-1], ts[k]))
    return torch.stack(path, 0)


def case():
    ts = torch.tensor([0.0, 0.2, 0.5, 0.9], dtype=torch.float64)
    x0 = torch.tensor([[1.0, 0.0], [0.3, -0.8]], dtype=torch.float64)
    return torch.tensor(1.3, dtype=torch.float64, requires_grad=True), x0, ts, torch.ones_like(x0)


@public_check("Euler's adjoint is what backpropagation through three Euler steps gives")
def euler(student):
    rate, x0, ts, grad_end = case()
    first = x0.clone().requires_grad_()
    path = euler_path(rotating(rate), first, ts)
    by_start, by_rate = torch.autograd.grad((path[-1] * grad_end).sum(), (first, rate))
    found, gradients = student.euler_adjoint(rotating(rate), [rate], path.detach(), ts, grad_end)
    assert torch.allclose(found, by_start), "dL/dx(ts[0]) is wrong: think of one Euler step, backwards"
    assert len(gradients) == 1 and gradients[0].shape == (), "one gradient for each parameter, of its shape"
    assert torch.allclose(gradients[0], by_rate), "dL/dparameter is wrong: which adjoint, which state, which h?"


@public_check("a rotation: the adjoint turns with it, and the gradient by its speed is an angle times a lever")
def continuous(student):
    rate, x0, _, grad_end = case()
    ts = torch.linspace(0, 0.9, 31, dtype=torch.float64)
    angle = (rate.detach() * 0.9).item()
    turn = torch.linalg.matrix_exp(angle * torch.tensor([[0.0, -1.0], [1.0, 0.0]], dtype=torch.float64))
    x_end = x0 @ turn.T
    first, (by_rate,) = student.adjoint_gradients(rotating(rate), [rate], x_end, ts, grad_end)
    assert torch.allclose(first, grad_end @ turn, atol=1e-5), "dL/dx(ts[0]) is wrong: check the sign of da/dt"
    lever = torch.stack([-x_end[:, 1], x_end[:, 0]], 1)
    truth = 0.9 * (grad_end * lever).sum()
    assert abs(by_rate - truth) < 1e-4, "dL/dparameter is wrong: which way round is the integral taken?"


@public_check("nothing of this leaves gradients behind")
def clean(student):
    rate, x0, ts, grad_end = case()
    path = euler_path(rotating(rate), x0, ts).detach()
    student.euler_adjoint(rotating(rate), [rate], path, ts, grad_end)
    student.adjoint_gradients(rotating(rate), [rate], path[-1], ts, grad_end)
    assert rate.grad is None, "use torch.autograd.grad: `backward()` leaves gradients in the parameters"
