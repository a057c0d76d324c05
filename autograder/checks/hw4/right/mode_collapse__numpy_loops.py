"""NumPy and loops."""


def js(p, q):
    a, b = np.asarray(p, dtype=float), np.asarray(q, dtype=float)
    m = (a + b) / 2
    with np.errstate(divide="ignore", invalid="ignore"):
        terms = np.where(a > 0, a * np.log(a / m), 0.0) + np.where(b > 0, b * np.log(b / m), 0.0)
    return torch.from_numpy(np.asarray(0.5 * terms.sum(axis=-1)))


def mode_report(x, centres, radius):
    counts = [0] * len(centres)
    for point in x.tolist():
        distances = [math.dist(point, centre) for centre in centres.tolist()]
        best = min(range(len(distances)), key=distances.__getitem__)
        if distances[best] <= radius:
            counts[best] += 1
    good, K = sum(counts), len(counts)
    if good == 0:
        return 0, 0.0, math.log(K)
    kl = sum(c / good * math.log(c / good * K) for c in counts if c)
    return sum(10 * K * c >= len(x) for c in counts), good / len(x), kl
