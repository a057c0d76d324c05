"""Precision and recall of a generator, and truncation, which trades one for the other.

Source  Kynkäänniemi, Karras, Laine, Lehtinen & Aila (2019), arXiv:1904.06991, Eqs. (1) and (2), for the first;
        Brock, Donahue & Simonyan (2019), arXiv:1809.11096, section 3.1, and Karras, Laine & Aila (2019),
        arXiv:1812.04948, appendix B, for truncation.
Shapes  N real and M generated points with d features.
"""

import math

import torch
from torch import Tensor


def precision_recall(real: Tensor, fake: Tensor, k: int) -> tuple[Tensor, Tensor]:
    """Precision and recall of generated points: two numbers () between 0 and 1.

    real is (N, d), fake (M, d), and k >= 1 is smaller than N and M. Around every point of a set lies a ball that
    reaches to its k-th nearest neighbour in the same set, the point itself not counted. Precision is the share of
    generated points that lie in at least one ball of the real set; recall is the share of real points that lie in at
    least one ball of the generated set. A point on the edge of a ball lies in it, up to the rounding of distances.
    """
    between = torch.cdist(real, fake)
    precision = (between <= _radii(real, k)[:, None]).any(0)
    recall = (between <= _radii(fake, k)).any(1)
    return precision.to(real).mean(), recall.to(real).mean()


def truncated_normal(u: Tensor, psi: float) -> Tensor:
    """Standard normal numbers, truncated to [-psi, psi] by their inverse distribution function: the shape of u.

    u holds numbers in (0, 1). z increases with u; for uniform u its density is that of N(0, 1) between -psi and psi,
    divided by the mass that N(0, 1) has there, and 0 elsewhere. psi > 0; raises ValueError otherwise.
    """
    if not psi > 0:
        raise ValueError(f"psi must be positive, got {psi}")
    tail = 0.5 * math.erfc(psi / math.sqrt(2))  # the mass of N(0, 1) beyond psi
    return torch.special.ndtri(tail + (1 - 2 * tail) * u).clamp(-psi, psi)


def truncate_style(w: Tensor, w_mean: Tensor, psi: float) -> Tensor:
    """The points w (N, d), moved towards their mean w_mean (d,): psi times their distance from it is left."""
    return w_mean + psi * (w - w_mean)


def _radii(x: Tensor, k: int) -> Tensor:
    """The distance from every point to its k-th nearest neighbour: (N,). The nearest of all is the point itself."""
    return torch.cdist(x, x).kthvalue(k + 1, dim=1).values
