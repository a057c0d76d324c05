"""The Wasserstein distance: on the line, as the cost of a plan, and as the value of a potential.

Source  Villani (2009), "Optimal transport: old and new": Definition 6.1 for the distance, Theorem 5.10 and
        Remark 6.5 (Kantorovich-Rubinstein) for potentials; Arjovsky, Chintala & Bottou (2017), arXiv:1701.07875,
        Eqs. (1)-(2).
Shapes  n and m points, d dimensions.
Units   those of the distance between two points.
"""

import torch
from torch import Tensor


def wasserstein_1d(x: Tensor, y: Tensor) -> Tensor:
    """The Wasserstein-1 distance between two samples of numbers: (), the least mean distance that mass has to move.

    x (n,) and y (m,) need not be sorted, nor of the same size: every point carries mass 1/n or 1/m. The result can be
    differentiated with respect to x and y.
    """
    points, order = torch.cat([x, y]).sort()
    of_x = (order < len(x)).to(points.dtype)
    share_x, share_y = of_x.cumsum(0) / len(x), (1 - of_x).cumsum(0) / len(y)
    return ((share_x - share_y)[:-1].abs() * points.diff()).sum()  # the area between the distribution functions


def transport_cost(plan: Tensor, p: Tensor, q: Tensor, cost: Tensor) -> Tensor:
    """The cost of a transport plan from p to q: (), the sum of plan * cost.

    plan (n, m) says how much mass goes from point i to point j, p (n,) and q (m,) are the masses that lie there and
    that shall arrive, cost (n, m) is the price per mass. Raises ValueError when it is no plan from p to q: an entry
    below -1e-6, or what leaves some i or arrives at some j is off by more than 1e-6.
    """
    if plan.min() < -1e-6:
        raise ValueError(f"a plan moves no negative mass, got {plan.min().item()}")
    for name, total, mass in (("p", plan.sum(1), p), ("q", plan.sum(0), q)):
        if (total - mass).abs().max() > 1e-6:
            raise ValueError(f"the plan misses {name} by up to {(total - mass).abs().max().item()}")
    return (plan * cost).sum()


def kantorovich_potential(x: Tensor, y: Tensor, v: Tensor, q: Tensor) -> Tensor:
    """A potential f at any points x (M, d), from an optimal solution of the dual transport problem: (M,).

    The problem is transport from masses p at some points to masses q (m,) at y (m, d), at a cost equal to the
    Euclidean distance; v (m,) is the dual variable of what arrives at y_j. Where q_j = 0, v_j is a number without a
    meaning. f(x) is the least of |x - y_j| - v_j over the points that have mass. So f is 1-Lipschitz on the whole
    space, f(y_j) = -v_j where q_j > 0, and E_p[f] - E_q[f] is the Wasserstein-1 distance.
    """
    has_mass = q > 0
    return (torch.linalg.vector_norm(x[:, None] - y[has_mass], dim=-1) - v[has_mass]).min(1).values
