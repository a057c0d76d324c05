"""Python numbers for one row at a time where several steps meet, and recursion for the chain."""


def ddpm_loss(model, x0, t, eps, alpha_bars):
    noisy = torch.stack(
        [alpha_bars[s].item() ** 0.5 * x + (1 - alpha_bars[s].item()) ** 0.5 * e for x, s, e in zip(x0, t, eps)]
    )
    errors = (model(noisy, t) - eps) ** 2
    return errors.sum() / errors.numel()


def p_sample(model, xt, t, noise, alpha_bars):
    bar, before = alpha_bars[t].item(), alpha_bars[t - 1].item()
    guess = (xt - (1 - bar) ** 0.5 * model(xt, torch.full([len(xt)], t))) / bar**0.5
    if t == 1:
        return guess
    alpha = bar / before
    precision = 1 / (1 - before) + alpha / (1 - alpha)
    mean = (before**0.5 / (1 - before) * guess + alpha**0.5 / (1 - alpha) * xt) / precision
    return mean + noise / precision**0.5


@torch.no_grad()
def sample(model, x_end, noise, alpha_bars):
    if len(noise) == 0:
        return x_end[None]
    before = p_sample(model, x_end, len(noise), noise[-1], alpha_bars)
    return torch.cat([sample(model, before, noise[:-1], alpha_bars[:-1]), x_end[None]])


def eps_to_score(eps, t, alpha_bars):
    return torch.stack([-e / (1 - alpha_bars[s].item()) ** 0.5 for e, s in zip(eps, t)])


def tweedie(xt, score, t, alpha_bars):
    bars = [alpha_bars[s].item() for s in t]
    return torch.stack([(x + (1 - bar) * s) / bar**0.5 for x, s, bar in zip(xt, score, bars)])
