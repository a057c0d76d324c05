"""Results written into a tensor that was made before."""


def euler_maruyama(drift, diffusion, x0, ts, noise):
    n = len(noise)
    path = torch.empty((n + 1, *x0.shape), dtype=x0.dtype)
    path[0] = x0
    for k in range(n):
        h = float(ts[k + 1] - ts[k])
        path[k + 1] = path[k] + drift(path[k], ts[k]) * h + diffusion(path[k], ts[k]) * math.sqrt(abs(h)) * noise[k]
    return path


def langevin(score, x0, step_size, noise):
    path = torch.empty((len(noise) + 1, *x0.shape), dtype=x0.dtype)
    path[0] = x0
    for k in range(len(noise)):
        path[k + 1] = path[k] + 0.5 * step_size * score(path[k]) + math.sqrt(step_size) * noise[k]
    return path
