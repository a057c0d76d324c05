"""A class for each divergence, computed in float64."""

import math

import torch


class KL:
    end = math.inf

    def star(self, t):
        return (t - 1).exp()

    def act(self, v):
        return v

    def composed(self, v):
        return self.star(v)


class ReverseKL(KL):
    end = 0.0

    def star(self, t):
        return -1 - torch.log(-t)

    def act(self, v):
        return -1 / torch.exp(v)

    def composed(self, v):
        return v - 1


class Pearson(KL):
    def star(self, t):
        t = torch.maximum(t, torch.tensor(-2.0, dtype=t.dtype))
        return t * (1 + t / 4)


class Hellinger(KL):
    end = 1.0

    def star(self, t):
        return 1 / (1 - t) - 1

    def act(self, v):
        return 1 - torch.exp(-v)

    def composed(self, v):
        return torch.exp(v) - 1


class JS(KL):
    end = math.log(2)

    def star(self, t):
        return -torch.log(2 - torch.exp(t))

    def act(self, v):
        return math.log(2) + torch.nn.functional.logsigmoid(v)

    def composed(self, v):
        return -torch.nn.functional.logsigmoid(-v) - math.log(2)


class GAN(KL):
    end = 0.0

    def star(self, t):
        return -torch.log(1 - torch.exp(t))

    def act(self, v):
        return torch.nn.functional.logsigmoid(v)

    def composed(self, v):
        return -torch.nn.functional.logsigmoid(-v)


def _get(name):
    for key, kind in zip(["kl", "reverse_kl", "pearson", "hellinger", "js", "gan"], [KL, ReverseKL, Pearson, Hellinger, JS, GAN]):
        if key == name:
            return kind()
    raise ValueError("unknown: " + str(name))


def conjugate(name, t):
    d = _get(name)
    out = torch.full_like(t, math.inf)
    ok = t < d.end
    out[ok] = d.star(t[ok])
    return out


def activation(name, v):
    return _get(name).act(v)


def f_gan_bound(name, v_real, v_fake):
    d = _get(name)
    return (d.act(v_real).double().mean() - d.composed(v_fake).double().mean()).to(v_real.dtype)
