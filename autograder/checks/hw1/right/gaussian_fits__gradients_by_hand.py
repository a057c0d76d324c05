"""Both gradients written by hand: averages of the score of q, under p and under q."""

import numpy as np


def kl_grid(log_p, log_q, dx):
    ratio = torch.nan_to_num(log_p - log_q, nan=0.0, posinf=np.inf, neginf=0.0)
    return torch.einsum("n,n->", log_p.exp(), ratio) * dx


def fit_gaussian(log_p, grid, direction, mean0, log_std0, steps=1000, learning_rate=0.05):
    if direction not in {"forward", "reverse"}:
        raise ValueError("direction must be forward or reverse")
    dx = grid[1] - grid[0]
    mean, log_std = mean0, log_std0
    for _ in range(steps):
        u = (grid - mean) / np.exp(log_std)
        log_q = -0.5 * u**2 - log_std - 0.5 * np.log(2 * np.pi)
        # The score of q is (u / std, u^2 - 1): KL(p || q) falls along its mean under p. In the reverse direction the
        # log ratio weighs it, and 1 belongs to the derivative of q log q.
        weight = -log_p.exp() if direction == "forward" else log_q.exp() * (log_q - log_p + 1)
        mean, log_std = (
            mean - learning_rate * (dx * (weight * u).sum()).item() / np.exp(log_std),
            log_std - learning_rate * (dx * (weight * (u**2 - 1)).sum()).item(),
        )
    return torch.tensor(mean), torch.tensor(np.exp(log_std))
