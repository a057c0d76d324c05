"""Real images that ship with the toolkit: a third of MNIST's training digits, and clothes of FashionMNIST.

They lie in `packed/` beside this file, are unpacked when they are first asked for, and need no network.
`packing` makes the files, data/README.md says where they come from and under which licence.
"""

import hashlib
import lzma
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from dgm.notebook import OneLineError

FOLDER = Path(__file__).resolve().parent / "packed"


class DataError(OneLineError):
    """A data set is missing or damaged; the sentence says what to do."""


@dataclass(frozen=True)
class Pack:
    """One packed file: `count` labels, a byte each, then `count` grey images (side, side), a byte a pixel.

    `sha256` is that of the unpacked content: another version of xz may pack the same content in other bytes.
    """

    name: str
    count: int
    side: int
    sha256: str

    @property
    def path(self) -> Path:
        return FOLDER / f"{self.name}.xz"


MNIST = {
    "train": (
        Pack("mnist-train-1", 10_000, 28, "2aa7f242f1bf3533543b7d7f9f776a07ea370697b89df690be10e8a639a07356"),
        Pack("mnist-train-2", 10_000, 28, "3f23bea424db10bcdf288896fde734fc666683839896e178bde99cd5fa4cbb0b"),
    ),
    "test": (Pack("mnist-test", 5_000, 28, "9f8c7e0f50eae17026f61f0acec45d4a3152c3a98155e14ded00219e393dee80"),),
}
FASHION = {
    "train": (Pack("fashion-train", 15_000, 14, "389243ee2d3b145d726f41369441b17ba126bc9fef07c60be8c6ecb07de7278a"),),
    "test": (Pack("fashion-test", 2_500, 14, "e4635bb22ba726afe4c48884d46cc4785cfff0a6bc58877a956b17707fa287dc"),),
}


def mnist(side: int = 28, split: str = "train", n: int | None = None) -> tuple[Tensor, Tensor]:
    """Handwritten digits: grey images (N, 1, side, side) in [0, 1], ink is 1, and labels (N,) from 0 to 9, int64.

    `split` is "train" (N = 20,000, every third of MNIST's training images) or "test" (N = 5,000, every second of its
    test images). `side` is 28, or 14: means over blocks of 2 x 2 pixels. With `n`, the first n of them only.
    Source: LeCun, Cortes & Burges, 1998. Raises ValueError for another side, split or n, and DataError when a packed
    file is missing or damaged.
    """
    if side not in (14, 28):
        raise ValueError(f"side must be 28 or 14, got {side}")
    images, labels = _unpacked(MNIST, split, n)
    return (images if side == 28 else F.avg_pool2d(images, 2)), labels


def fashion_mnist(side: int = 14, split: str = "train", n: int | None = None) -> tuple[Tensor, Tensor]:
    """Pictures of clothes: grey images (N, 1, 14, 14) in [0, 1] and labels (N,) from 0 to 9, int64.

    T-shirt, trousers, pullover, dress, coat, sandal, shirt, sneaker, bag, ankle boot, in this order; each label is
    equally frequent in both splits, "train" (N = 15,000) and "test" (N = 2,500). With `n`, the first n of them only.
    Source: Xiao, Rasul & Vollgraf, 2017, at 28 x 28; here means over blocks of 2 x 2 pixels. Raises ValueError for
    another side, split or n, and DataError when a packed file is missing or damaged.
    """
    if side != 14:
        raise ValueError(f"side must be 14: FashionMNIST is packed at 14 x 14 only, got {side}")
    return _unpacked(FASHION, split, n)


def binarise(images: Tensor, threshold: float | Tensor = 0.5) -> Tensor:
    """1 where an image is above the threshold, else 0: the shape and dtype of `images`.

    At 14 x 14, where means make thin strokes pale, 0.4 keeps them whole. With uniform noise of the images' shape in
    the place of the threshold, a pixel is 1 with a probability equal to its grey level (Burda et al., 2016, section 5).
    """
    return (images > threshold).to(images.dtype)


def quantise(images: Tensor, levels: int) -> Tensor:
    """The nearest of `levels` equally spaced grey levels: integers 0..levels - 1, long, for images in [0, 1].

    quantise(images, levels) / (levels - 1) is within half a step of the images. Raises ValueError below two levels.
    """
    if levels < 2:
        raise ValueError(f"levels must be at least 2, got {levels}")
    return (images * (levels - 1)).round().long()


def _unpacked(packs: Mapping[str, tuple[Pack, ...]], split: str, n: int | None) -> tuple[Tensor, Tensor]:
    if split not in packs:
        raise ValueError(f'split must be "train" or "test", got {split!r}')
    count = sum(pack.count for pack in packs[split])
    if n is not None and not 1 <= n <= count:
        raise ValueError(f"n must lie in 1..{count}, got {n}")
    parts = [_content(pack) for pack in packs[split]]
    labels, images = (torch.from_numpy(np.concatenate(part)[:n]) for part in zip(*parts, strict=True))
    return images[:, None].float() / 255, labels.long()


@cache
def _content(pack: Pack) -> tuple[np.ndarray, np.ndarray]:
    """Labels (count,) and images (count, side, side) of a packed file, as bytes; read once."""
    try:
        content = lzma.decompress(pack.path.read_bytes())
    except FileNotFoundError:
        raise DataError(f"{pack.path} is missing: put it back, from where you have the folder dgm") from None
    except lzma.LZMAError:
        content = b""
    if hashlib.sha256(content).hexdigest() != pack.sha256:
        raise DataError(f"{pack.path} is damaged: get it again, from where you have the folder dgm")
    values = np.frombuffer(content, np.uint8)
    return values[: pack.count], values[pack.count :].reshape(pack.count, pack.side, pack.side)
