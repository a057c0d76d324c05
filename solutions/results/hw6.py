"""Homework 6: a diffusion model; its ELBO bounds the likelihood of grey digits."""

import copy
import math
from functools import partial

import torch
from dgm.unet import UNet
from torch import Generator, Tensor, nn

from solutions.hw3.dequantisation import bits_per_dim
from solutions.hw6.ddpm import ddpm_loss
from solutions.hw6.ddpm import sample as ddpm_sample
from solutions.hw6.diffusion_elbo import vlb_terms
from solutions.results.data import LEVELLED_MNIST, LEVELS
from solutions.results.entry import BITS, Data, Entry, Player, Published, Quantity, per_image

STEPS = 100  # of the diffusion
LOG_SNR = (7.5, -7.0)  # after its first and its last step; the noise of the first is a fifth of a level's cell
DECAY = 0.999  # of the moving average of the weights

NOTES = (
    "Homework 6, **bound**: a level is spread evenly over its cell, one draw for an image; the density then bounds the "
    "probability of the level (Theis, van den Oord & Bethge 2016, section 3.1), and the ELBO bounds the density, with "
    "one draw of noise for every step of the diffusion.",
    "Homework 6, **what was trained**: the simple loss, with a schedule whose log signal-to-noise ratio falls evenly: "
    "then it is the ELBO in the limit of many steps (Kingma et al. 2021, arXiv:2107.00630), which it is not with the "
    "cosine schedule of the homework: with that one a run of as many seconds came to 1.59.",
    "Homework 6, **left out**: FFJORD, which carries a Gaussian to a glyph in the homework, was not trained on digits.",
)


def cells(x: Tensor, generator: Generator) -> Tensor:
    """Each pixel of x (B, 1, H, W) somewhere in the cell of its level, drawn evenly: in [0, 1), the same shape."""
    return ((x * (LEVELS - 1)).round() + torch.rand(x.shape, generator=generator)) / LEVELS


def even_schedule(T: int) -> Tensor:
    """alpha_bars (T + 1,), float64, of log signal-to-noise ratios that fall evenly from t = 1 to t = T."""
    bars = torch.linspace(*LOG_SNR, T, dtype=torch.float64).sigmoid()
    return torch.cat([torch.ones(1, dtype=torch.float64), bars])


class Diffusion(nn.Module):
    """A predictor of the noise, and the moving average of its weights, which is what is measured.

    The U-Net's output v is mixed with the noisy image: eps = sqrt(alpha_bar) v + sqrt(1 - alpha_bar) x_t (Salimans & Ho
    2022, arXiv:2202.00512, appendix D). Where nearly all is noise the bound punishes the smallest error of eps, and
    there the image itself is nearly right.
    """

    def __init__(self) -> None:
        super().__init__()
        self.net = UNet(24)
        self.average = copy.deepcopy(self.net).requires_grad_(False)
        self.register_buffer("bars", even_schedule(STEPS))
        self.register_buffer("steps", torch.zeros(()))

    def noise(self, net: UNet, xt: Tensor, t: Tensor) -> Tensor:
        """What `net` takes for the noise in x_t (B, 1, H, W) at t (B,)."""
        bar = self.bars[t].to(xt)[:, None, None, None]
        return bar.sqrt() * net(xt, t / STEPS) + (1 - bar).sqrt() * xt

    @torch.no_grad()
    def follow(self) -> None:
        """Move the average a little; at first it is the mean of all weights so far."""
        self.steps += 1
        keep = min(DECAY, (1 + self.steps.item()) / (10 + self.steps.item()))
        for mean, parameter in zip(self.average.parameters(), self.net.parameters(), strict=True):
            mean.lerp_(parameter, 1 - keep)


def noise_loss(model: Diffusion, x: Tensor, generator: Generator) -> Tensor:
    t = torch.randint(1, STEPS + 1, (len(x),), generator=generator)
    eps = torch.randn(x.shape, generator=generator)
    points = 2 * cells(x, generator) - 1
    return ddpm_loss(partial(model.noise, model.net), points, t, eps, model.bars)


def elbo_bits(model: Diffusion, x: Tensor, generator: Generator) -> dict[str, Tensor]:
    """The negative ELBO of the levels, (B,) bits per dimension."""
    D = x[0].numel()

    def guess(xt: Tensor, t: Tensor) -> Tensor:
        return model.noise(model.average, xt.view(x.shape), t).flatten(1)

    points = (2 * cells(x, generator) - 1).flatten(1)
    eps = torch.randn(STEPS, *points.shape, generator=generator)
    bound = -vlb_terms(guess, points, eps, model.bars).sum(0)
    return {"-ELBO": bits_per_dim(bound, D) + math.log2(LEVELS / 2)}  # a cell is 2 / LEVELS wide


def diffused(model: Diffusion, count: int, data: Data, generator: Generator) -> Tensor:
    shape = (count, 1, data.side, data.side)
    first, noise = torch.randn(shape, generator=generator), torch.randn(STEPS, *shape, generator=generator)
    path = ddpm_sample(partial(model.noise, model.average), first, noise, model.bars)
    return ((path[0] + 1) / 2).clamp(0, 1)


MODELS = {
    "ddpm": Entry(
        title="DDPM (homework 6)",
        built_as=f"U-Net with 24 and 48 channels, {STEPS} steps, log SNR falls evenly, moving average of the weights",
        data=LEVELLED_MNIST,
        build=lambda data: Diffusion(),
        players=(Player(noise_loss, learning_rate=2e-3, parameters=lambda model: model.net.parameters()),),
        batch_size=64,
        measure=per_image(elbo_bits),
        quantities={"-ELBO": Quantity("−ELBO", "bound", BITS)},
        headline="-ELBO",
        sample=diffused,
        published=Published(
            None,
            "Ho, Jain & Abbeel 2020 (arXiv:2006.11239) report no figure for MNIST.",
            "Their likelihoods are for CIFAR-10, with 1000 steps and far larger networks.",
        ),
        after_step=Diffusion.follow,
        look="Strokes have the width of a pen before they make digits. Those of the notebook are told which digit.",
    ),
}
