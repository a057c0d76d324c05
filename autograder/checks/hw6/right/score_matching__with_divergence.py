"""On top of `divergence`, with norms."""


def ism_loss(score, x):
    return divergence(score, x).mean() + 0.5 * torch.linalg.vector_norm(score(x), dim=1).square().mean()


def ssm_loss(score, x, v):
    v_s = torch.bmm(v[:, None], score(x)[:, :, None]).flatten()
    return divergence(score, x, v).mean() + (v_s**2).mean() / 2


def dsm_loss(score, x, sigma, eps):
    residual = sigma * score(x + sigma * eps) + eps
    return (residual**2).sum(1).mean() / (2 * sigma**2)
