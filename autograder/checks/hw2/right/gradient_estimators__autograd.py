"""Parameters copied for every draw; autograd through z, and through log q of `torch.distributions`."""

from torch.distributions import Normal


def copies(*parts, n):
    return [part.detach().repeat(n).requires_grad_() for part in parts]


def grad_reparam(f, mean, log_std, eps):
    parameters = copies(mean, log_std, n=len(eps))
    z = parameters[0] + torch.exp(parameters[1]) * eps
    return torch.stack(torch.autograd.grad(f(z), parameters, grad_outputs=torch.ones_like(eps)), dim=1)


def grad_score(f, mean, log_std, eps, baseline=0.0):
    parameters = copies(mean, log_std, n=len(eps))
    q = Normal(parameters[0], parameters[1].exp())
    z = (mean + log_std.exp() * eps).detach()
    surrogate = (f(z).detach() - baseline) * q.log_prob(z)
    return torch.stack(torch.autograd.grad(surrogate.sum(), parameters), dim=1)
