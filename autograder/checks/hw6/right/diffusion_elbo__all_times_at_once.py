"""One call of the model for all times; a helper for log-densities."""


def log_n(x, m, v):
    return -0.5 * ((x - m) ** 2 / v + torch.log(2 * math.pi * v)).sum(-1)


def path_log_ratio(path, reverse, log_prior, alpha_bars):
    T, B, D = len(path) - 1, path.shape[1], path.shape[2]
    t = torch.arange(1, T + 1).repeat_interleave(B)
    mean, variance = reverse(path[1:].reshape(-1, D), t)
    log_p = log_n(path[:-1].reshape(-1, D), mean, variance.expand_as(mean)).reshape(T, B)
    alpha = (alpha_bars[1:] / alpha_bars[:-1])[:, None, None]
    log_q = log_n(path[1:], alpha.sqrt() * path[:-1], (1 - alpha).expand(T, B, D))
    return log_prior(path[-1]) + (log_p - log_q).sum(0)


def vlb_terms(model, x0, eps, alpha_bars):
    T, B, D = eps.shape
    t = torch.arange(1, T + 1).repeat_interleave(B)
    x = x0.repeat(T, 1)
    xt = q_sample(x, t, eps.reshape(-1, D), alpha_bars)
    bar = alpha_bars[t][:, None]
    guess = (xt - (1 - bar).sqrt() * model(xt, t)) / bar.sqrt()
    mean, variance = q_posterior(x, xt, t, alpha_bars)
    other, _ = q_posterior(guess, xt, t, alpha_bars)
    kl = ((mean - other) ** 2 / (2 * variance.clamp(min=1e-300))).sum(1).reshape(T, B)
    first = -log_n(x0, guess[:B], (1 - alpha_bars[1]).expand_as(x0))
    end = alpha_bars[-1]
    last = 0.5 * (end * x0**2 - end - torch.log(1 - end)).sum(1)
    return torch.cat([first[None], kl[1:], last[None]])
