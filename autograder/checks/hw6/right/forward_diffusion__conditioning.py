"""Conditioning in the joint Gaussian of x_{t-1} and x_t given x_0."""


def cosine_schedule(T):
    steps = torch.linspace(0, T, T + 1, dtype=torch.float64)
    curve = torch.cos(0.5 * math.pi * (steps / T + 0.008) / (1 + 0.008)) ** 2
    ratio = torch.clip(curve[1:] / curve[:-1], min=0.001)
    return F.pad(torch.cumprod(ratio, dim=0), (1, 0), value=1.0)


def column(values, x):
    while values.dim() < x.dim():
        values = values.unsqueeze(-1)
    return values.type_as(x)


def q_sample(x0, t, eps, alpha_bars):
    bar = column(alpha_bars[t], x0)
    return bar.sqrt() * x0 + (1 - bar).sqrt() * eps


def q_posterior(x0, xt, t, alpha_bars):
    last = len(alpha_bars) - 1
    if int(t.min()) < 1 or int(t.max()) > last:
        raise ValueError(f"t must lie in 1..{last}")
    bar, before = alpha_bars[t], alpha_bars[t - 1]
    alpha = bar / before
    gain = alpha.sqrt() * (1 - before) / (1 - bar)
    variance = (1 - before) - gain * alpha.sqrt() * (1 - before)
    mean = column(before.sqrt(), x0) * x0 + column(gain, x0) * (xt - column(bar.sqrt(), x0) * x0)
    return mean, column(variance, x0)
