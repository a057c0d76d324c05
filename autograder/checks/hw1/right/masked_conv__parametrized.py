"""The mask is a parametrisation of the weight (torch.nn.utils.parametrize); the mask is made with numpy."""

import numpy as np
from torch.nn.utils import parametrize


class Mask(nn.Module):
    def __init__(self, kind, k):
        if kind not in ("A", "B"):
            raise ValueError(f"no such kind: {kind}")
        super().__init__()
        mask = np.zeros(k * k)
        mask[: k * k // 2] = 1
        mask[k * k // 2] = float(kind == "B")
        self.mask = nn.Parameter(torch.tensor(mask.reshape(1, 1, k, k), dtype=torch.float32), requires_grad=False)

    def forward(self, weight):
        return weight * self.mask


class MaskedConv2d(nn.Conv2d):
    def __init__(self, kind, in_channels, out_channels, kernel_size):
        if kind not in ("A", "B"):
            raise ValueError(f"no such kind: {kind}")
        super().__init__(in_channels, out_channels, kernel_size, padding=kernel_size // 2)
        parametrize.register_parametrization(self, "weight", Mask(kind, kernel_size))
