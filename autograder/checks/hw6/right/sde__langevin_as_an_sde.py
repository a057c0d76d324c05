"""Langevin dynamics by its SDE, and Brownian increments made first."""


def euler_maruyama(drift, diffusion, x0, ts, noise):
    steps = ts[1:] - ts[:-1]
    dW = noise * steps.abs().sqrt().reshape(-1, 1, 1)
    x, states = x0, [x0]
    for t, dt, dw in zip(ts, steps, dW):
        x = x + drift(x, t) * dt + diffusion(x, t) * dw
        states.append(x)
    return torch.stack(states)


def langevin(score, x0, step_size, noise):
    ts = step_size * torch.arange(len(noise) + 1, dtype=noise.dtype)
    return euler_maruyama(lambda x, t: 0.5 * score(x), lambda x, t: torch.ones_like(x), x0, ts, noise)
