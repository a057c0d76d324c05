"""Betas in a Python loop; coefficients looked up in tables that are made on the spot."""


def cosine_schedule(T):
    def h(t):
        return math.cos((t / T + 0.008) / 1.008 * math.pi / 2) ** 2

    bars = [1.0]
    for t in range(1, T + 1):
        bars.append(bars[-1] * (1 - min(1 - h(t) / h(t - 1), 0.999)))
    return torch.tensor(bars, dtype=torch.float64)


def expand(v, x):
    return v.to(x.dtype).view(len(x), *([1] * (x.ndim - 1)))


def q_sample(x0, t, eps, alpha_bars):
    return expand(torch.sqrt(alpha_bars)[t], x0) * x0 + expand(torch.sqrt(1 - alpha_bars)[t], x0) * eps


def q_posterior(x0, xt, t, alpha_bars):
    if ((t < 1) | (t >= len(alpha_bars))).any():
        raise ValueError("t must be between 1 and T")
    bars = alpha_bars[1:]
    previous = alpha_bars[:-1]
    betas = 1 - bars / previous
    c0 = previous.sqrt() * betas / (1 - bars)
    ct = (1 - betas).sqrt() * (1 - previous) / (1 - bars)
    var = betas * (1 - previous) / (1 - bars)
    mean = expand(c0[t - 1], x0) * x0 + expand(ct[t - 1], x0) * xt
    return mean, expand(var[t - 1], x0)
