"""A small U-Net for images with noise in them: the network of the diffusion models."""

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class _Block(nn.Module):
    """A residual block of two convolutions; what the network knows beside the image shifts and scales its channels."""

    def __init__(self, inputs: int, outputs: int, width: int) -> None:
        super().__init__()
        self.first = nn.Sequential(nn.GroupNorm(8, inputs), nn.SiLU(), nn.Conv2d(inputs, outputs, 3, padding=1))
        self.told = nn.Linear(width, 2 * outputs)
        self.norm = nn.GroupNorm(8, outputs)
        self.second = nn.Conv2d(outputs, outputs, 3, padding=1)
        self.skip = nn.Identity() if inputs == outputs else nn.Conv2d(inputs, outputs, 1)
        for parameter in self.second.parameters():
            nn.init.constant_(parameter, 0.0)

    def forward(self, x: Tensor, told: Tensor) -> Tensor:
        scale, shift = self.told(told)[:, :, None, None].chunk(2, dim=1)
        h = self.norm(self.first(x)) * (1 + scale) + shift
        return self.skip(x) + self.second(F.silu(h))


class UNet(nn.Module):
    """Images in, images out: `net(x, time, label)` takes x (B, 1, H, W), even H and W, to (B, 1, H, W).

    `time` (B,) lies in [0, 1]. `label` (B,) holds whole numbers in 0..classes, of which the last means "not told";
    without `label` no image is told. One level of half the resolution, `channels` (a multiple of 8) at full and twice
    as many at half resolution; the output starts at 0. After Ronneberger, Fischer and Brox (2015), arXiv:1505.04597,
    with the blocks of Ho, Jain and Abbeel (2020), arXiv:2006.11239, appendix B, without attention.
    """

    def __init__(self, channels: int = 24, classes: int = 0, width: int = 64) -> None:
        super().__init__()
        self.classes = classes
        frequencies = 1000 * torch.exp(-math.log(1000) * torch.arange(width // 2) / (width // 2))
        self.register_buffer("frequencies", frequencies, persistent=False)
        self.embed_time = nn.Sequential(nn.Linear(width, 2 * width), nn.SiLU(), nn.Linear(2 * width, width))
        self.embed_label = nn.Embedding(classes + 1, width)
        self.enter = nn.Conv2d(1, channels, 3, padding=1)
        self.fine = _Block(channels, channels, width)
        self.down = nn.Conv2d(channels, 2 * channels, 3, stride=2, padding=1)
        self.coarse = nn.ModuleList([_Block(2 * channels, 2 * channels, width) for _ in range(2)])
        self.up = nn.Conv2d(2 * channels, channels, 3, padding=1)
        self.join = _Block(2 * channels, channels, width)
        self.leave = nn.Sequential(nn.GroupNorm(8, channels), nn.SiLU(), nn.Conv2d(channels, 1, 3, padding=1))
        nn.init.zeros_(self.leave[-1].weight)
        nn.init.zeros_(self.leave[-1].bias)

    def forward(self, x: Tensor, time: Tensor, label: Tensor | None = None) -> Tensor:
        if label is None:
            label = torch.full(time.shape, self.classes)
        angles = time[:, None].to(x) * self.frequencies
        told = F.silu(self.embed_time(torch.cat([angles.sin(), angles.cos()], dim=1)) + self.embed_label(label))
        fine = self.fine(self.enter(x), told)
        h = self.down(fine)
        for block in self.coarse:
            h = block(h, told)
        h = self.up(F.interpolate(h, scale_factor=2, mode="nearest"))
        return self.leave(self.join(torch.cat([h, fine], dim=1), told))
