"""Einsum and the determinant lemma with psi; the bound by a recursion."""


def repaired(u, w):
    dot = torch.dot(w, u)
    return u + (torch.logaddexp(dot, torch.zeros_like(dot)) - 1 - dot) * w / torch.sum(w * w)


def planar(z, u, w, b):
    v = repaired(u, w)
    a = torch.einsum("nd,d->n", z, w) + b
    psi = torch.outer(1 - torch.tanh(a) ** 2, w)
    return z + torch.outer(torch.tanh(a), v), torch.log(torch.abs(1 + psi @ v))


def flow_elbo(log_joint, eps, mean, log_std, layers):
    z, volume = mean + torch.exp(log_std) * eps, torch.zeros(len(eps), dtype=eps.dtype)
    for layer in layers:
        z, log_det = planar(z, *layer)
        volume = volume + log_det
    log_q0 = torch.distributions.Normal(0.0, 1.0).log_prob(eps).sum(1) - log_std.sum()
    return log_joint(z) + volume - log_q0
