"""Data sets that several homeworks learn from."""

import math
from dataclasses import replace
from functools import cache

import torch
import torch.nn.functional as F
from dgm.data import full_mnist
from dgm.images import quantise
from torch import Generator, Tensor

from solutions.results.entry import BITS, NATS, Data, DataSet, Limits
from solutions.results.features import judge

BEST_PUBLISHED = 79.20  # nats: Diagonal BiLSTM, 7 layers (van den Oord et al. 2016, the table of MNIST results)


def binarised(train: Tensor, test: Tensor, known: float = 0.0, known_is: str = "") -> Data:
    """Binary images from grey levels in [0, 1], (N, 1, H, W) each, with the range of plausible values.

    A pixel is 1 with a probability equal to its grey level, drawn anew for every batch (Burda et al. 2016, section 5)
    and once, with a fixed seed, for the test images. No model can beat the entropy of these coins, on average: they are
    not to be foreseen even by one who knows the grey levels. `known`, in nats, is a stricter floor where there is one.
    Every model that learnt anything beats independent pixels.
    """
    bits = torch.bernoulli(test, generator=torch.Generator().manual_seed(1))
    share = train.mean(0).clamp(1e-4, 1 - 1e-4)
    ceiling = F.binary_cross_entropy(share.expand_as(bits), bits, reduction="sum").item() / len(bits)
    noise = -(torch.xlogy(test, test) + torch.xlogy(1 - test, 1 - test)).flatten(1).sum(1).mean().item()

    def batch(rows: Tensor, generator: Generator) -> Tensor:
        return torch.bernoulli(train[rows], generator=generator)

    floor, floor_is = max((noise, "the entropy of the binarisation"), (known, known_is))
    limits = Limits(floor, ceiling, floor_is, "independent pixels, measured on the same test images")
    return Data(len(train), batch, bits, {NATS: limits})


def binary_mnist() -> Data:
    """MNIST, binarised stochastically. Raises DataError when the files are missing or damaged."""
    best = "Diagonal BiLSTM, 7 layers, the best model of van den Oord, Kalchbrenner & Kavukcuoglu 2016"
    (train, labels), (test, _) = full_mnist("train"), full_mnist("test")
    data = binarised(train, test, BEST_PUBLISHED, best)
    return replace(data, judge=cache(lambda: judge(data, labels, drawn)))


def drawn(images: Tensor, generator: Generator) -> Tensor:
    """Binary pixels, drawn with the probabilities that the images hold; pixels that are 0 or 1 stay."""
    return torch.bernoulli(images, generator=generator)


BINARY_MNIST = DataSet(
    "binary_mnist",
    "MNIST, binarised at random",
    "All in nats per image of 28 x 28 binary pixels; lower is better.",
    (
        "**Binarisation**: a pixel is 1 with a probability equal to its grey level. For training it is drawn anew in "
        "every batch (dynamic), for the test images once. The static binarisation of the MADE and PixelCNN papers also "
        "draws the training images only once: fewer different images to learn from, and test images that are another "
        "draw of the same kind. The homeworks cut the grey levels at one half: an easier problem, "
        "with lower numbers, which do not belong into this table.",
    ),
    binary_mnist,
)


LEVELS = 17  # of grey, at 14 x 14
LEVELLED_TEST = 1000  # images: a bound may ask for a hundred passes through a network for each


def levelled(train: Tensor, test: Tensor) -> Data:
    """Images (N, 1, H, W) each, with pixels 0, 1/16, ..., 1, and the range of plausible bits per dimension.

    The ceiling is what one pays who knows nothing; its words tell what a histogram for every pixel reaches.
    """
    train, test = quantise(train, LEVELS), quantise(test, LEVELS)
    counts = torch.stack([(train == level).sum(0) for level in range(LEVELS)]) + 0.1
    independent = -(counts / counts.sum(0)).log2().gather(0, test).mean().item()
    ceiling_is = f"equally likely levels; independent pixels reach {independent:.3f}"
    limits = Limits(0.5, math.log2(LEVELS), "far below what models of the course reach", ceiling_is)
    return Data(len(train), lambda rows, generator: train[rows] / (LEVELS - 1), test / (LEVELS - 1), {BITS: limits})


def levelled_mnist() -> Data:
    """MNIST at 14 x 14. Raises DataError when the files are missing or damaged."""
    (train, labels), (test, _) = full_mnist("train"), full_mnist("test")
    data = levelled(F.avg_pool2d(train, 2), F.avg_pool2d(test, 2))
    return replace(data, test=data.images[:LEVELLED_TEST], judge=cache(lambda: judge(data, labels, rounded)))


def rounded(images: Tensor, generator: Generator) -> Tensor:
    """The nearest levels."""
    return ((LEVELS - 1) * images).round() / (LEVELS - 1)


LEVELLED_MNIST = DataSet(
    "levelled_mnist",
    f"MNIST, 14 x 14, {LEVELS} levels",
    "All in bits per dimension of images of 14 x 14 pixels, means over 2 x 2 of those of MNIST, rounded to the nearest "
    f"of {LEVELS} grey levels; lower is better. A model that knows nothing needs {math.log2(LEVELS):.2f}.",
    (
        f"**Test images**: the first {LEVELLED_TEST:,}; all of them for the FID. Published figures for MNIST are for "
        "28 x 28 pixels of 256 levels.",
    ),
    levelled_mnist,
)
