"""The toy homework: a coin per pixel, on images that are coins."""

import torch
import torch.nn.functional as F
from torch import Generator, Tensor, nn

from solutions.results.entry import BITS, Data, DataSet, Entry, Limits, Player, Published, Quantity, per_image

NOTES = ("Homework 7, **images**: they are coins.",)


def coins() -> Data:
    images = torch.bernoulli(torch.full((40, 1, 4, 4), 0.2), generator=torch.Generator().manual_seed(0))
    limits = {BITS: Limits(0, 2, "no uncertainty at all", "two fair coins per pixel")}
    return Data(len(images), lambda rows, generator: images[rows], images, limits)


class Coins(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.logits = nn.Parameter(torch.zeros(1, 4, 4))


def bits(model: Coins, x: Tensor, generator: Generator) -> dict[str, Tensor]:
    nats = F.binary_cross_entropy_with_logits(model.logits.expand_as(x), x, reduction="none").flatten(1).mean(1)
    return {"bits": nats / torch.tensor(2.0).log()}


def sample(model: Coins, count: int, data: Data, generator: Generator) -> Tensor:
    return torch.bernoulli(model.logits.sigmoid().expand(count, -1, -1, -1), generator=generator)


MODELS = {
    "coins": Entry(
        title="Coins (homework 7)",
        built_as="a logit per pixel",
        data=DataSet("coin_images", "Images of coins", "In bits per pixel; lower is better.", (), coins),
        build=lambda data: Coins(),
        players=(Player(lambda model, x, generator: bits(model, x, generator)["bits"].mean(), 0.1),),
        batch_size=10,
        measure=per_image(bits),
        quantities={"bits": Quantity("−log₂ p(x) / 16", "exact", BITS)},
        headline="bits",
        sample=sample,
        published=Published(None, "None: nobody publishes coins.", "Nothing."),
    )
}
