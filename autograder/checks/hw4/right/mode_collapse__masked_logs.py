"""Logs of a masked ratio; distances by norm."""


def kl_to(p, m):
    ratio = torch.where(p > 0, p / torch.where(m > 0, m, torch.ones_like(m)), torch.ones_like(p))
    return (p * ratio.log()).sum(dim=-1)


def js(p, q):
    m = 0.5 * p + 0.5 * q
    return 0.5 * kl_to(p, m) + 0.5 * kl_to(q, m)


def mode_report(x, centres, radius):
    distances = torch.stack([(x - c).norm(dim=1) for c in centres], dim=1)
    smallest, index = distances.min(dim=1)
    counts = torch.tensor([int(((index == k) & (smallest <= radius)).sum()) for k in range(len(centres))])
    good = int(counts.sum())
    if good == 0:
        return 0, 0.0, float(np.log(len(centres)))
    frequency = counts.double() / good
    uniform = torch.full_like(frequency, 1 / len(centres))
    found = counts.double() >= 0.1 * len(x) / len(centres) - 1e-9
    return found.sum().item(), good / len(x), kl_to(frequency, uniform).item()
