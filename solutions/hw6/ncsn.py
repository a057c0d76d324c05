"""Noise-conditional score networks and annealed Langevin dynamics.

Source  Song & Ermon (2019), "Generative modeling by estimating gradients of the data distribution", arXiv:1907.05600:
        Eqs. (5)-(6) with the weight sigma^2, and Algorithm 1.
Shapes  B batch, L noise levels, n steps per level. A point has any shape behind the batch: x (B, ...).
"""

from collections.abc import Callable

from torch import Tensor


def ncsn_loss(
    score: Callable[[Tensor, Tensor], Tensor], x: Tensor, sigmas: Tensor, index: Tensor, eps: Tensor
) -> Tensor:
    """Denoising score matching over many noise levels, each weighted by its variance: ().

    Row b is disturbed by its own level sigma = sigmas[index[b]] of the L in sigmas (L,), with index (B,), long: the
    noisy point is x + sigma eps, x and the standard normal eps (B, ...). x, sigmas and eps have one dtype. `score(x,
    sigma)` takes points (B, ...) and their levels (B,). The loss is the mean over the batch of sigma^2 / 2 times the
    squared distance between the score at the noisy point and its target, the score of N(x, sigma^2 I) there, summed
    over coordinates. It can be differentiated with respect to the parameters of the score.
    """
    sigma = sigmas[index]
    wide = sigma.reshape(-1, *[1] * (x.dim() - 1))  # (B, 1, ..., 1), to go with (B, ...)
    return 0.5 * (wide * score(x + wide * eps, sigma) + eps).square().flatten(1).sum(1).mean()


def annealed_langevin(
    score: Callable[[Tensor, Tensor], Tensor], x: Tensor, sigmas: Tensor, step_size: float, noise: Tensor
) -> Tensor:
    """Samples (B, ...) from Langevin dynamics at ever smaller noise levels, from the start x (B, ...).

    At level i, in the order of the falling sigmas (L,), n steps are taken, each of which adds
    (alpha / 2) score(x, sigma) + sqrt(alpha) eps with alpha = step_size sigmas[i]^2 / sigmas[-1]^2. `score(x, sigma)`
    takes points (B, ...) and levels (B,), here all alike. noise (L, n, B, ...) is standard normal: noise[i, k] is the
    eps of step k at level i. Raises ValueError when some level is not below the one before it.
    """
    if not (sigmas[1:] < sigmas[:-1]).all():
        raise ValueError(f"sigmas must fall, got {sigmas.tolist()}")
    for sigma, level in zip(sigmas, noise, strict=True):
        alpha = step_size * (sigma / sigmas[-1]) ** 2
        for eps in level:
            x = x + alpha / 2 * score(x, sigma.expand(len(x))) + alpha.sqrt() * eps
    return x
