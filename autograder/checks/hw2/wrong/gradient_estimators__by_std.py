"""Column 1 is the derivative with respect to std, not log_std.

Caught by: reparametrisation_is_unbiased
"""

def grad_reparam(f, mean, log_std, eps):
    z = (mean + log_std.exp() * eps).detach().requires_grad_()
    (slope,) = torch.autograd.grad(f(z).sum(), z)
    return torch.stack([slope, slope * eps], -1)
