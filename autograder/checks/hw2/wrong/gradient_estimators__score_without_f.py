"""The score alone: f does not enter.

Caught by: score_is_unbiased
"""

def grad_score(f, mean, log_std, eps, baseline=0.0):
    std = log_std.exp()
    z = mean + std * eps
    return torch.stack([eps / std, eps**2 - 1], -1)
