"""The formulas that the theory problems of homework 4 end in, as small functions.

Units   nats; Wasserstein distances in the unit of the line.
"""

import math

import torch
import torch.nn.functional as F
from torch import Tensor


def linear_surgery(weight: float, std: float) -> tuple[float, float, float]:
    """ELBO surgery of a linear encoder: (average_kl, marginal_kl, mutual_information), in nats.

    The data are x ~ N(0, 1), the encoder is q(z | x) = N(weight * x, std^2) with std > 0, the prior is N(0, 1).
    average_kl is E_x[KL(q(z | x) || p(z))], marginal_kl is KL(q(z) || p(z)) with q(z) = E_x[q(z | x)], and
    mutual_information is E_x[KL(q(z | x) || q(z))]. Arguments are numbers, results numbers or tensors ().
    """
    variance = weight**2 + std**2  # of the aggregate posterior, a Gaussian
    return (
        0.5 * (variance - 1) - math.log(std),
        0.5 * (variance - 1 - math.log(variance)),
        0.5 * math.log(variance) - math.log(std),
    )


def gan_optimum(p: Tensor, g: Tensor, share: float) -> tuple[Tensor, Tensor]:
    """The best discriminator when `share` of all points that it sees are data, and what it reaches: (D (K,), value ()).

    p and g (K,) > 0 are the distributions of data and generator over K symbols, 0 < share < 1. D maximises
    share E_p[log D] + (1 - share) E_g[log(1 - D)], and value is that maximum, in nats.
    """
    data, fakes = share * p, (1 - share) * g
    total = data + fakes
    return data / total, (data * (data / total).log()).sum() + (fakes * (fakes / total).log()).sum()


def lsgan_optimum(p: Tensor, g: Tensor, a: float, b: float, c: float) -> tuple[Tensor, Tensor]:
    """The best discriminator of a least-squares GAN, and what the generator's objective is then: (D (K,), value ()).

    D minimises (E_p[(D - b)^2] + E_g[(D - a)^2]) / 2, and value is (E_p[(D - c)^2] + E_g[(D - c)^2]) / 2 at this D. p
    and g (K,) > 0 are the distributions of data and generator over K symbols; a, b and c are any numbers.
    """
    D = (b * p + a * g) / (p + g)
    return D, 0.5 * ((p + g) * (D - c) ** 2).sum()


def non_saturating_objective(p: Tensor, g: Tensor) -> Tensor:
    """KL(g || p) - 2 JS(p, g): () in nats, whose gradient in g the non-saturating loss follows at the best D.

    p and g (K,) are the distributions of data and generator over K symbols; g may have zeros, p may not. JS is the
    Jensen-Shannon divergence with weights 1/2 and 1/2.
    """
    middle = (p + g) / 2
    kl_p, kl_g = (p * (p / middle).log()).sum(), torch.xlogy(g, g / middle).sum()
    return torch.xlogy(g, g / p).sum() - kl_p - kl_g


def noisy_segments(theta: float, sigma: float) -> tuple[float, float, float]:
    """KL, Jensen-Shannon divergence and Wasserstein-1 distance of two parallel segments with noise: (kl, js, w1).

    The first law is (0, U), the second (theta, U), with U uniform on [0, 1], and both get independent Gaussian noise
    with standard deviation sigma >= 0 added to their first coordinate. kl is the same in both directions, and math.inf
    where it is infinite. js, in nats, is right to 1e-6; it needs a quadrature in one
    dimension. With sigma = 0 the segments have no noise. Arguments are numbers, results numbers or tensors ().
    """
    shift = abs(theta)
    if sigma == 0:
        return (0.0, 0.0, 0.0) if shift == 0 else (math.inf, math.log(2), shift)
    gap = shift / sigma
    x = torch.linspace(-12, 12, 20_001, dtype=torch.float64)
    density = torch.exp(-0.5 * x**2) / math.sqrt(2 * math.pi)
    log_ratio = gap * x - 0.5 * gap**2  # of second law and first, where the first has drawn x
    js = math.log(2) - torch.trapezoid(density * F.softplus(log_ratio), x).item()
    return 0.5 * gap**2, js, shift


def line_duality(p: Tensor, q: Tensor, x: Tensor) -> tuple[Tensor, Tensor]:
    """Wasserstein-1 distance of two distributions on the same points of a line, and a potential: (w1 (), f (K,)).

    p and q (K,) are the masses at the points x (K,), which increase strictly. f is 1-Lipschitz on the points, and
    sum of (p - q) f is w1. Any such f is right.
    """
    excess = (p - q).cumsum(0)[:-1]  # what must cross from point k to point k + 1
    steps = x.diff()
    zero = torch.zeros(1, dtype=x.dtype)
    return (excess.abs() * steps).sum(), torch.cat([zero, -(excess.sign() * steps).cumsum(0)])
