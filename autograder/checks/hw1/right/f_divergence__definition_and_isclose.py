"""The definition as it stands, with the KLs in a small neighbourhood of alpha = +-1."""

import math


def f_divergence(p, q, f):
    return torch.dot(q, f(torch.exp(p.log() - q.log())))


def alpha_divergence(p, q, alpha):
    if math.isclose(alpha, 1, abs_tol=1e-8):
        return f_divergence(p, q, lambda u: u * torch.log(u))
    if math.isclose(alpha, -1, abs_tol=1e-8):
        return f_divergence(p, q, lambda u: -torch.log(u))
    return 4 / (1 - alpha**2) * (1 - torch.sum(p ** ((1 + alpha) / 2) * q ** ((1 - alpha) / 2)))
