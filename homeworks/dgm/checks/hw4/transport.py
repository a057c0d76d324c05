"""Public checks of `transport`."""

import torch
from dgm.checking import public_check
from dgm.transport import solve_transport


@public_check("a shift costs its length")
def shift(student):
    x = torch.randn(6)
    for t in (0.7, -2.5):
        value = float(student.wasserstein_1d(x, (x + t).flip(0)))
        assert abs(value - abs(t)) < 1e-4, f"moved by {t}, in another order: the distance is {abs(t)}, not {value:.3f}"


@public_check("samples of different size")
def sizes(student):
    value = float(student.wasserstein_1d(torch.tensor([0.0, 1.0]), torch.tensor([0.0, 0.0, 3.0])))
    assert abs(value - 5 / 6) < 1e-4, f"[0, 1] and [0, 0, 3]: 1/6 moves by 1 and 1/3 by 2, in all 5/6, not {value:.3f}"


@public_check("the distance can be differentiated")
def slope(student):
    x = torch.tensor([0.0, 1.0], requires_grad=True)
    (gradient,) = torch.autograd.grad(student.wasserstein_1d(x, torch.tensor([5.0, 6.0])), x)
    assert torch.allclose(gradient, torch.full((2,), -0.5), atol=1e-5), "moving a point towards y saves its mass, 1/2"


@public_check("the cost of a plan")
def cost(student):
    p, q = torch.tensor([0.5, 0.5]), torch.tensor([0.25, 0.75])
    plan, price = torch.tensor([[0.25, 0.25], [0.0, 0.5]]), torch.tensor([[1.0, 2.0], [3.0, 4.0]])
    assert abs(float(student.transport_cost(plan, p, q, price)) - 2.75) < 1e-5, "mass times price, summed"


@public_check("what is no plan is refused")
def refused(student):
    p, q, price = torch.tensor([0.5, 0.5]), torch.tensor([0.25, 0.75]), torch.ones(2, 2)
    for plan, what in (
        ([[0.5, 0.0], [0.0, 0.5]], "more arrives at the first point than should"),
        ([[0.25, 0.35], [0.0, 0.4]], "more leaves the first point than lies there"),
        ([[0.35, 0.15], [-0.1, 0.6]], "negative mass moves"),
    ):
        try:
            student.transport_cost(torch.tensor(plan), p, q, price)
        except ValueError:
            continue
        raise AssertionError(f"{what}, and there is no ValueError")


def problem(empty):
    x, y = torch.randn(5, 2, dtype=torch.float64), torch.randn(4, 2, dtype=torch.float64) + 1
    p, q = torch.rand(5, dtype=torch.float64), torch.rand(4, dtype=torch.float64)
    q[:empty] = 0
    p, q = p / p.sum(), q / q.sum()
    price = torch.linalg.vector_norm(x[:, None] - y, dim=-1)
    plan, _, v = solve_transport(p, q, price)
    v[:empty] = 3.0  # means nothing
    return x, y, p, q, v, float((plan * price).sum())


def judge(student, empty, where):
    x, y, p, q, v, distance = problem(empty)
    points = torch.cat([x, y, 3 * torch.randn(20, 2, dtype=torch.float64)])
    f = student.kantorovich_potential(points, y, v, q)
    assert tuple(f.shape) == (29,), f"one number per point: shape (29,), got {tuple(f.shape)}"
    steepest = float(((f[:, None] - f).abs() - torch.linalg.vector_norm(points[:, None] - points, dim=-1)).max())
    assert steepest < 1e-6, f"the potential is steeper than 1 somewhere {where}"
    reached = float(p @ f[:5] - q @ f[5:9])
    assert abs(reached - distance) < 1e-6, f"E_p f - E_q f is {reached:.4f}, the distance {distance:.4f} {where}"


@public_check("the potential is 1-Lipschitz and reaches the distance")
def potential(student):
    judge(student, 0, "where every point has mass")


@public_check("also where a point has no mass")
def without_mass(student):
    judge(student, 1, "where a point has no mass: its v means nothing")
