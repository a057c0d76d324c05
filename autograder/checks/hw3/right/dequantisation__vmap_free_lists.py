"""Plain lists; atanh for the logit."""


def to_logits(x, u, levels, alpha=0.05):
    p = alpha + (1 - 2 * alpha) * ((x + u) / levels)
    y = 2 * torch.atanh(2 * p - 1)
    return y, (math.log((1 - 2 * alpha) / levels) - torch.log(p * (1 - p))).sum(1)


def from_logits(y, levels, alpha=0.05):
    p = 0.5 * (1 + torch.tanh(y / 2))
    return torch.clamp(torch.floor(levels * (p - alpha) / (1 - 2 * alpha)), 0.0, levels - 1.0)


def bits_per_dim(log_prob, D):
    return torch.div(-log_prob, D * np.log(2))


def uniform_bound(log_density, x, u):
    return torch.mean(torch.stack([log_density(x + one) for one in u.unbind(0)]), 0)


def importance_bound(log_density, x, u):
    stacked = torch.stack([log_density(x + one) for one in u.unbind(0)], dim=1)
    return torch.logsumexp(stacked, dim=1) - np.log(stacked.shape[1])
