"""The gradient of the average: every row is divided by n.

Caught by: reparametrisation_is_unbiased
"""

def grad_reparam(f, mean, log_std, eps):
    mean, log_std = (part.detach().expand(eps.shape).clone().requires_grad_() for part in (mean, log_std))
    value = f(mean + log_std.exp() * eps).mean()
    return torch.stack(torch.autograd.grad(value, (mean, log_std)), -1)
