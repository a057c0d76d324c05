"""The mean of a step in the form of the paper's Algorithm 2; a preallocated chain."""


def ddpm_loss(model, x0, t, eps, alpha_bars):
    return F.mse_loss(model(q_sample(x0, t, eps, alpha_bars), t), eps)


def p_sample(model, xt, t, noise, alpha_bars):
    bar, before = float(alpha_bars[t]), float(alpha_bars[t - 1])
    alpha = bar / before
    eps = model(xt, torch.tensor([t] * len(xt)))
    mean = (xt - (1 - alpha) / math.sqrt(1 - bar) * eps) / math.sqrt(alpha)
    if t == 1:
        return mean
    return mean + math.sqrt((1 - alpha) * (1 - before) / (1 - bar)) * noise


def sample(model, x_end, noise, alpha_bars):
    with torch.no_grad():
        T = len(noise)
        path = torch.zeros((T + 1, *x_end.shape), dtype=x_end.dtype)
        path[T] = x_end
        for t in range(T, 0, -1):
            path[t - 1] = p_sample(model, path[t], t, noise[t - 1], alpha_bars)
    return path


def eps_to_score(eps, t, alpha_bars):
    bar = alpha_bars[t].to(eps.dtype).view(-1, *([1] * (eps.dim() - 1)))
    return -eps / torch.sqrt(1 - bar)


def tweedie(xt, score, t, alpha_bars):
    bar = alpha_bars[t].to(xt.dtype).view(-1, *([1] * (xt.dim() - 1)))
    return xt / bar.sqrt() + (1 - bar) / bar.sqrt() * score
