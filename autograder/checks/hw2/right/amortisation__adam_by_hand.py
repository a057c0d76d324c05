"""Adam written out, one vector of parameters per data point, the density of q at z from the density of eps."""


def amortisation_gap(x, encoder, log_joint, eps, steps, learning_rate):
    d = eps.shape[-1]
    density_of_eps = -0.5 * (eps.square() + math.log(2 * math.pi)).sum(-1)

    def bounds(q):
        mean, log_std = q[:, :d], q[:, d:]
        return (log_joint(x, torch.addcmul(mean, log_std.exp(), eps)) - density_of_eps + log_std.sum(-1)).mean(0)

    with torch.no_grad():
        q = torch.cat(encoder(x), dim=1)
        first = bounds(q)
    m, v = torch.zeros_like(q), torch.zeros_like(q)
    for t in range(1, steps + 1):
        q.requires_grad_()
        (gradient,) = torch.autograd.grad(bounds(q).sum(), q)
        m = 0.9 * m + 0.1 * gradient
        v = 0.999 * v + 0.001 * gradient**2
        step = learning_rate * (m / (1 - 0.9**t)) / ((v / (1 - 0.999**t)).sqrt() + 1e-8)
        q = (q + step).detach()
    return first, bounds(q.detach()).detach()
