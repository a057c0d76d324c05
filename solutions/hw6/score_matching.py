"""Three losses that fit a score, a model of grad log p(x), without the density p.

Source  Hyvarinen (2005), JMLR 6, 695-709, Theorem 1 (implicit); Song, Garg, Shi & Ermon (2019), arXiv:1905.07088,
        Eq. (8) (sliced); Vincent (2011), Neural Computation 23, 1661-1674, Eq. (9)-(11) (denoising).
Shapes  B batch, D dimension. A score takes points (B, D) to vectors (B, D), each row on its own.
"""

from collections.abc import Callable

from torch import Tensor

from solutions.hw6.divergence import divergence


def ism_loss(score: Callable[[Tensor], Tensor], x: Tensor) -> Tensor:
    """Implicit score matching: the mean over the batch x (B, D) of div score(x) + |score(x)|^2 / 2, ().

    It can be differentiated with respect to the parameters of the score.
    """
    return (divergence(score, x) + 0.5 * score(x).square().sum(1)).mean()


def ssm_loss(score: Callable[[Tensor], Tensor], x: Tensor, v: Tensor) -> Tensor:
    """Sliced score matching: the mean over the batch of v^T J v + (v^T score(x))^2 / 2, ().

    x and v are (B, D); J is the Jacobian of the score at x, which is never formed. With E[v v^T] = I the expectation
    over v is `ism_loss`. It can be differentiated with respect to the parameters of the score.
    """
    return (divergence(score, x, v) + 0.5 * (score(x) * v).sum(1).square()).mean()


def dsm_loss(score: Callable[[Tensor], Tensor], x: Tensor, sigma: float, eps: Tensor) -> Tensor:
    """Denoising score matching at one noise level: the mean over the batch of half the squared distance, ().

    The noisy point is x + sigma eps, with x (B, D) and standard normal eps (B, D); the target for the score there is
    the score of N(x, sigma^2 I), the density it was drawn from. Squares are summed over the D coordinates. It can be
    differentiated with respect to the parameters of the score.
    """
    return 0.5 * (score(x + sigma * eps) + eps / sigma).square().sum(1).mean()
