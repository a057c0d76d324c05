"""The least-squares value in its closed form."""


def gan_optimum(p, g, share):
    top = share * p
    D = top / (top + g - share * g)
    return D, (top * torch.log(D) + (g - share * g) * torch.log(1 - D)).sum()


def lsgan_optimum(p, g, a, b, c):
    value = ((b - c) * p + (a - c) * g) ** 2 / (p + g)
    return (b * p + a * g) / (p + g), value.sum() / 2
