"""Its own Runge-Kutta steps and its own trace; the log-density runs along."""


def cnf_log_prob(f, x, ts, eps=None):
    graph = torch.is_grad_enabled()

    def both(x, t):
        with torch.enable_grad():
            x = x if x.requires_grad else x.detach().requires_grad_()
            v = f(x, t)
            if eps is None:
                trace = 0
                for i in range(x.shape[1]):
                    trace = trace + torch.autograd.grad(v[:, i].sum(), x, create_graph=True)[0][:, i]
            else:
                trace = (torch.autograd.grad(v, x, eps, create_graph=True)[0] * eps).sum(1)
        return (v, trace) if graph else (v.detach(), trace.detach())

    z, volume = x, torch.zeros(len(x), dtype=x.dtype)
    for k in range(len(ts) - 1, 0, -1):
        t, h = ts[k], ts[k] - ts[k - 1]
        v1, d1 = both(z, t)
        v2, d2 = both(z - h / 2 * v1, t - h / 2)
        v3, d3 = both(z - h / 2 * v2, t - h / 2)
        v4, d4 = both(z - h * v3, t - h)
        z = z - h / 6 * (v1 + 2 * v2 + 2 * v3 + v4)
        volume = volume + h / 6 * (d1 + 2 * d2 + 2 * d3 + d4)
    log_base = -0.5 * (z.pow(2) + math.log(2 * math.pi)).sum(-1)
    return log_base - volume, z
