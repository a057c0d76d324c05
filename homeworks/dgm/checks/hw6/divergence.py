"""Public checks of `divergence`."""

import torch
from dgm.checking import public_check

X = torch.tensor([[1.0, 2.0], [0.5, -1.0], [3.0, 0.0]], dtype=torch.float64)


def swirl(x):
    """(x^2 y, x + y^3): the divergence is 2 x y + 3 y^2."""
    return torch.stack([x[:, 0] ** 2 * x[:, 1], x[:, 0] + x[:, 1] ** 3], 1)


@public_check("a field whose divergence can be worked out: 2xy + 3y^2")
def exact(student):
    found = student.divergence(swirl, X.clone())
    assert tuple(found.shape) == (3,), "one number for each point: (3,)"
    truth = 2 * X[:, 0] * X[:, 1] + 3 * X[:, 1] ** 2
    assert torch.allclose(found.detach(), truth), "only df_i/dx_i counts, and each point has its own"


@public_check("the estimate: eps^T J eps, with J = ((2xy, x^2), (1, 3y^2))")
def estimate(student):
    eps = torch.tensor([[1.0, -1.0], [2.0, 0.5], [0.0, 1.0]], dtype=torch.float64)
    found = student.divergence(swirl, X.clone(), eps).detach()
    x, y, (a, b) = X[:, 0], X[:, 1], eps.T
    truth = a * a * 2 * x * y + a * b * (x**2 + 1) + b * b * 3 * y**2
    assert torch.allclose(found, truth), "the estimate should be eps^T J eps, row by row, with the given eps"


@public_check("it can be trained through, and it works without gradients")
def graph(student):
    k = torch.tensor(2.0, dtype=torch.float64, requires_grad=True)
    for eps in (None, torch.ones_like(X)):
        found = student.divergence(lambda x: k * x**2, X.clone(), eps)
        (slope,) = torch.autograd.grad(found.sum(), k)
        assert abs(slope - 2 * X.sum()) < 1e-9, "the result should keep its graph: create_graph=True"
    with torch.no_grad():
        found = student.divergence(swirl, X.clone())
    truth = 2 * X[:, 0] * X[:, 1] + 3 * X[:, 1] ** 2
    assert torch.allclose(found, truth), "under torch.no_grad() gradients have to be switched on inside"
