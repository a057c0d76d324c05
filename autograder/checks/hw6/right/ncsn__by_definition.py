"""The target as a difference, the weight afterwards."""


def ncsn_loss(score, x, sigmas, index, eps):
    level = sigmas[index]
    shape = [len(x)] + [1] * (x.dim() - 1)
    std = level.view(shape)
    noisy = x + std * eps
    target = (x - noisy) / std**2
    distance = ((score(noisy, level) - target) ** 2).flatten(1).sum(1)
    return (level**2 * distance / 2).mean()


def annealed_langevin(score, x, sigmas, step_size, noise):
    for i in range(1, len(sigmas)):
        if sigmas[i] >= sigmas[i - 1]:
            raise ValueError("the noise levels must be decreasing")
    for i in range(len(sigmas)):
        alpha = float(step_size * sigmas[i] ** 2 / sigmas[-1] ** 2)
        for k in range(noise.shape[1]):
            level = torch.full((x.shape[0],), float(sigmas[i]), dtype=x.dtype)
            x = x + 0.5 * alpha * score(x, level) + math.sqrt(alpha) * noise[i][k]
    return x
