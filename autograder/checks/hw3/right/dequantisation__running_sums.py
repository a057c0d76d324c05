"""Running sums over the noises, with logaddexp; log2 of e."""


def to_logits(x, u, levels, alpha=0.05):
    p = (1 - 2 * alpha) * (x + u) / levels + alpha
    y = torch.log(p / (1 - p))
    slope = (1 - 2 * alpha) / (levels * p * (1 - p))
    return y, torch.log(slope).sum(-1)


def from_logits(y, levels, alpha=0.05):
    scaled = (1 / (1 + torch.exp(-y)) - alpha) / (1 - 2 * alpha) * levels
    whole = torch.floor(scaled)
    whole = torch.where(whole < 0, torch.zeros_like(whole), whole)
    return torch.where(whole > levels - 1, torch.full_like(whole, levels - 1), whole)


def bits_per_dim(log_prob, D):
    return -log_prob * math.log2(math.e) / D


def uniform_bound(log_density, x, u):
    total = 0
    for k in range(u.shape[0]):
        total = total + log_density(x + u[k])
    return total / u.shape[0]


def importance_bound(log_density, x, u):
    total = log_density(x + u[0])
    for noise in u[1:]:
        total = torch.logaddexp(total, log_density(x + noise))
    return total - math.log(u.shape[0])
