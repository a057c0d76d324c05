"""The data of the homeworks: everything but MNIST is made here or ships with scikit-learn.

Images are float tensors (N, 1, H, W) with pixels in {0, 1}; sequences are long tensors (N, T). The same arguments
give the same data on every machine, and no function touches the global random numbers.
"""

import math
import os
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor

from dgm.notebook import OneLineError

# The raw IDX files of MNIST: size in bytes and SHA-256 of each. `python -m dgm.data` fetches them.
MNIST_FILES = {
    "train-images-idx3-ubyte": (47_040_016, "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db"),
    "train-labels-idx1-ubyte": (60_008, "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5"),
    "t10k-images-idx3-ubyte": (7_840_016, "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7"),
    "t10k-labels-idx1-ubyte": (10_008, "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2"),
}
IDX_IMAGES = 2051  # the magic number of an IDX file with three dimensions of bytes


class DataError(OneLineError):
    """A data set is missing or damaged; the sentence says what to do."""


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


def all_binary(D: int) -> Tensor:
    """All 2^D binary vectors (2^D, D), float, in the order of the numbers they spell."""
    if not 1 <= D <= 20:
        raise ValueError(f"D must lie in 1..20, got {D}")
    powers = 2 ** torch.arange(D - 1, -1, -1)
    return ((torch.arange(2**D)[:, None] & powers) > 0).float()


def mnist(size: int = 28) -> tuple[Tensor, Tensor]:
    """Train (60000, 1, size, size) and test (10000, 1, size, size) MNIST images, binarised.

    `size` is 28, where pixels above one half are 1, or 14: means over blocks of 2 x 2 pixels, where those above 0.4
    are 1, because a mean makes thin strokes pale. Independent pixels reach 0.273 nats per pixel there. The raw files
    must have been fetched once.
    Raises DataError, with the command to run, when they are missing or damaged.
    """
    if size not in (14, 28):
        raise ValueError(f"size must be 28 or 14, got {size}")
    return _mnist_images("train-images-idx3-ubyte", size), _mnist_images("t10k-images-idx3-ubyte", size)


def data_folder() -> Path:
    """The folder `data/` beside `homeworks/`; the environment variable DGM_DATA overrides it.

    A toolkit that was installed elsewhere looks for it from the working directory upwards.
    """
    if chosen := os.environ.get("DGM_DATA"):
        return Path(chosen).expanduser()
    package = Path(__file__).resolve().parent
    if package.parent.name == "homeworks":
        return package.parent.parent / "data"
    here = Path.cwd()
    course = next((folder for folder in (here, *here.parents) if (folder / "homeworks").is_dir()), here)
    return course / "data"


def mnist_folder() -> Path:
    return data_folder() / "cache" / "mnist"


def _mnist_images(name: str, size: int) -> Tensor:
    path = mnist_folder() / name
    try:
        raw = path.read_bytes()
    except FileNotFoundError:
        raise DataError(
            "MNIST is not there yet: run `make data` once, with a network (or `python -m dgm.data` in homeworks/). "
            f"It is looked for in {path.parent}"
        ) from None
    if len(raw) != MNIST_FILES[name][0] or int.from_bytes(raw[:4], "big") != IDX_IMAGES:
        raise DataError(f"{path} is damaged: run `make data`, with a network (or `python -m dgm.data` in homeworks/)")
    count, height, width = (int.from_bytes(raw[start : start + 4], "big") for start in (4, 8, 12))
    images = torch.frombuffer(bytearray(raw), dtype=torch.uint8, offset=16).view(count, 1, height, width)
    if size == 28:
        return (images > 127).float()
    return torch.cat([(F.avg_pool2d(chunk.float(), 2) > 0.4 * 255).float() for chunk in images.split(10_000)])
