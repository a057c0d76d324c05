"""NumPy for everything."""

import numpy as np
import torch


def inception_score(probs, n_splits=1):
    scores = []
    for part in np.split(probs.numpy(), n_splits):
        marginal = part.mean(axis=0, keepdims=True)
        with np.errstate(divide="ignore", invalid="ignore"):
            terms = np.where(part > 0, part * (np.log(part) - np.log(marginal)), 0.0)
        scores.append(np.exp(terms.sum(axis=1).mean()))
    return torch.tensor(float(np.mean(scores)), dtype=probs.dtype)


def frechet_distance(mean1, cov1, mean2, cov2):
    m1, s1, m2, s2 = (np.asarray(a) for a in (mean1, cov1, mean2, cov2))
    values, vectors = np.linalg.eigh(s1)
    half = vectors @ np.diag(np.sqrt(np.maximum(values, 0))) @ vectors.T
    inner = half @ s2 @ half
    roots = np.sqrt(np.maximum(np.linalg.eigvalsh((inner + inner.T) / 2), 0))
    return torch.tensor(((m1 - m2) ** 2).sum() + np.trace(s1) + np.trace(s2) - 2 * roots.sum())


def fid(x, y):
    def statistics(f):
        f = f.numpy()
        return torch.from_numpy(f.mean(0)), torch.from_numpy(np.atleast_2d(np.cov(f, rowvar=False)))

    return frechet_distance(*statistics(x), *statistics(y))
