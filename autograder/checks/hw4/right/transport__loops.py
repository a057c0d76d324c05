"""Loops over points."""


def wasserstein_1d(x, y):
    order = torch.argsort(torch.cat([x, y]))
    mass = torch.cat([torch.full_like(x, 1 / len(x)), torch.full_like(y, -1 / len(y))])[order]
    points = torch.cat([x, y])[order]
    height = torch.cumsum(mass.detach(), 0)
    return sum((height[k].abs() * (points[k + 1] - points[k]) for k in range(len(points) - 1)), torch.zeros(()).to(x))


def transport_cost(plan, p, q, cost):
    n, m = plan.shape
    for i in range(n):
        if abs(float(plan[i].sum() - p[i])) > 1e-6:
            raise ValueError(f"point {i} sends too much or too little")
    for j in range(m):
        if abs(float(plan[:, j].sum() - q[j])) > 1e-6:
            raise ValueError(f"point {j} gets too much or too little")
    if float(plan.min()) < -1e-6:
        raise ValueError("negative mass")
    return torch.einsum("ij,ij->", plan, cost)


def kantorovich_potential(x, y, v, q):
    rows = []
    for point in x:
        rows.append(min((point - y[j]).norm() - v[j] for j in range(len(y)) if q[j] > 0))
    return torch.stack(rows)
