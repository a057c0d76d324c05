"""log q lacks the normaliser -log std, so the width is never held back.

Caught by: forward_fit_matches_moments
"""

import math


def fit_gaussian(log_p, grid, direction, mean0, log_std0, steps=1000, learning_rate=0.05):
    dx = (grid[1] - grid[0]).item()
    mean = torch.tensor(float(mean0), dtype=grid.dtype, requires_grad=True)
    log_std = torch.tensor(float(log_std0), dtype=grid.dtype, requires_grad=True)
    optimizer = torch.optim.SGD([mean, log_std], lr=learning_rate)
    for _ in range(steps):
        log_q = -0.5 * ((grid - mean) / log_std.exp()) ** 2 - 0.5 * math.log(2 * math.pi)
        kl = kl_grid(log_p, log_q, dx) if direction == "forward" else kl_grid(log_q, log_p, dx)
        optimizer.zero_grad()
        kl.backward()
        optimizer.step()
    return mean.detach(), log_std.exp().detach()
