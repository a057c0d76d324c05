"""Two numbers for a set of samples: the Inception score and the Fréchet distance.

Source  Salimans, Goodfellow, Zaremba, Cheung, Radford & Chen (2016), arXiv:1606.03498, section 4, for the first;
        Heusel, Ramsauer, Unterthiner, Nessler & Hochreiter (2017), arXiv:1706.08500, Eq. (6), and Dowson & Landau
        (1982) for the second.
Shapes  N samples, K classes, d features.
"""

import torch
from torch import Tensor


def inception_score(probs: Tensor, n_splits: int = 1) -> Tensor:
    """exp of the mean KL(p(y | x) || p(y)) over the samples x: a number () between 1 and K.

    probs (N, K) holds the probabilities p(y | x) that a classifier gives to the K classes; each row has sum 1 and may
    hold zeros. p(y) is the mean row. With n_splits > 1, which divides N, the samples are cut into that many parts of
    equal length in their order, each with a p(y) of its own, and the result is the mean of the parts' scores.
    """
    parts = probs.view(n_splits, -1, probs.shape[1])
    marginal = parts.mean(1, keepdim=True)
    divergence = torch.xlogy(parts, parts).sum(-1) - torch.xlogy(parts, marginal).sum(-1)  # (n_splits, N / n_splits)
    return divergence.mean(1).exp().mean()


def frechet_distance(mean1: Tensor, cov1: Tensor, mean2: Tensor, cov2: Tensor) -> Tensor:
    """The squared 2-Wasserstein distance of two Gaussians, known as the Fréchet distance: ().

    mean1 and mean2 (d,) are the means, cov1 and cov2 (d, d) the covariances: symmetric, possibly singular, and in
    general with different eigenvectors. The distance is |mean1 - mean2|^2 + tr(cov1) + tr(cov2) - 2 tr(R), where R is
    the positive square root of cov1^(1/2) cov2 cov1^(1/2).
    """
    values, vectors = torch.linalg.eigh(cov1)
    root = vectors * values.clamp(min=0).sqrt() @ vectors.mT
    squares = torch.linalg.eigvalsh(root @ cov2 @ root).clamp(min=0)  # rounding makes a zero negative
    return (mean1 - mean2).square().sum() + cov1.trace() + cov2.trace() - 2 * squares.sqrt().sum()


def fid(x: Tensor, y: Tensor) -> Tensor:
    """The Fréchet distance of the Gaussians with the means and covariances of two sets of features: ().

    x (N, d) and y (M, d) with N, M > 1, each possibly smaller than d. The covariances are the unbiased ones, with
    N - 1 and M - 1.
    """
    d = x.shape[1]  # for d = 1 torch gives the covariance as a number
    return frechet_distance(x.mean(0), x.mT.cov().view(d, d), y.mean(0), y.mT.cov().view(d, d))
