"""Homework 3: two flows on dequantised pixels, whose likelihoods are bounded, and a PixelCNN over whole levels."""

from collections.abc import Callable

import torch
from dgm import AutoregressiveMLP, MaskedConv2d
from torch import Generator, Tensor, nn

from solutions.hw3.dequantisation import bits_per_dim, from_logits, importance_bound, to_logits
from solutions.hw3.flow import Flow
from solutions.hw3.logistic_mixture import dlm_log_prob, dlm_sample
from solutions.hw3.maf import MAF
from solutions.hw3.realnvp import RealNVP, checkerboard_masks
from solutions.results.data import LEVELLED_MNIST, LEVELS
from solutions.results.entry import BITS, JUDGED, Data, Entry, Player, Published, Quantity, per_image

DRAWS = 10  # of the noise per test image, for the closer bound

NOTES = (
    "Homework 3, **bounds**: uniform noise makes a density of a flow a bound on the probability of whole levels "
    f"(Theis et al. 2016); of {DRAWS} draws per image, the logarithm of the mean density bounds closer than the mean "
    "of the logarithms.",
    "Homework 3, **published**: RealNVP's 1.06 agrees with the list in issue 144 of "
    "github.com/zalandoresearch/fashion-mnist; it was not read off the paper. For MAF no figure in bits per dimension "
    "was checked.",
)


def pixels(x: Tensor) -> Tensor:
    """Levels (B, D), whole numbers, of images (B, 1, H, W) in [0, 1]."""
    return ((LEVELS - 1) * x).round().flatten(1)


class PixelFlow(nn.Module):
    """A flow on the logits of dequantised pixels, each shifted and scaled to mean 0 and variance 1 beforehand."""

    centre: Tensor
    spread: Tensor

    def __init__(self, flow: nn.Module, data: Data) -> None:
        super().__init__()
        self.flow = flow
        generator = torch.Generator().manual_seed(0)
        x = pixels(data.batch(torch.randint(data.size, (2000,), generator=generator), generator))
        y = to_logits(x, torch.rand(x.shape, generator=generator), LEVELS)[0]
        self.register_buffer("centre", y.mean(0))
        self.register_buffer("spread", y.std(0))

    def log_density(self, v: Tensor, *noise: Tensor) -> Tensor:
        """log p (B,) of levels with their noise, v (B, D), in nats; a flow that estimates may need noise of its own."""
        y, log_det = to_logits(v, torch.zeros_like(v), LEVELS)
        return self.flow.log_prob((y - self.centre) / self.spread, *noise) + log_det - self.spread.log().sum()

    def images(self, y: Tensor, side: int) -> Tensor:
        """Images (B, 1, side, side) in [0, 1] of what the flow drew."""
        return from_logits(y * self.spread + self.centre, LEVELS).view(-1, 1, side, side) / (LEVELS - 1)


def realnvp(data: Data) -> PixelFlow:
    """Eight couplings: checkerboards, then random halves of the pixels, each with its complement."""
    D = data.side**2
    half = torch.rand(2, D, generator=torch.Generator().manual_seed(0)).argsort(1) < D // 2
    board = checkerboard_masks(data.side, data.side, 2)
    return PixelFlow(RealNVP(torch.cat([board, half[:1], ~half[:1], board, half[1:], ~half[1:]]), hidden=384), data)


class BoundedScales(nn.Module):
    """A network's log standard deviations (B, D, 2), kept between -3 and 3, so that a step too far does no harm."""

    def __init__(self, net: nn.Module) -> None:
        super().__init__()
        self.net = net

    def forward(self, x: Tensor) -> Tensor:
        mean, raw = self.net(x).unbind(-1)
        return torch.stack([mean, 3 * torch.tanh(raw / 3)], -1)


def maf(data: Data) -> PixelFlow:
    """Three autoregressive layers, the pixels in raster order and backwards in turn."""
    order = torch.arange(data.side**2)
    orders = (order, order.flip(0), order)
    return PixelFlow(Flow([MAF(BoundedScales(AutoregressiveMLP(o, 4, 2, hidden_layers=1)), o) for o in orders]), data)


def flow_loss(model: PixelFlow, x: Tensor, generator: Generator) -> Tensor:
    """One draw of the noise per image: bits per dimension."""
    x = pixels(x)
    return bits_per_dim(model.log_density(x + torch.rand(x.shape, generator=generator)), x.shape[1]).mean()


def flow_bounds(model: PixelFlow, x: Tensor, generator: Generator) -> dict[str, Tensor]:
    """Two upper bounds, (B,) bits per dimension each."""
    x = pixels(x)
    u = torch.rand(DRAWS, *x.shape, generator=generator)
    close = importance_bound(model.log_density, x, u)
    one = model.log_density(x + u[0])
    return {f"{DRAWS} draws": bits_per_dim(close, x.shape[1]), "one draw": bits_per_dim(one, x.shape[1])}


def sample_flow(model: PixelFlow, count: int, data: Data, generator: Generator) -> Tensor:
    z = torch.randn(count, data.side**2, generator=generator)
    return model.images(model.flow.inverse(z)[0], data.side)


class LogisticPixelCNN(nn.Module):
    """Residual masked convolutions with a discretised mixture of logistics for every pixel.

    A pixel sees `reach` rows up and no further.
    """

    def __init__(self, channels: int = 32, depth: int = 4, components: int = 4) -> None:
        super().__init__()
        self.first = MaskedConv2d("A", 1, channels, 7)
        self.middle = nn.ModuleList(MaskedConv2d("B", channels, channels, 5) for _ in range(depth))
        self.last = nn.Conv2d(channels, 3 * components, 1)
        self.reach = 3 + 2 * depth

    def parts(self, x: Tensor) -> list[Tensor]:
        """Logits, means and log scales (B, H, W, components) for levels x (B, 1, H, W)."""
        middle = (LEVELS - 1) / 2
        h = self.first(x / middle - 1)
        for layer in self.middle:
            h = h + layer(h.relu())
        logits, mean, log_scale = self.last(h.relu()).permute(0, 2, 3, 1).chunk(3, -1)
        return [logits, middle + middle * mean, log_scale.clamp(min=-5)]

    def log_prob(self, x: Tensor) -> Tensor:
        """log P (B,) of levels x (B, 1, H, W), in nats."""
        return dlm_log_prob(x[:, 0], *self.parts(x), LEVELS).sum((1, 2))


def pixelcnn_bits(model: LogisticPixelCNN, x: Tensor) -> Tensor:
    levels = pixels(x).view_as(x)
    return bits_per_dim(model.log_prob(levels), levels[0].numel())


def sample_pixelcnn(model: LogisticPixelCNN, count: int, data: Data, generator: Generator) -> Tensor:
    x = torch.zeros(count, 1, data.side, data.side)
    for row in range(data.side):
        above = max(0, row - model.reach)
        for column in range(data.side):
            here = [part[:, -1, column] for part in model.parts(x[:, :, above : row + 1])]
            x[:, 0, row, column] = dlm_sample(*here, LEVELS, *torch.rand(2, count, generator=generator))
    return x / (LEVELS - 1)


def _flow(title: str, built_as: str, build: Callable[[Data], PixelFlow], published: Published, look: str = "") -> Entry:
    return Entry(
        title=title,
        built_as=built_as,
        data=LEVELLED_MNIST,
        build=build,
        players=(Player(flow_loss, learning_rate=1e-3),),
        batch_size=100,
        measure=per_image(flow_bounds),
        quantities={
            f"{DRAWS} draws": Quantity(f"{DRAWS} draws", "bound", BITS),
            "one draw": Quantity("one draw", "bound", BITS),
            **JUDGED,
        },
        headline=f"{DRAWS} draws",
        sample=sample_flow,
        published=published,
        look=look,
    )


MODELS = {
    "realnvp": _flow(
        "RealNVP (homework 3)",
        "8 couplings on the logits of all pixels, fully connected networks with two hidden layers of 384",
        realnvp,
        Published(
            None,
            "None at this size. Chen et al. 2019 (arXiv:1906.02735) quote 1.06 for RealNVP at 28 x 28, 256 levels.",
            "Theirs has convolutions and several scales; more pixels and more levels are another problem.",
        ),
    ),
    "maf": _flow(
        "MAF (homework 3)",
        "3 autoregressive layers on the logits, four hidden units per pixel, in raster order and backwards",
        maf,
        Published(
            None,
            "Papamakarios, Pavlakou & Murray 2017 (arXiv:1705.07057) measure MNIST in nats of the logits.",
            "Their logits squeeze the pixels less (1e-6 in place of 0.05): their numbers are on another scale.",
        ),
        look="More than half can be read; loose grey pixels lie around the strokes, as around those of RealNVP.",
    ),
    "pixelcnn_pp": Entry(
        title="PixelCNN with logistics (homework 3)",
        built_as="5 masked layers with residual connections, 32 channels, 4 logistics per pixel",
        data=LEVELLED_MNIST,
        build=lambda data: LogisticPixelCNN(),
        players=(Player(lambda model, x, generator: pixelcnn_bits(model, x).mean(), learning_rate=2e-3),),
        batch_size=16,
        measure=per_image(lambda model, x, generator: {"bits": pixelcnn_bits(model, x)}),
        quantities={"bits": Quantity("−log2 P(x) per dimension", "exact", BITS)},
        headline="bits",
        sample=sample_pixelcnn,
        published=Published(
            None,
            "Salimans et al. 2017 (PixelCNN++, arXiv:1701.05517) report no figure for MNIST.",
            "The head is theirs, the network is that of homework 1.",
        ),
    ),
}
