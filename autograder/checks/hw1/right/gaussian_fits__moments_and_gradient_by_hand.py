"""The forward optimum from the moments of p without any descent; the reverse one with a gradient written by hand."""

import numpy as np


def kl_grid(log_p, log_q, dx):
    ratio = torch.nan_to_num(log_p - log_q, nan=0.0, neginf=0.0)
    return torch.einsum("n,n->", log_p.exp(), ratio) * dx


def fit_gaussian(log_p, grid, direction, mean0, log_std0, steps=1000, learning_rate=0.05):
    if direction == "forward":
        weight = torch.softmax(log_p, dim=0)
        mean = (weight * grid).sum()
        return mean, ((weight * grid**2).sum() - mean**2).sqrt()
    if direction != "reverse":
        raise ValueError("direction must be forward or reverse")
    mean, log_std = mean0, log_std0
    for _ in range(steps):
        u = (grid - mean) / np.exp(log_std)
        weight = torch.softmax(-0.5 * u**2, dim=0)
        log_ratio = -0.5 * u**2 - log_std - log_p
        # d/d theta E_q[log q - log p] = E_q[(log q - log p) d log q / d theta]; the score has mean 0.
        mean, log_std = (
            mean - learning_rate * (weight * log_ratio * u).sum().item() / np.exp(log_std),
            log_std - learning_rate * (weight * log_ratio * (u**2 - 1)).sum().item(),
        )
    return torch.tensor(mean), torch.tensor(np.exp(log_std))
