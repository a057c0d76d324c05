"""The sampler by `langevin`, one level after the other; the loss by einsum."""


def ncsn_loss(score, x, sigmas, index, eps):
    sigma = sigmas.gather(0, index)
    flat_eps = eps.flatten(1)
    noisy = (x.flatten(1) + sigma[:, None] * flat_eps).reshape(x.shape)
    rest = sigma[:, None] * score(noisy, sigma).flatten(1) + flat_eps
    return torch.einsum("bd,bd->", rest, rest) / (2 * len(x))


def annealed_langevin(score, x, sigmas, step_size, noise):
    if torch.any(torch.diff(sigmas) >= 0):
        raise ValueError(f"not decreasing: {sigmas}")
    for sigma, eps in zip(sigmas, noise):
        chain = langevin(lambda y: score(y, sigma.repeat(len(y))), x, (step_size * sigma**2 / sigmas[-1] ** 2).item(), eps)
        x = chain[-1]
    return x
