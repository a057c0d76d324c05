"""The values are multiplied by one minus the baseline.

Caught by: baseline
"""

def grad_score(f, mean, log_std, eps, baseline=0.0):
    std = log_std.exp()
    z = mean + std * eps
    return (1 - baseline) * f(z)[:, None] * torch.stack([eps / std, eps**2 - 1], -1)
