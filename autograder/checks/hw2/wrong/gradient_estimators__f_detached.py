"""f is evaluated without a gradient.

Caught by: reparametrisation_is_unbiased
"""

def grad_reparam(f, mean, log_std, eps):
    mean, log_std = (part.detach().expand(eps.shape).clone().requires_grad_() for part in (mean, log_std))
    with torch.no_grad():
        value = f(mean + log_std.exp() * eps)
    value = value + 0 * (mean + log_std)
    return torch.stack(torch.autograd.grad(value.sum(), (mean, log_std)), -1)
