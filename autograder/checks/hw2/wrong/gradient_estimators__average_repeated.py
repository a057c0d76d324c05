"""The average over the draws, repeated in every row.

Caught by: single_draws
"""

def grad_reparam(f, mean, log_std, eps):
    z = (mean + log_std.exp() * eps).detach().requires_grad_()
    (slope,) = torch.autograd.grad(f(z).sum(), z)
    return torch.stack([slope, slope * log_std.exp() * eps], -1).mean(0).expand(len(eps), 2)
