"""Column 0 of the score lacks the division by std.

Caught by: score_is_unbiased
"""

def grad_score(f, mean, log_std, eps, baseline=0.0):
    std = log_std.exp()
    z = mean + std * eps
    return (f(z) - baseline)[:, None] * torch.stack([eps, eps**2 - 1], -1)
