"""The alpha family through its generator f(u) = 4 (1 - u^((1 + alpha) / 2)) / (1 - alpha^2), einsum for the average."""


def f_divergence(p, q, f):
    return torch.einsum("k,k->", q, f(p / q))


def alpha_divergence(p, q, alpha):
    if alpha == 1:
        f = lambda u: u * u.log() - u + 1
    elif alpha == -1:
        f = lambda u: u - 1 - u.log()
    else:
        f = lambda u: 4 / (1 - alpha**2) * (1 - u ** ((1 + alpha) / 2))
    return f_divergence(p, q, f)
