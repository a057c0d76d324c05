"""A mixture of Gaussians, fitted by expectation maximisation.

Source  Dempster, Laird & Rubin (1977), J. Royal Statistical Society B 39(1), sections 2 and 4.3 (mixtures); the
        formulas for Gaussians as in Bishop (2006), "Pattern Recognition and Machine Learning", Eqs. (9.23)-(9.28).
Shapes  N points, D dimensions, K components.
Units   nats.
"""

import math

import torch
from torch import Tensor


def _log_joint(X: Tensor, pi: Tensor, mean: Tensor, cov: Tensor) -> Tensor:
    """log pi_k + log N(x_n; mean_k, cov_k): (N, K)."""
    root = torch.linalg.cholesky(cov)  # (K, D, D), lower triangular
    centred = (X - mean[:, None]).mT  # (K, D, N)
    distance = torch.linalg.solve_triangular(root, centred, upper=False).square().sum(1)  # (K, N), Mahalanobis, squared
    half_log_det = root.diagonal(dim1=1, dim2=2).log().sum(1)
    return pi.log() - half_log_det - 0.5 * X.shape[1] * math.log(2 * math.pi) - 0.5 * distance.T


def e_step(X: Tensor, pi: Tensor, mean: Tensor, cov: Tensor) -> Tensor:
    """Responsibilities p(component k | x_n) of a Gaussian mixture: (N, K), every row sums to 1.

    X (N, D) are the points; pi (K,) > 0 the weights of the components, mean (K, D) their means, cov (K, D, D) their
    full covariance matrices (positive definite). The densities must stay logarithms until the rows are normalised: a
    point a thousand standard deviations away from every component still has a row of finite numbers that sums to 1.
    """
    return _log_joint(X, pi, mean, cov).softmax(1)


def m_step(X: Tensor, R: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """The parameters that maximise the expected complete log-likelihood: pi (K,), mean (K, D), cov (K, D, D).

    X (N, D) are the points, R (N, K) the responsibilities: rows sum to 1, and every component has a positive share.
    What is maximised is the sum over n and k of R[n, k] (log pi_k + log N(x_n; mean_k, cov_k)), over all weights that
    sum to 1, all means and all full covariance matrices, without any regularisation.
    """
    share = R.sum(0)
    mean = R.T @ X / share[:, None]
    centred = X - mean[:, None]  # (K, N, D)
    cov = torch.einsum("nk,kni,knj->kij", R, centred, centred) / share[:, None, None]
    return share / len(X), mean, cov


def em(X: Tensor, pi: Tensor, mean: Tensor, cov: Tensor, steps: int) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """`steps` steps of expectation maximisation from the given parameters: (pi, mean, cov, log_likelihoods).

    X (N, D), pi (K,), mean (K, D) and cov (K, D, D) are as in `e_step`; one step is an E-step followed by an M-step.
    log_likelihoods (steps + 1,) holds the mean over the points of log p(x_n), in nats, under the parameters before
    each step and, as its last entry, under the parameters that are returned. The arguments are left as they were.
    """
    log_joint = _log_joint(X, pi, mean, cov)
    log_likelihoods = [log_joint.logsumexp(1).mean()]
    for _ in range(steps):
        pi, mean, cov = m_step(X, log_joint.softmax(1))  # the E-step
        log_joint = _log_joint(X, pi, mean, cov)  # serves this likelihood and the next E-step
        log_likelihoods.append(log_joint.logsumexp(1).mean())
    return pi, mean, cov, torch.stack(log_likelihoods)
