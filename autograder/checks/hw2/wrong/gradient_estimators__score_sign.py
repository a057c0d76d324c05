"""d log q / d log_std with the wrong sign.

Caught by: score_is_unbiased
"""

def grad_score(f, mean, log_std, eps, baseline=0.0):
    std = log_std.exp()
    z = mean + std * eps
    return (f(z) - baseline)[:, None] * torch.stack([eps / std, 1 - eps**2], -1)
