"""Layers that later homeworks build on, so that nobody pays twice for a mistake in an earlier one."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class MaskedConv2d(nn.Conv2d):
    """The masked convolution of a PixelCNN, for homeworks that come after the one that asks for it.

    Takes (B, in_channels, H, W) to (B, out_channels, H, W). An output sees the inputs at earlier pixels of its window
    in raster order (all rows above its own, and its own row to the left), and with kind "B" also those at its own
    pixel. `kernel_size` is odd; pixels outside the image are zeros. Source: van den Oord, Kalchbrenner and Kavukcuoglu
    (2016), arXiv:1601.06759, section 3.4. Raises ValueError for another kind or an even kernel size.
    """

    seen: Tensor

    def __init__(self, kind: str, in_channels: int, out_channels: int, kernel_size: int) -> None:
        if kind not in {"A", "B"}:
            raise ValueError(f'kind must be "A" or "B", got {kind!r}')
        if kernel_size % 2 == 0:
            raise ValueError(f"kernel_size must be odd, got {kernel_size}")
        super().__init__(in_channels, out_channels, kernel_size, padding="same")
        step = torch.arange(kernel_size**2).view(kernel_size, kernel_size)  # the window in raster order
        now = kernel_size**2 // 2  # the step of the output's own pixel
        self.register_buffer("seen", step <= now if kind == "B" else step < now, persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        return self._conv_forward(x, self.weight.masked_fill(~self.seen, 0.0), self.bias)


class AutoregressiveMLP(nn.Module):
    """A network (B, D) -> (B, D, outputs): what it says about coordinate order[k] depends on order[:k] alone.

    Every hidden layer has `per_coordinate` units for each of the D coordinates. order (D,) is a permutation of
    0..D-1. The last layer starts at zero, so that an untrained network says 0 whatever it sees.
    """

    order: Tensor
    rank: Tensor

    def __init__(self, order: Tensor, per_coordinate: int, outputs: int, hidden_layers: int = 2) -> None:
        super().__init__()
        D = len(order)
        self.outputs = outputs
        self.register_buffer("order", torch.as_tensor(order))
        self.register_buffer("rank", self.order.argsort())
        before, until = torch.ones(D, D).tril(-1), torch.ones(D, D).tril()  # [i, j]: step i reads step j
        widths = [1, *[per_coordinate] * hidden_layers, outputs]
        self.weights, self.biases = nn.ParameterList(), nn.ParameterList()
        for number, (wide_in, wide_out) in enumerate(zip(widths[:-1], widths[1:], strict=True)):
            allowed = (before if number == 0 else until).repeat_interleave(wide_out, 0).repeat_interleave(wide_in, 1)
            last = number == hidden_layers
            scale = 0.0 if last else (2 / allowed.sum(1, keepdim=True).clamp(min=1)).sqrt()
            self.register_buffer(f"allowed_{number}", allowed)
            self.weights.append(nn.Parameter(scale * torch.randn(allowed.shape)))
            self.biases.append(nn.Parameter(torch.zeros(D * wide_out)))

    def forward(self, x: Tensor) -> Tensor:
        """(B, D, outputs) from x (B, D)."""
        h = x[:, self.order]
        for number, (weight, bias) in enumerate(zip(self.weights, self.biases, strict=True)):
            h = F.linear(F.relu(h) if number else h, getattr(self, f"allowed_{number}") * weight, bias)
        return h.view(len(x), -1, self.outputs)[:, self.rank]
