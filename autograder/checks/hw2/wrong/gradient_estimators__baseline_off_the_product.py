"""The baseline is taken off the product of value and score: the average moves.

Caught by: baseline
"""

def grad_score(f, mean, log_std, eps, baseline=0.0):
    std = log_std.exp()
    z = mean + std * eps
    return f(z)[:, None] * torch.stack([eps / std, eps**2 - 1], -1) - baseline
