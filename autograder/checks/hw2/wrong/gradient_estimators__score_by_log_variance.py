"""Column 1 is the derivative with respect to the log-variance.

Caught by: score_is_unbiased
"""

def grad_score(f, mean, log_std, eps, baseline=0.0):
    std = log_std.exp()
    z = mean + std * eps
    return (f(z) - baseline)[:, None] * torch.stack([eps / std, (eps**2 - 1) / 2], -1)
