"""autograd by hand, sums before means."""


def ism_loss(score, x):
    x = x.detach().clone().requires_grad_(True)
    s = score(x)
    total = 0.5 * (s**2).sum()
    for i in range(x.shape[1]):
        total = total + torch.autograd.grad(s[:, i].sum(), x, create_graph=True)[0][:, i].sum()
    return total / len(x)


def ssm_loss(score, x, v):
    x = x.detach().clone().requires_grad_(True)
    along = (score(x) * v).sum(dim=-1)
    slope = torch.autograd.grad(along.sum(), x, create_graph=True)[0]
    return torch.mean((slope * v).sum(dim=-1) + 0.5 * along**2)


def dsm_loss(score, x, sigma, eps):
    noisy = x + sigma * eps
    target = -(noisy - x) / sigma**2
    return ((score(noisy) - target) ** 2).sum(dim=1).mean() / 2
