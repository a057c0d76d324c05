"""Samples repeated to a common size."""


def wasserstein_1d(x, y):
    common = math.lcm(len(x), len(y))
    a = x.repeat_interleave(common // len(x)).sort().values
    b = y.repeat_interleave(common // len(y)).sort().values
    return (a - b).abs().mean()


def transport_cost(plan, p, q, cost):
    worst = max((plan.sum(1) - p).abs().max().item(), (plan.sum(0) - q).abs().max().item(), -plan.min().item())
    if worst > 1e-6:
        raise ValueError(f"no plan: off by {worst}")
    return (plan * cost).sum().item()


def kantorovich_potential(x, y, v, q):
    keep = torch.nonzero(q > 0)[:, 0]
    cones = ((x[:, None, :] - y[keep][None]) ** 2).sum(2).sqrt() - v[keep][None]
    return cones.min(dim=1)[0]
