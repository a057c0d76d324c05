"""A sum over rows; alphas made first."""


def ncsn_loss(score, x, sigmas, index, eps):
    level = torch.stack([sigmas[i] for i in index])
    noisy = torch.stack([row + s * e for row, s, e in zip(x, level, eps)])
    guesses = score(noisy, level)
    terms = [s**2 * (g + e / s).pow(2).sum() for g, s, e in zip(guesses, level, eps)]
    return 0.5 * sum(terms) / len(terms)


def annealed_langevin(score, x, sigmas, step_size, noise):
    if sorted(set(sigmas.tolist()), reverse=True) != sigmas.tolist():
        raise ValueError("sigmas must be strictly decreasing")
    alphas = step_size * sigmas.square() / sigmas[-1].square()
    out = x.clone()
    for i, alpha in enumerate(alphas):
        for eps in noise[i]:
            step = alpha / 2 * score(out, torch.ones(len(out), dtype=sigmas.dtype) * sigmas[i])
            out = out + step + torch.sqrt(alpha) * eps
    return out
