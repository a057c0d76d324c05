"""The baseline is used in column 0 only.

Caught by: baseline
"""

def grad_score(f, mean, log_std, eps, baseline=0.0):
    std = log_std.exp()
    z = mean + std * eps
    return torch.stack([(f(z) - baseline) * eps / std, f(z) * (eps**2 - 1)], -1)
