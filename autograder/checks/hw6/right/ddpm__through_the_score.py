"""Everything by the score and Tweedie's formula; a list that grows at its front."""


def col(values, x):
    return values.to(x).reshape((len(values),) + (1,) * (x.dim() - 1))


def eps_to_score(eps, t, alpha_bars):
    return -eps * col((1 - alpha_bars[t]) ** -0.5, eps)


def tweedie(xt, score, t, alpha_bars):
    return col(alpha_bars[t] ** -0.5, xt) * (xt + col(1 - alpha_bars[t], xt) * score)


def ddpm_loss(model, x0, t, eps, alpha_bars):
    xt = q_sample(x0, t, eps, alpha_bars)
    return torch.mean((eps - model(xt, t)) ** 2)


def p_sample(model, xt, t, noise, alpha_bars):
    times = torch.ones(len(xt), dtype=torch.long) * t
    guess = tweedie(xt, eps_to_score(model(xt, times), times, alpha_bars), times, alpha_bars)
    mean, variance = q_posterior(guess, xt, times, alpha_bars)
    return mean + torch.sqrt(variance) * noise


def sample(model, x_end, noise, alpha_bars):
    states = [x_end]
    with torch.no_grad():
        for t in range(len(alpha_bars) - 1, 0, -1):
            states.insert(0, p_sample(model, states[0], t, noise[t - 1], alpha_bars))
    return torch.stack(states)
