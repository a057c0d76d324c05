"""KL with numpy on the points where p is not 0, trapezoids for the fit, Adam, and a Python number for each result."""

import math

import numpy as np


def kl_grid(log_p, log_q, dx):
    a, b = np.asarray(log_p), np.asarray(log_q)
    there = np.exp(a) > 0
    return float(np.dot(np.exp(a[there]), a[there] - b[there]) * dx)


def fit_gaussian(log_p, grid, direction, mean0, log_std0, steps=1000, learning_rate=0.05):
    theta = torch.tensor([mean0, log_std0], dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.Adam([theta], lr=learning_rate)
    for _ in range(steps):
        q = torch.distributions.Normal(theta[0], theta[1].exp())
        log_q = q.log_prob(grid)
        if direction == "forward":
            loss = torch.trapezoid(log_p.exp() * (log_p - log_q), grid)
        else:
            loss = torch.trapezoid(log_q.exp() * (log_q - log_p), grid)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return theta[0].item(), theta[1].exp().item()
