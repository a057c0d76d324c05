"""The terms as weighted errors of the noise; the ratio over coordinates at once."""


def gaussian(x, mean, variance):
    variance = torch.as_tensor(variance, dtype=x.dtype).expand_as(x)
    return torch.sum(-((x - mean) ** 2) / (2 * variance) - 0.5 * torch.log(2 * math.pi * variance), dim=1)


def path_log_ratio(path, reverse, log_prior, alpha_bars):
    terms = [log_prior(path[-1])]
    for t in range(1, len(alpha_bars)):
        now, then = path[t], path[t - 1]
        a = alpha_bars[t] / alpha_bars[t - 1]
        terms.append(gaussian(then, *reverse(now, torch.ones(len(now), dtype=torch.long) * t)))
        terms.append(-gaussian(now, torch.sqrt(a) * then, 1 - a))
    return sum(terms)


def vlb_terms(model, x0, eps, alpha_bars):
    T, D = len(alpha_bars) - 1, x0.shape[1]
    rows = []
    for t in range(1, T + 1):
        bar, before = alpha_bars[t], alpha_bars[t - 1]
        xt = torch.sqrt(bar) * x0 + torch.sqrt(1 - bar) * eps[t - 1]
        error = ((eps[t - 1] - model(xt, torch.full((len(x0),), t))) ** 2).sum(1)
        alpha = bar / before
        beta = 1 - alpha
        if t == 1:
            rows.append(error / (2 * bar) + D / 2 * torch.log(2 * math.pi * beta))
        else:
            tilde = beta * (1 - before) / (1 - bar)
            rows.append(beta**2 / (2 * tilde * alpha * (1 - bar)) * error)
    bar = alpha_bars[T]
    rows.append(((x0**2).sum(1) * bar + D * (1 - bar) - D - D * torch.log(1 - bar)) / 2)
    return torch.stack(rows, dim=0)
