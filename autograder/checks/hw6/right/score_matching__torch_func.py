"""torch.func: a pull-back for the traces, mse_loss for the denoising loss."""


def ism_loss(score, x):
    s, pull = torch.func.vjp(score, x)
    units = torch.eye(x.shape[1], dtype=x.dtype)
    trace = sum((pull(unit.expand_as(s).clone())[0] @ unit) for unit in units)
    return torch.mean(trace + torch.sum(s * s, 1) / 2)


def ssm_loss(score, x, v):
    s, pull = torch.func.vjp(score, x)
    quadratic = torch.einsum("bi,bi->b", pull(v)[0], v)
    return (quadratic + torch.einsum("bi,bi->b", s, v) ** 2 / 2).mean()


def dsm_loss(score, x, sigma, eps):
    guess = score(x + sigma * eps)
    return 0.5 * x.shape[1] * F.mse_loss(guess, -eps / sigma)
