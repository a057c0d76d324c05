"""Optimal transport between two finite distributions, solved as a linear programme.

Source  Villani (2009), "Optimal transport: old and new", Theorem 5.10, for the dual problem.
"""

import numpy as np
import torch
from torch import Tensor


def solve_transport(p: Tensor, q: Tensor, cost: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """An optimal plan and an optimal solution of the dual problem: (plan (n, m), u (n,), v (m,)), float64.

    p (n,) and q (m,) are non-negative masses with the same sum, cost (n, m) is the price of moving one unit of mass.
    The plan is the cheapest one. u and v maximise sum(p u) + sum(q v) under u_i + v_j <= cost_ij for all i and j that
    have mass, and this maximum is the plan's cost. Where p_i = 0 or q_j = 0 the dual variable has no meaning; it is 0
    there. Raises ValueError when shapes do not fit, a mass is negative, or the sums differ by more than 1e-6.
    """
    from scipy.optimize import linprog
    from scipy.sparse import eye_array, kron, vstack

    give, take, price = (tensor.detach().double().cpu().numpy() for tensor in (p, q, cost))
    if price.shape != (len(give), len(take)):
        raise ValueError(f"cost must have shape {(len(give), len(take))}, got {price.shape}")
    if min(give.min(), take.min()) < 0 or abs(give.sum() - take.sum()) > 1e-6:
        raise ValueError(f"p and q must be non-negative with equal sums, got sums {give.sum()} and {take.sum()}")
    rows, columns = np.flatnonzero(give), np.flatnonzero(take)
    n, m = len(rows), len(columns)
    leaves, arrives = kron(eye_array(n), np.ones((1, m))), kron(np.ones((1, n)), eye_array(m))
    # The masses are made to agree to the last bit, or there would be no plan at all.
    masses = np.concatenate([give[rows] / give.sum(), take[columns] / take.sum()])
    solution = linprog(price[np.ix_(rows, columns)].ravel(), A_eq=vstack([leaves, arrives]), b_eq=masses)
    plan, u, v = np.zeros_like(price), np.zeros_like(give), np.zeros_like(take)
    plan[np.ix_(rows, columns)] = solution.x.reshape(n, m) * give.sum()
    u[rows], v[columns] = np.split(solution.eqlin.marginals, [n])
    return torch.from_numpy(plan), torch.from_numpy(u), torch.from_numpy(v)
