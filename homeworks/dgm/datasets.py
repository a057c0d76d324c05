"""The small data of the homeworks: made here, or shipped with scikit-learn. `images` holds the larger digits.

Images are float tensors (N, 1, H, W) with pixels in {0, 1}; sequences are long tensors (N, T). The same arguments
give the same data on every machine, and no function touches the global random numbers.
"""

import math

import numpy as np
import torch
from torch import Tensor


def digits() -> tuple[Tensor, Tensor]:
    """Train (1500, 1, 8, 8) and test (297, 1, 8, 8) images of handwritten digits, binarised.

    The 1797 optical digits that ship with scikit-learn (Alpaydin & Kaynak, 1998, UCI); a pixel with 8 or more of its
    16 grey levels is 1. The split is fixed. Independent pixels reach 0.397 nats per pixel on the test images.
    """
    from sklearn.datasets import load_digits

    images = torch.tensor(load_digits().images)[:, None]
    order = torch.randperm(len(images), generator=torch.Generator().manual_seed(0))
    images = (images[order] >= 8).float()
    return images[:1500], images[1500:]


def period_sequences(n: int, length: int = 64, period: int = 11, flip: float = 0.02, seed: int = 0) -> Tensor:
    """Noisy periodic bits (n, length), long: a random word of `period` bits, repeated, each bit flipped with `flip`.

    The next bit can be told only from the one `period` steps earlier. A model that sees less than that knows nothing
    and pays log 2 = 0.693 nats per bit; from step `period` on, one that sees it pays about 0.17 (flip = 0.02).
    """
    if min(n, length, period) < 1:
        raise ValueError(f"n, length and period must be at least 1, got {n}, {length}, {period}")
    if not 0 <= flip <= 1:
        raise ValueError(f"flip must be a probability, got {flip}")
    generator = torch.Generator().manual_seed(seed)
    word = torch.rand(n, period, generator=generator) < 0.5
    clean = word.repeat(1, math.ceil(length / period))[:, :length]
    return (clean ^ (torch.rand(n, length, generator=generator) < flip)).long()


def gaussian_mixture(n: int, w: float = 0.5, a: float = 2.0, s: float = 0.5, seed: int = 0) -> Tensor:
    """`n` samples (n,) of w N(-a, s^2) + (1 - w) N(a, s^2)."""
    generator = torch.Generator().manual_seed(seed)
    left = torch.rand(n, generator=generator) < w
    return torch.where(left, -a, a) + s * torch.randn(n, generator=generator)


def gaussian_mixture_log_prob(x: Tensor, w: float = 0.5, a: float = 2.0, s: float = 0.5) -> Tensor:
    """Log density, in nats, of w N(-a, s^2) + (1 - w) N(a, s^2) at every entry of x; the shape of x."""
    if not 0 < w < 1:
        raise ValueError(f"w must lie strictly between 0 and 1, got {w}")
    left, right = (-0.5 * ((x - mean) / s) ** 2 for mean in (-a, a))
    return torch.logaddexp(math.log(w) + left, math.log1p(-w) + right) - math.log(s) - 0.5 * math.log(2 * math.pi)


def glyph(n: int, character: str = "8", seed: int = 0) -> Tensor:
    """`n` points (n, 2), uniform on the ink of a character in bold type, with mean 0 and standard deviation 1.

    Raises ValueError for a character without ink.
    """
    from matplotlib.font_manager import FontProperties
    from matplotlib.path import Path
    from matplotlib.textpath import TextPath

    if not character.strip():
        raise ValueError(f"character must leave ink, got {character!r}")
    outline = TextPath((0, 0), character, size=1, prop=FontProperties(family="DejaVu Sans", weight="bold"))
    contours = [Path(polygon) for polygon in outline.to_polygons()]
    box, generator, found = outline.get_extents(), np.random.default_rng(seed), np.empty((0, 2))
    while len(found) < n:
        points = generator.random((4 * n, 2)) * box.size + box.min
        inside = np.logical_xor.reduce([contour.contains_points(points) for contour in contours])  # holes are contours
        found = np.concatenate([found, points[inside]])
    chosen = torch.tensor(found[:n], dtype=torch.float32)
    return (chosen - chosen.mean(0)) / chosen.std(0)


def all_binary(D: int) -> Tensor:
    """All 2^D binary vectors (2^D, D), float, in the order of the numbers they spell."""
    if not 1 <= D <= 20:
        raise ValueError(f"D must lie in 1..20, got {D}")
    powers = 2 ** torch.arange(D - 1, -1, -1)
    return ((torch.arange(2**D)[:, None] & powers) > 0).float()
