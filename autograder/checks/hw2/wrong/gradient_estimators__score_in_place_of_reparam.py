"""The score-function estimator: unbiased, with too much variance.

Caught by: single_draws
"""

def grad_reparam(f, mean, log_std, eps):
    std = log_std.exp()
    z = mean + std * eps
    return f(z)[:, None] * torch.stack([eps / std, eps**2 - 1], -1)
