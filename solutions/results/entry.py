"""The words in which a homework says what a model is, what it learns from, and what is measured.

A homework's module (solutions/results/hwN.py) holds

    MODELS   dict[str, Entry]: its models by name; the names are unique in the course
    NOTES    what a reader of the page must know about them, a sentence or more each

and, where no other homework has it yet, the DataSet that they learn from.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Generator, Tensor, nn
from tqdm.auto import tqdm

NATS = "nats per image"
BITS = "bits per dimension"
FID = "FID"  # a distance of samples and test images, see features

# What a loss and a measure get: images (B, C, H, W), or images with more about each, such as labels (B,).
Batch = Tensor | tuple[Tensor, ...]
Values = dict[str, tuple[float, float | None]]  # by name: a mean and its standard error, or a number that has none


@dataclass(frozen=True)
class Limits:
    """A value strictly between the two can be true; each has a few words on where it comes from."""

    floor: float
    ceiling: float
    floor_is: str
    ceiling_is: str


@dataclass(frozen=True)
class Judge:
    """Who measures how far samples are from test images."""

    distance: Callable[[Tensor, Generator], float]  # of images (N, 1, H, W) in [0, 1]: their FID
    limits: Limits


def images_of(batch: Batch) -> Tensor:
    """The images (B, C, H, W) of a batch, without what else it has about each."""
    return batch if isinstance(batch, Tensor) else batch[0]


@dataclass(frozen=True)
class Data:
    """Examples to train on, of which a step asks for some by their numbers, and test examples."""

    size: int  # how many there are to train on
    batch: Callable[[Tensor, Generator], Batch]  # row numbers (B,) -> what a loss gets
    test: Batch  # all test examples at once
    limits: Mapping[str, Limits]  # by unit
    judge: Callable[[], Judge] | None = None  # made when it is asked for

    @property
    def images(self) -> Tensor:
        """The test images (N, C, H, W)."""
        return images_of(self.test)

    @property
    def side(self) -> int:
        return self.images.shape[-1]

    def test_batches(self, at_once: int) -> Iterator[Batch]:
        if isinstance(self.test, Tensor):
            yield from self.test.split(at_once)
        else:
            yield from zip(*(part.split(at_once) for part in self.test), strict=True)


@dataclass(frozen=True)
class DataSet:
    """A data set by name; what is measured on it stands in one chapter of the page."""

    name: str
    title: str
    intro: str  # of the chapter: what the numbers are
    notes: tuple[str, ...]
    load: Callable[[], Data]  # may raise DataError


@dataclass(frozen=True)
class Quantity:
    """Something that is measured. `kind` says how a value relates to the truth: exact, bound or estimate."""

    label: str
    kind: str
    unit: str = NATS


JUDGED = {FID: Quantity("FID", "estimate", FID)}  # among the quantities of an entry: its samples are judged as well


@dataclass(frozen=True)
class Published:
    """What the paper reports for the headline, where, and what keeps the two numbers apart; None: no figure."""

    value: float | None
    source: str
    differs: str


@dataclass(frozen=True)
class Player:
    """Parameters with a loss and an Adam of their own: one for a likelihood, two for an adversarial game."""

    loss: Callable[[nn.Module, Batch, Generator], Tensor]  # ()
    learning_rate: float
    parameters: Callable[[nn.Module], Iterable[nn.Parameter]] = nn.Module.parameters
    betas: tuple[float, float] = (0.9, 0.999)
    turns: int = 1  # within each step of training; every turn has a batch of its own


@dataclass(frozen=True)
class Entry:
    """A reference model at a real size: how it is built, trained, measured, sampled and shown."""

    title: str
    built_as: str
    data: DataSet
    build: Callable[[Data], nn.Module]
    players: tuple[Player, ...]  # one after the other in every step
    batch_size: int
    measure: Callable[[nn.Module, Data, Generator], Values]
    quantities: Mapping[str, Quantity]  # of everything that is measured, by name
    headline: str  # the name of the one that stands beside the published figure
    sample: Callable[[nn.Module, int, Data, Generator], Tensor]  # count -> (count, 1, H, W) in [0, 1]
    published: Published
    look: str = ""  # what there is to see in the samples, whatever the run
    grid: tuple[int, int] = (3, 8)  # rows and columns of samples
    after_step: Callable[[nn.Module], Any] = lambda model: None  # such as a moving average of the weights

    @property
    def unit(self) -> str:
        return self.quantities[self.headline].unit


def per_image(
    measure: Callable[[nn.Module, Batch, Generator], dict[str, Tensor]], at_once: int = 100
) -> Callable[[nn.Module, Data, Generator], Values]:
    """Means and standard errors over the test images of what `measure` says of a batch: (B,) under each name."""

    def over_all(model: nn.Module, data: Data, generator: Generator) -> Values:
        batches = tqdm(list(data.test_batches(at_once)), desc="measuring", unit="batch", leave=False)
        parts = [measure(model, batch, generator) for batch in batches]
        values = {name: torch.cat([part[name] for part in parts]).double() for name in parts[0]}
        return {name: (value.mean().item(), value.std().item() / len(value) ** 0.5) for name, value in values.items()}

    return over_all
