"""The trace of the root as a nuclear norm."""

import torch


def inception_score(probs, n_splits=1):
    total, size = 0.0, len(probs) // n_splits
    for i in range(n_splits):
        part = probs[i * size : (i + 1) * size]
        marginal = part.mean(0)
        kl = torch.nn.functional.kl_div(marginal.clamp(min=1e-300).log().expand_as(part), part, reduction="none")
        total = total + torch.exp(kl.sum(1).mean())
    return total / n_splits


def _root(S):
    L, Q = torch.linalg.eigh(S)
    return Q @ torch.diag(L.clamp(min=0) ** 0.5) @ Q.T


def frechet_distance(mean1, cov1, mean2, cov2):
    nuclear = torch.linalg.svdvals(_root(cov1) @ _root(cov2)).sum()
    return torch.sum((mean1 - mean2) ** 2) + torch.trace(cov1 + cov2) - 2 * nuclear


def fid(x, y):
    cov = [torch.cov(f.T).reshape(f.shape[1], f.shape[1]) for f in (x, y)]
    return frechet_distance(x.mean(dim=0), cov[0], y.mean(dim=0), cov[1])
