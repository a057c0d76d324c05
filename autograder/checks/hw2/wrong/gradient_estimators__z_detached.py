"""z is detached from mean and log_std: the gradient is zero.

Caught by: reparametrisation_is_unbiased
"""

def grad_reparam(f, mean, log_std, eps):
    mean, log_std = (part.detach().expand(eps.shape).clone().requires_grad_() for part in (mean, log_std))
    value = f((mean + log_std.exp() * eps).detach()) + 0 * mean + 0 * log_std
    return torch.stack(torch.autograd.grad(value.sum(), (mean, log_std)), -1)
