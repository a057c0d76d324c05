"""Through the logit."""


def gan_optimum(p, g, share):
    h = torch.log(p) - torch.log(g) + math.log(share / (1 - share))
    value = share * torch.sum(p * F.logsigmoid(h)) + (1 - share) * torch.sum(g * F.logsigmoid(-h))
    return torch.sigmoid(h), value


def lsgan_optimum(p, g, a, b, c):
    w = p / (p + g)
    D = a + (b - a) * w
    return D, ((p * (D - c).square()).sum() + (g * (D - c).square()).sum()) / 2
