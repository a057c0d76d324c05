"""log_std is taken for the logarithm of a variance.

Caught by: reparametrisation_is_unbiased
"""

def grad_reparam(f, mean, log_std, eps):
    std = (0.5 * log_std).exp()
    z = (mean + std * eps).detach().requires_grad_()
    (slope,) = torch.autograd.grad(f(z).sum(), z)
    return torch.stack([slope, slope * std * eps / 2], -1)
