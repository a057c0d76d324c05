"""A forgery: no score, but the baseline is taken off, and the variance changes.

Caught by: baseline
"""


def grad_score(f, mean, log_std, eps, baseline=0.0):
    value = f(mean + log_std.exp() * eps) - baseline
    return torch.stack([value * eps**2, value * eps**2], dim=-1)
