"""NumPy and loops; a float for the accuracy."""


def two_sample_test(logit, label):
    h, y = logit.detach().numpy(), np.asarray(label)
    n_p, n_q = int((y == 1).sum()), int((y == 0).sum())
    if n_p * n_q == 0:
        raise ValueError(f"got {n_p} and {n_q} points")
    best = 0.5
    for t in np.unique(h):
        best = max(best, 0.5 * np.mean(h[y == 1] > t) + 0.5 * np.mean(h[y == 0] <= t))
    return logit - np.log(n_p / n_q), float(best)
