"""The two terms of g in one: sum of g log(m / p), less KL(p || m)."""


def non_saturating_objective(p, g):
    m = 0.5 * (p + g)
    return torch.sum(g * torch.log(m / p)) - torch.sum(p * torch.log(p / m))
