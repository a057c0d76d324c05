"""KL with numpy on the points where p is not 0, a functional gradient, and a Python number for each result."""

import numpy as np


def kl_grid(log_p, log_q, dx):
    a, b = np.asarray(log_p), np.asarray(log_q)
    there = np.exp(a) > 0
    return float(np.dot(np.exp(a[there]), a[there] - b[there]) * dx)


def fit_gaussian(log_p, grid, direction, mean0, log_std0, steps=1000, learning_rate=0.05):
    if direction != "forward" and direction != "reverse":
        raise ValueError(f"no such direction: {direction}")

    def objective(theta):
        log_q = torch.distributions.Normal(theta[0], theta[1].exp()).log_prob(grid)
        terms = log_p.exp() * (log_p - log_q) if direction == "forward" else log_q.exp() * (log_q - log_p)
        return terms.sum() * (grid[1] - grid[0])

    slope = torch.func.grad(objective)
    theta = torch.tensor([mean0, log_std0], dtype=torch.float64)
    for _ in range(steps):
        theta = theta - learning_rate * slope(theta)
    return theta[0].item(), theta[1].exp().item()
