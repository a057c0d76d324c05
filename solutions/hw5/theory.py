"""The formulas that the theory problems of homework 5 end in, as small functions."""

import torch
from torch import Tensor


def penalised_optimum(w: Tensor, r: Tensor, dx: float, weight: float) -> tuple[Tensor, Tensor]:
    """Slope and estimate of the best critic on a line under a gradient penalty: (slope (n,), estimate ()).

    On a grid with distance dx, w (n,) holds F_fake - F_real, the difference of the distribution functions, which has
    either sign and is nowhere 0, and r (n,), positive, the density of the points at which the penalty is taken. The
    critic f maximises mean f(real) - mean f(fake) - weight * mean of (|f'| - 1)^2 under r. `slope` is f' on the grid;
    `estimate` is mean f(real) - mean f(fake), with the integral as a sum over the grid times dx.
    """
    slope = w.sign() + w / (2 * weight * r)
    return slope, (w * slope).sum() * dx


def optimal_critic(name: str, ratio: Tensor) -> Tensor:
    """The critic T for which the f-GAN bound is tight, as a function of ratio = p / q > 0, at every entry.

    `name` is one of those of exercise 3: "kl", "reverse_kl", "pearson", "hellinger", "js", "gan". Raises ValueError
    for another.
    """
    if name == "kl":
        return 1 + ratio.log()
    if name == "reverse_kl":
        return -1 / ratio
    if name == "pearson":
        return 2 * (ratio - 1)
    if name == "hellinger":
        return 1 - ratio.rsqrt()
    if name == "js":
        return (2 * ratio / (1 + ratio)).log()
    if name == "gan":
        return (ratio / (1 + ratio)).log()
    raise ValueError(f"name must be one of kl, reverse_kl, pearson, hellinger, js, gan, got {name!r}")


def plane_frechet(mean1: Tensor, cov1: Tensor, mean2: Tensor, cov2: Tensor) -> Tensor:
    """The Fréchet distance of two Gaussians in the plane from traces and determinants alone: ().

    mean1 and mean2 are (2,); cov1 and cov2 (2, 2) are positive definite and need not commute.
    """
    trace_of_root = ((cov1 @ cov2).trace() + 2 * (torch.linalg.det(cov1) * torch.linalg.det(cov2)).sqrt()).sqrt()
    return (mean1 - mean2).square().sum() + cov1.trace() + cov2.trace() - 2 * trace_of_root


def straight_through_bias(A: Tensor, z_e: Tensor, z_q: Tensor) -> Tensor:
    """What the straight-through gradient of |A z_q - x|^2 has too much: (D,).

    A (m, D) is a linear decoder, z_e (D,) the encoder's vector, z_q (D,) its code vector, held fixed. The result is
    the straight-through gradient with respect to z_e, minus the gradient of |A z - x|^2 at z = z_e.
    """
    return 2 * A.mT @ (A @ (z_q - z_e))
