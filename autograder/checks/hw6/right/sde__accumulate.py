"""itertools.accumulate over the steps."""

from itertools import accumulate


def euler_maruyama(drift, diffusion, x0, ts, noise):
    def step(x, k):
        h = ts[k + 1] - ts[k]
        return x + h * drift(x, ts[k]) + torch.sqrt(torch.abs(h)) * (diffusion(x, ts[k]) * noise[k])

    return torch.stack(list(accumulate(range(len(noise)), step, initial=x0)))


def langevin(score, x0, step_size, noise):
    def step(x, eps):
        return x + (step_size / 2) * score(x) + step_size**0.5 * eps

    return torch.stack(list(accumulate(noise, step, initial=x0)))
