"""The Fréchet distance of samples and test images (FID), by what a small classifier makes of them.

The classifier has the layers of homework 5's notebook and learns from all training images for a fixed number of steps
with a fixed seed, so that all models of a data set are judged by the same features. A model is judged by 2000 samples,
against all test images. The features, and with them the distances, have nothing to do with those of Inception:
published figures do not stand beside them.
"""

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Generator, Tensor, nn

from solutions.hw5.scores import fid
from solutions.results.entry import Data, Entry, Judge, Limits, images_of

FEATURES = 48
SAMPLES = 2000
AT_ONCE = 500
STEPS = 1000  # of the classifier
BATCH = 64


Pixels = Callable[[Tensor, Generator], Tensor]


class Classifier(nn.Module):
    """Logits of ten digits (B, 10) for images (B, 1, side, side), by way of the features (B, FEATURES)."""

    def __init__(self, side: int) -> None:
        super().__init__()
        coarse = -(-side // 4)
        self.features = nn.Sequential(
            *(nn.Conv2d(1, 12, 5, 2, 2), nn.ReLU(), nn.Conv2d(12, 24, 5, 2, 2), nn.ReLU()),
            *(nn.Flatten(), nn.Linear(24 * coarse**2, FEATURES), nn.Tanh()),
        )
        self.head = nn.Linear(FEATURES, 10)

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.features(x))


@torch.enable_grad()  # it is made when something is measured
def classifier(data: Data, labels: Tensor, steps: int = STEPS) -> Classifier:
    """A classifier that learnt from all training images and their labels (size,), for `steps` steps."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        model = Classifier(data.side)
    optimiser = torch.optim.Adam(model.parameters(), lr=2e-3)
    generator = torch.Generator().manual_seed(0)
    for _ in range(steps):
        rows = torch.randint(data.size, (BATCH,), generator=generator)
        loss = F.cross_entropy(model(images_of(data.batch(rows, generator))), labels[rows])
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    return model.eval().requires_grad_(False)


def judge(data: Data, labels: Tensor, pixels: Pixels, steps: int = STEPS) -> Judge:
    """A judge of samples, who reads digits, with what a distance can be.

    labels (size,) are those of the training images; `pixels` draws what the data hold (binary pixels, whole levels)
    from images (N, 1, H, W) with values in [0, 1].
    """
    features = classifier(data, labels, steps).features
    real = features(data.images).double()

    def distance(images: Tensor, generator: Generator) -> float:
        return fid(features(pixels(images, generator)).double(), real).item()

    generator = torch.Generator().manual_seed(1)
    others = images_of(data.batch(torch.randperm(data.size, generator=generator)[:SAMPLES], generator))
    own, independent = distance(others, generator), distance(shuffled(others, generator), generator)
    floor_is = f"of equal sets; {len(others):,} training images come to {own:.2f}"
    return Judge(distance, Limits(0.0, independent, floor_is, "independent pixels"))


def shuffled(images: Tensor, generator: Generator) -> Tensor:
    """Images (N, ...) of pixels that are independent: each comes from another one of the given images."""
    flat = images.flatten(1)
    rows = torch.rand(flat.shape, generator=generator).argsort(0)
    return flat.gather(0, rows).view_as(images)


def samples(entry: Entry, model: nn.Module, data: Data, generator: Generator) -> Tensor:
    """What a model is judged by: images (SAMPLES, 1, H, W), drawn in parts that fit into a cache."""
    return torch.cat([entry.sample(model, AT_ONCE, data, generator) for _ in range(SAMPLES // AT_ONCE)])
