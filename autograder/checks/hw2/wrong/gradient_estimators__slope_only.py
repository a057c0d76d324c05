"""The slope of f in both columns: log_std moves z by std eps, not by 1.

Caught by: reparametrisation_is_unbiased
"""

def grad_reparam(f, mean, log_std, eps):
    z = (mean + log_std.exp() * eps).detach().requires_grad_()
    (slope,) = torch.autograd.grad(f(z).sum(), z)
    return torch.stack([slope, slope], -1)
