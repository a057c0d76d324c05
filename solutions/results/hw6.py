"""Homework 6: a diffusion model, whose ELBO bounds the likelihood of grey digits, and a continuous flow (FFJORD)."""

import copy
import itertools
import math
from functools import partial

import torch
from dgm.unet import UNet
from torch import Generator, Tensor, nn

from solutions.hw3.dequantisation import bits_per_dim
from solutions.hw6.cnf import cnf_log_prob
from solutions.hw6.ddpm import ddpm_loss
from solutions.hw6.ddpm import sample as ddpm_sample
from solutions.hw6.diffusion_elbo import vlb_terms
from solutions.hw6.ode import odeint
from solutions.results.data import LEVELLED_MNIST, LEVELS
from solutions.results.entry import BITS, JUDGED, Data, Entry, Player, Published, Quantity, per_image
from solutions.results.hw3 import PixelFlow, pixels, sample_flow

STEPS = 100  # of the diffusion
LOG_SNR = (7.5, -7.0)  # after its first and its last step; the noise of the first is a fifth of a level's cell
DECAY = 0.999  # of the moving average of the weights

TRAINING_STEPS, MEASURING_STEPS = 4, 8  # of Runge and Kutta, for FFJORD

NOTES = (
    "Homework 6, **bound**: a level is spread evenly over its cell, one draw for an image; the density then bounds the "
    "probability of the level (Theis, van den Oord & Bethge 2016, section 3.1), and the ELBO bounds the density, with "
    "one draw of noise for every step of the diffusion.",
    "Homework 6, **what was trained**: the simple loss, with a schedule whose log signal-to-noise ratio falls evenly: "
    "then it is the ELBO in the limit of many steps (Kingma et al. 2021, arXiv:2107.00630), which it is not with the "
    "cosine schedule of the homework: with that one a run of as many seconds came to 1.59.",
    f"Homework 6, **FFJORD**: trained with {TRAINING_STEPS} steps of the classical Runge-Kutta method and one of "
    f"Hutchinson's probes an image, measured with {MEASURING_STEPS} steps and the exact trace, and once more as it was "
    "trained: the two agree as long as neither the solver's error nor the probe is seen in the number. Noise makes a "
    "bound of it, as in homework 3, of which one draw is taken.",
    "Homework 6, **published**: FFJORD's 0.99 agrees with the list in issue 144 of "
    "github.com/zalandoresearch/fashion-mnist; it was not read off the paper.",
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


class Field(nn.Module):
    """Velocities (B, D) at points (B, D) and a time (), whose sine and cosine scale and shift every hidden layer."""

    def __init__(self, D: int, hidden: int, depth: int = 2) -> None:
        super().__init__()
        widths = [D, *[hidden] * depth]
        self.layers = nn.ModuleList(nn.Linear(*pair) for pair in itertools.pairwise(widths))
        self.told = nn.ModuleList(nn.Linear(4, 2 * hidden) for _ in self.layers)
        self.last = nn.Linear(hidden, D)
        for parameter in self.last.parameters():
            nn.init.zeros_(parameter)

    def forward(self, x: Tensor, t: Tensor) -> Tensor:
        angles = math.pi * torch.stack([t, 2 * t]).to(x)
        time = torch.cat([angles.sin(), angles.cos()])
        for layer, told in zip(self.layers, self.told, strict=True):
            scale, shift = told(time).chunk(2)
            x = torch.tanh(layer(x) * (1 + scale) + shift)
        return self.last(x)


class ContinuousFlow(nn.Module):
    """FFJORD, with the methods of homework 3's flows that a PixelFlow asks for."""

    def __init__(self, D: int, hidden: int = 384) -> None:
        super().__init__()
        self.field = Field(D, hidden)
        self.steps = TRAINING_STEPS

    def log_prob(self, y: Tensor, eps: Tensor | None = None) -> Tensor:
        """log p (B,) in nats of points y (B, D): with the exact trace, or with the probes eps (B, D)."""
        return cnf_log_prob(self.field, y, self.times(), eps)[0]

    def inverse(self, z: Tensor) -> tuple[Tensor, None]:
        """The points (B, D) that come from the noise z (B, D); what happens to volumes is not followed."""
        return odeint(self.field, z, self.times())[-1], None

    def times(self) -> Tensor:
        return torch.linspace(0, 1, self.steps + 1)


def ffjord(data: Data) -> PixelFlow:
    return PixelFlow(ContinuousFlow(data.side**2), data)


def probed_bits(model: PixelFlow, x: Tensor, generator: Generator) -> Tensor:
    """Bits per dimension (B,) of the levels x (B, 1, H, W), with one draw of the noise and one probe for each image."""
    levels = pixels(x)
    u, eps = torch.rand(levels.shape, generator=generator), torch.randn(levels.shape, generator=generator)
    return bits_per_dim(model.log_density(levels + u, eps), levels.shape[1])


def exact_bits(model: PixelFlow, x: Tensor, generator: Generator) -> Tensor:
    """The same with the exact trace and MEASURING_STEPS steps."""
    levels = pixels(x)
    u = torch.rand(levels.shape, generator=generator)
    model.flow.steps = MEASURING_STEPS
    try:
        return bits_per_dim(model.log_density(levels + u), levels.shape[1])
    finally:
        model.flow.steps = TRAINING_STEPS


MODELS = {
    "ddpm": Entry(
        title="DDPM (homework 6)",
        built_as=f"U-Net with 24 and 48 channels, {STEPS} steps, log SNR falls evenly, moving average of the weights",
        data=LEVELLED_MNIST,
        build=lambda data: Diffusion(),
        players=(Player(noise_loss, learning_rate=2e-3, parameters=lambda model: model.net.parameters()),),
        batch_size=64,
        measure=per_image(elbo_bits),
        quantities={"-ELBO": Quantity("−ELBO", "bound", BITS), **JUDGED},
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
    "ffjord": Entry(
        title="FFJORD (homework 6)",
        built_as="a field with two hidden layers of 384 on the logits of all pixels",
        data=LEVELLED_MNIST,
        build=ffjord,
        players=(Player(lambda model, x, generator: probed_bits(model, x, generator).mean(), learning_rate=1e-3),),
        batch_size=100,
        measure=per_image(
            lambda model, x, generator: {
                "exact": exact_bits(model, x, generator),
                "probe": probed_bits(model, x, generator),
            }
        ),
        quantities={
            "exact": Quantity(f"exact trace, {MEASURING_STEPS} steps", "bound", BITS),
            "probe": Quantity(f"one probe, {TRAINING_STEPS} steps", "estimate", BITS),
            **JUDGED,
        },
        headline="exact",
        sample=sample_flow,
        published=Published(
            None,
            "None at this size. Grathwohl et al. 2019 (arXiv:1810.01367) reach 0.99 at 28 x 28, 256 levels.",
            "Theirs has convolutions and several scales, and an adaptive solver; more pixels and more levels are "
            "another problem.",
        ),
        look="Every step costs sixteen passes through the field, so that few fit into the time. It has learnt what "
        "digits look like; its number still lies above that of independent pixels.",
    ),
}
