"""One chain of ifs for everything."""

import torch
import torch.nn.functional as F

INF = float("inf")
LOG2 = 0.6931471805599453


def conjugate(name, t):
    if name == "kl":
        return torch.exp(t) / torch.e
    if name == "reverse_kl":
        return torch.where(t >= 0, torch.tensor(INF, dtype=t.dtype), -1 - torch.log(t.clamp(max=-1e-300).neg()))
    if name == "pearson":
        return (t + 2).clamp(min=0) ** 2 / 4 - 1
    if name == "hellinger":
        return torch.where(t >= 1, torch.tensor(INF, dtype=t.dtype), t / (1 - t))
    if name == "js":
        return torch.where(t >= LOG2, torch.tensor(INF, dtype=t.dtype), -(2 - t.exp()).log())
    if name == "gan":
        return torch.where(t >= 0, torch.tensor(INF, dtype=t.dtype), -(1 - t.exp()).log())
    raise ValueError(name)


def activation(name, v):
    if name == "kl" or name == "pearson":
        return v * 1.0
    if name == "reverse_kl":
        return -torch.exp(-v)
    if name == "hellinger":
        return 1 - torch.exp(-v)
    if name == "js":
        return LOG2 - F.softplus(-v)
    if name == "gan":
        return -F.softplus(-v)
    raise ValueError(name)


def f_gan_bound(name, v_real, v_fake):
    real = activation(name, v_real).sum() / v_real.numel()
    if name == "reverse_kl":
        fake = v_fake - 1
    elif name == "hellinger":
        fake = torch.exp(v_fake) - 1
    elif name == "js":
        fake = F.softplus(v_fake) - LOG2
    elif name == "gan":
        fake = F.softplus(v_fake)
    else:
        fake = conjugate(name, v_fake)
    return real - fake.sum() / v_fake.numel()
