"""Eigenvalues of the product, entropies for the score."""

import torch


def entropy(p):
    return torch.special.entr(p).sum(-1)


def inception_score(probs, n_splits=1):
    scores = [(entropy(part.mean(0)) - entropy(part).mean()).exp() for part in probs.chunk(n_splits)]
    return torch.stack(scores).mean()


def frechet_distance(mean1, cov1, mean2, cov2):
    eigenvalues = torch.linalg.eigvals(cov1 @ cov2).real
    trace = torch.sqrt(torch.clamp(eigenvalues, min=0)).sum()
    d = mean1 - mean2
    return d.dot(d) + torch.trace(cov1) + torch.trace(cov2) - 2 * trace


def fid(x, y):
    moments = []
    for f in (x, y):
        mean = f.mean(0)
        centred = f - mean
        moments += [mean, centred.T @ centred / (len(f) - 1)]
    return frechet_distance(*moments)
