"""What the adversarial models of several homeworks share: their networks, and how such a model is said."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Generator, Tensor, nn

from solutions.results.data import BINARY_MNIST
from solutions.results.entry import FID, JUDGED, Entry, Player, Published


class Adversaries(nn.Module):
    """A generator of 28 x 28 images and a critic of them, the convolutional networks of homework 4's film."""

    width = 64  # of the noise

    def __init__(self) -> None:
        super().__init__()
        self.generator = nn.Sequential(
            *(nn.Linear(self.width, 48 * 49), nn.BatchNorm1d(48 * 49), nn.ReLU(), nn.Unflatten(1, (48, 7, 7))),
            *(nn.ConvTranspose2d(48, 24, 4, 2, 1), nn.BatchNorm2d(24), nn.ReLU()),
            *(nn.ConvTranspose2d(24, 1, 4, 2, 1), nn.Sigmoid()),
        )
        self.critic = nn.Sequential(
            *(nn.Conv2d(1, 24, 4, 2, 1), nn.LeakyReLU(0.2), nn.Conv2d(24, 48, 4, 2, 1), nn.LeakyReLU(0.2)),
            *(nn.Flatten(), nn.Linear(48 * 49, 1), nn.Flatten(0)),
        )

    def fakes(self, count: int, generator: Generator) -> Tensor:
        """Probabilities of pixels (count, 1, 28, 28)."""
        return self.generator(torch.randn(count, self.width, generator=generator))


def adversarial(
    title: str,
    built_as: str,
    critic_loss: Callable[[Any, Any, Generator], Tensor],
    generator_loss: Callable[[Any, Any, Generator], Tensor],
    learning_rates: tuple[float, float],
    betas: tuple[float, float],
    published: Published,
    turns: int = 1,
) -> Entry:
    """A model of binary images that has samples and no likelihood.

    The critic and the generator have a learning rate each; the critic has `turns` for each of the generator.
    """
    return Entry(
        title=title,
        built_as=built_as,
        data=BINARY_MNIST,
        build=lambda data: Adversaries(),
        players=(
            Player(critic_loss, learning_rates[0], lambda model: model.critic.parameters(), turns=turns, betas=betas),
            Player(generator_loss, learning_rates[1], lambda model: model.generator.parameters(), betas=betas),
        ),
        batch_size=64,
        measure=lambda model, data, generator: {},
        quantities=JUDGED,
        headline=FID,
        sample=lambda model, count, data, generator: model.fakes(count, generator),
        published=published,
    )
