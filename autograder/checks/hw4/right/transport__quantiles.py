"""Merged quantile levels; allclose for the marginals; cdist for the cones."""


def wasserstein_1d(x, y):
    n, m = len(x), len(y)
    levels = sorted({i * m for i in range(n + 1)} | {j * n for j in range(m + 1)})
    a, b, total = torch.sort(x)[0], torch.sort(y)[0], 0.0
    for low, high in zip(levels, levels[1:]):
        total = total + (high - low) / (n * m) * (a[low // m] - b[low // n]).abs()
    return total


def transport_cost(plan, p, q, cost):
    tolerance = dict(atol=1e-6, rtol=0.0)
    if (plan < -1e-6).any():
        raise ValueError("negative mass")
    if not torch.allclose(plan.sum(dim=1), p, **tolerance) or not torch.allclose(plan.sum(dim=0), q, **tolerance):
        raise ValueError("wrong marginals")
    return torch.sum(plan * cost)


def kantorovich_potential(x, y, v, q):
    heights = torch.where(q > 0, -v, torch.full_like(v, math.inf))
    return (torch.cdist(x, y, compute_mode="donot_use_mm_for_euclid_dist") + heights).amin(dim=1)
