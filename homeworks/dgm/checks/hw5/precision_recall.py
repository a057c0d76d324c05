"""Public checks of `precision_recall`."""

import torch
from dgm.checking import public_check


@public_check("balls on a line")
def line(student):
    real, fake = torch.tensor([[0.0], [1.0], [5.0]]), torch.tensor([[0.5], [2.5], [-0.5], [20.0]])
    precision, recall = student.precision_recall(real, fake, 1)
    # Balls of the real set: [-1, 1], [0, 2], [1, 9].
    assert abs(float(precision) - 0.75) < 1e-6, "0.5, 2.5 and -0.5 lie in a ball of the real set, 20 does not"
    # Balls of the generated set: [-0.5, 1.5], [0.5, 4.5], [-1.5, 0.5], [2.5, 37.5].
    assert abs(float(recall) - 1) < 1e-6, "every real point lies in a ball of the generated set"


@public_check("too few modes, and too many")
def modes(student):
    torch.manual_seed(0)
    left, right = torch.randn(40, 2), torch.randn(40, 2) + 30
    precision, recall = student.precision_recall(torch.cat([left, right]), torch.randn(40, 2), 3)
    assert precision > 0.8 and 0.3 < recall < 0.6, "one of two modes: high precision, half of the recall"
    precision, recall = student.precision_recall(left, torch.cat([torch.randn(40, 2), right]), 3)
    assert 0.3 < precision < 0.6 and recall > 0.8, "a mode too many: half of the precision, high recall"


@public_check("a point does not count as its own neighbour, and edges belong to the balls")
def edges(student):
    real, fake = torch.tensor([[0.0], [4.0]]), torch.tensor([[-4.0], [9.0], [1.0]])
    precision, _ = student.precision_recall(real, fake, 1)
    assert abs(float(precision) - 2 / 3) < 1e-6, "-4 lies on the edge of a ball, 9 outside, 1 inside"


@public_check("truncated numbers: the middle, the ends, the order")
def truncated(student):
    u = torch.tensor([1e-4, 0.25, 0.5, 0.75, 1 - 1e-4], dtype=torch.float64)
    z = student.truncated_normal(u, 1.5)
    assert tuple(z.shape) == (5,) and bool((z.diff() > 0).all()), "z should increase with u"
    assert abs(z[2]) < 1e-6 and abs(z[1] + z[3]) < 1e-6, "the law is symmetric"
    assert 1.49 < z[4] < 1.5, "close to u = 1 z should be close to psi, and below it"
    assert abs(student.truncated_normal(u[1:2], 8.0).item() + 0.6745) < 1e-3, "for a large psi: the normal quantile"


@public_check("truncation is not clamping, nor scaling")
def spread(student):
    u = (torch.arange(10_000, dtype=torch.float64) + 0.5) / 10_000
    variance = student.truncated_normal(u, 1.0).var()
    assert abs(variance - 0.2911) < 2e-3, "at psi = 1 the variance should be 0.291"


@public_check("psi must be positive; styles move towards their mean")
def styles(student):
    try:
        student.truncated_normal(torch.tensor([0.5]), 0.0)
    except ValueError:
        pass
    else:
        raise AssertionError("truncated_normal should raise a ValueError for psi = 0")
    found = student.truncate_style(torch.tensor([[3.0, -1.0]]), torch.tensor([1.0, 1.0]), 0.5)
    assert torch.allclose(found, torch.tensor([[2.0, 0.0]])), "half of the way to the mean is left at psi = 0.5"
