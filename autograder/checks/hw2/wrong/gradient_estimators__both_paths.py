"""z is not detached in f: the pathwise gradient times log q comes on top.

Caught by: score_is_unbiased
"""

from torch.distributions import Normal


def grad_score(f, mean, log_std, eps, baseline=0.0):
    mean, log_std = (part.detach().expand(eps.shape).clone().requires_grad_() for part in (mean, log_std))
    z = mean + log_std.exp() * eps
    value = (f(z) - baseline) * Normal(mean, log_std.exp()).log_prob(z.detach())
    return torch.stack(torch.autograd.grad(value.sum(), (mean, log_std)), -1)
