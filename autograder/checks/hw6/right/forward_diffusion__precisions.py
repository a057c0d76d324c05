"""Bayes' rule with precisions, t = 1 apart; NumPy for the schedule."""


def cosine_schedule(T):
    t = np.arange(T + 1)
    h = np.cos((t / T + 0.008) / 1.008 * np.pi / 2) ** 2
    alphas = np.maximum(h[1:] / h[:-1], 0.001)
    return torch.from_numpy(np.concatenate([[1.0], np.cumprod(alphas)]))


def q_sample(x0, t, eps, alpha_bars):
    rows = [alpha_bars[s].item() for s in t]
    return torch.stack([math.sqrt(bar) * x + math.sqrt(1 - bar) * e for bar, x, e in zip(rows, x0, eps)])


def q_posterior(x0, xt, t, alpha_bars):
    means, variances = [], []
    for x, y, s in zip(x0, xt, t.tolist()):
        if not 1 <= s <= len(alpha_bars) - 1:
            raise ValueError(f"t = {s}")
        before = alpha_bars[s - 1].item()
        alpha = alpha_bars[s].item() / before
        if s == 1:
            means.append(x)
            variances.append(0.0)
            continue
        precision = alpha / (1 - alpha) + 1 / (1 - before)
        means.append((y * math.sqrt(alpha) / (1 - alpha) + x * math.sqrt(before) / (1 - before)) / precision)
        variances.append(1 / precision)
    shape = (len(x0),) + (1,) * (x0.dim() - 1)
    return torch.stack(means), torch.tensor(variances, dtype=x0.dtype).reshape(shape)
