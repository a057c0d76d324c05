"""Every draw is averaged with its mirror image: less variance than a single draw.

Caught by: single_draws
"""

def grad_reparam(f, mean, log_std, eps):
    def rows(eps):
        z = (mean + log_std.exp() * eps).detach().requires_grad_()
        (slope,) = torch.autograd.grad(f(z).sum(), z)
        return torch.stack([slope, slope * log_std.exp() * eps], -1)

    return (rows(eps) + rows(-eps)) / 2
