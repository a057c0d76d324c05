"""A forgery: grad_reparam is the other unbiased estimator.

Caught by: reparametrisation_is_unbiased
"""


def grad_reparam(f, mean, log_std, eps):
    std = log_std.exp()
    value = f(mean + std * eps)
    return torch.stack([value * eps / std, value * (eps**2 - 1)], dim=-1)
