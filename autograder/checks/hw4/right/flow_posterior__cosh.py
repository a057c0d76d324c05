"""The derivative as 1 / cosh^2, v from its two components."""


def planar(z, u, w, b):
    length = torch.linalg.vector_norm(w)
    unit = w / length
    along = torch.sum(w * u)
    across = u - torch.sum(u * unit) * unit
    allowed = -1 + F.softplus(along)
    v = across + allowed / length * unit
    a = (z * w).sum(1) + b
    return z + torch.tanh(a).unsqueeze(1) * v.unsqueeze(0), torch.log(1 + allowed / torch.cosh(a) ** 2)


def flow_elbo(log_joint, eps, mean, log_std, layers):
    q = torch.distributions.Normal(mean, log_std.exp())
    z = q.mean + q.stddev * eps
    log_q = q.log_prob(z).sum(-1)
    for layer in list(layers):
        z, change = planar(z, layer[0], layer[1], layer[2])
        log_q -= change
    return log_joint(z) - log_q
