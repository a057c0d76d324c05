"""The way to the logits as three maps with their own log-determinants; one call of the density for all noises."""


def to_logits(x, u, levels, alpha=0.05):
    D = x.shape[1]
    v, first = (x + u) / levels, -D * math.log(levels)
    p, second = alpha + v * (1 - 2 * alpha), D * math.log(1 - 2 * alpha)
    y = torch.special.logit(p)
    third = (F.softplus(y) + F.softplus(-y)).sum(1)
    return y, first + second + third


def from_logits(y, levels, alpha=0.05):
    v = (y.sigmoid() - alpha) / (1 - 2 * alpha)
    return (v * levels).floor().clip(min=0, max=levels - 1)


def bits_per_dim(log_prob, D):
    return log_prob * (-1 / (D * math.log(2.0)))


def together(log_density, x, u):
    K, B, D = u.shape
    return log_density((x[None] + u).reshape(K * B, D)).reshape(K, B)


def uniform_bound(log_density, x, u):
    return together(log_density, x, u).sum(0) / u.shape[0]


def importance_bound(log_density, x, u):
    values = together(log_density, x, u)
    largest = values.max(0).values.detach()
    return largest + (values - largest).exp().mean(0).log()
