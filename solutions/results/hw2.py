"""Homework 2: one latent variable model trained with two objectives; its likelihood is bounded."""

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Generator, Tensor, nn

from solutions.hw2.importance_weighting import iwae_bound
from solutions.hw2.vae import VAE
from solutions.results.data import BINARY_MNIST
from solutions.results.entry import JUDGED, Data, Entry, Player, Published, Quantity, per_image

DRAWS = 100  # per test image, for the bounds
IWAE_DRAWS = 5

NOTES = (
    f"Homework 2, **bounds**: −L_{DRAWS}, with {DRAWS} draws per image, is the closer one; −log p(x) lies below its "
    "expectation.",
    "Homework 2, **published**: the figures agree with the table in which github.com/nbip/IWAE quotes the paper beside "
    "its own reproduction; they were not read off the paper itself.",
    "Homework 2, **left out**: the Gaussian mixture. It is a density over real vectors, and a density of pixels that "
    "are 0 or 1 can be made as high as one likes: no number of it could stand beside these.",
)


def vae(data: Data) -> VAE:
    return VAE(data.side**2, d_z=50, hidden=500, likelihood="bernoulli")


def log_weights(model: VAE, x: Tensor, draws: int, generator: Generator) -> Tensor:
    """log p(x, z) - log q(z | x) of `draws` z from q for binary images (B, 1, H, W): (draws, B), in nats."""
    x = x.flatten(1)
    mean, log_std = model.encode(x)
    eps = torch.randn(draws, *mean.shape, generator=generator)
    z = mean + log_std.exp() * eps
    logits = model.decode(z)  # (draws, B, d_x)
    log_likelihood = -F.binary_cross_entropy_with_logits(logits, x.expand_as(logits), reduction="none").sum(-1)
    return log_likelihood + (0.5 * eps**2 - 0.5 * z**2 + log_std).sum(-1)


def vae_loss(model: VAE, x: Tensor, generator: Generator) -> Tensor:
    x = x.flatten(1)
    width = model.encode(x[:1])[0].shape[1]
    return model.loss(x, torch.randn(len(x), width, generator=generator))["total"]


def iwae_loss(model: VAE, x: Tensor, generator: Generator) -> Tensor:
    return -iwae_bound(log_weights(model, x, IWAE_DRAWS, generator)).mean()


def bounds(model: VAE, x: Tensor, generator: Generator) -> dict[str, Tensor]:
    """Two upper bounds of -log p(x), (B,) nats each."""
    log_w = log_weights(model, x, DRAWS, generator)
    return {f"-L_{DRAWS}": -iwae_bound(log_w), "-ELBO": -log_w.mean(0)}


def sample(model: VAE, count: int, data: Data, generator: Generator) -> Tensor:
    width = model.encode(torch.zeros(1, data.side**2))[0].shape[1]
    z = torch.randn(count, width, generator=generator)
    u = torch.rand(count, data.side**2, generator=generator)
    return model.sample(z, u).view(count, 1, data.side, data.side)


def _vae_trained_by(
    title: str, built_as: str, loss: Callable[[nn.Module, Tensor, Generator], Tensor], published: Published
) -> Entry:
    return Entry(
        title=title,
        built_as=built_as,
        data=BINARY_MNIST,
        build=vae,
        players=(Player(loss, learning_rate=1e-3),),
        batch_size=100,
        measure=per_image(bounds, at_once=50),
        quantities={
            f"-L_{DRAWS}": Quantity(f"−L_{DRAWS}", "bound"),
            "-ELBO": Quantity("−ELBO", "bound"),
            **JUDGED,
        },
        headline=f"-L_{DRAWS}",
        sample=sample,
        published=published,
    )


MODELS = {
    "vae": _vae_trained_by(
        "VAE (homework 2)",
        "784-500-50-500-784",
        vae_loss,
        Published(
            86.76,
            "Burda et al. 2016 (arXiv:1509.00519), Table 1: one stochastic layer, k = 1.",
            "Theirs has two hidden layers of 200 on either side of 50 latent dimensions, made 3280 passes over the "
            "data, and was measured with 5000 draws per image in place of 100, which tightens the bound. "
            "Binarisation: dynamic in both.",
        ),
    ),
    "iwae": _vae_trained_by(
        "IWAE (homework 2)",
        f"the same network, k = {IWAE_DRAWS} draws in the objective",
        iwae_loss,
        Published(
            85.54,
            "Burda et al. 2016, Table 1: one stochastic layer, k = 5. (With k = 50: 84.78.)",
            "As for the VAE. Five draws per image make a step dearer, so that the same CPU time has room for fewer of "
            "them than for the VAE: to compare the two objectives, compare runs with equally many steps, as the paper "
            "does.",
        ),
    ),
}
