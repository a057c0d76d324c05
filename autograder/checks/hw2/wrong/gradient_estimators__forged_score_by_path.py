"""A forgery: grad_score is the other unbiased estimator, which follows the slope of f.

Caught by: score_is_unbiased
"""


def grad_score(f, mean, log_std, eps, baseline=0.0):
    std = log_std.exp()
    z = (mean + std * eps).detach().requires_grad_()
    y = f(z)
    (slope,) = torch.autograd.grad(y.sum(), z)
    return torch.stack([slope, slope * std * eps], dim=-1)
