"""Symbol by symbol."""


def gan_optimum(p, g, share):
    D, value = [], 0.0
    for a, b in zip(p.tolist(), g.tolist()):
        d = 1 / (1 + (1 - share) * b / (share * a))
        value += share * a * math.log(d) + (1 - share) * b * math.log(1 - d)
        D.append(d)
    return torch.tensor(D, dtype=p.dtype), value


def lsgan_optimum(p, g, a, b, c):
    D, value = [], 0.0
    for x, y in zip(p.tolist(), g.tolist()):
        d = (b * x + a * y) / (x + y)
        value += 0.5 * (x + y) * (d - c) ** 2
        D.append(d)
    return torch.tensor(D, dtype=p.dtype), value
