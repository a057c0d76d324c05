"""JS as a difference of entropies; the report by one-hot sums."""


def js(p, q):
    entropy = lambda t: torch.special.entr(t).sum(-1)
    return entropy((p + q) / 2) - (entropy(p) + entropy(q)) / 2


def mode_report(x, centres, radius):
    d = (x[:, None, :] - centres[None]).pow(2).sum(-1).sqrt()
    K = centres.shape[0]
    hits = F.one_hot(d.argmin(1), K)[d.min(1).values <= radius]
    n = hits.sum(0)
    total = int(n.sum())
    if total == 0:
        return 0, 0.0, math.log(K)
    f = n / total
    return int((10 * K * n >= len(x)).sum()), total / len(x), float(math.log(K) - torch.special.entr(f.double()).sum())
