"""The average of f over the draws is always taken off: rows depend on one another.

Caught by: single_draws
"""

def grad_score(f, mean, log_std, eps, baseline=0.0):
    std = log_std.exp()
    z = mean + std * eps
    value = f(z)
    return (value - value.mean() - baseline)[:, None] * torch.stack([eps / std, eps**2 - 1], -1)
