"""Coupling flows, ready to use: homework 4 puts one into a prior, and is not about how it is built.

Source  Dinh, Sohl-Dickstein & Bengio (2017), "Density estimation using Real NVP", arXiv:1605.08803, section 3.
"""

import torch
from torch import Tensor, nn


class CouplingFlow(nn.Module):
    """An invertible network on vectors of d >= 2 numbers, the identity at first.

    `flow(z)` for z (n, d) gives (noise (n, d), log_det (n,)), log_det = log |det d noise / d z|, and
    `flow.inverse(noise)` gives z back. Each of the `layers` couplings keeps half of the coordinates and scales and
    shifts the other half by what a network with `hidden` units makes of the first; between couplings the coordinates
    change places. The global random numbers decide the first weights, `seed` the changes of places. No scale leaves
    the interval from exp(-2) to exp(2).
    """

    places: Tensor

    def __init__(self, d: int, layers: int = 8, hidden: int = 64, seed: int = 0) -> None:
        super().__init__()
        if d < 2 or layers < 1:
            raise ValueError(f"a coupling flow needs d >= 2 and at least one layer, got d = {d} and {layers} layers")
        generator = torch.Generator().manual_seed(seed)
        # In two dimensions there is only one change of places that mixes: the exchange.
        places = [torch.tensor([1, 0]) if d == 2 else torch.randperm(d, generator=generator) for _ in range(layers)]
        self.register_buffer("places", torch.stack(places))
        self.kept = d // 2
        self.networks = nn.ModuleList(_network(self.kept, hidden, 2 * (d - self.kept)) for _ in range(layers))

    def forward(self, z: Tensor) -> tuple[Tensor, Tensor]:
        log_det = z.new_zeros(len(z))
        for order, network in zip(self.places, self.networks, strict=True):
            z = z[:, order]
            log_scale, shift = _scale_and_shift(network, z[:, : self.kept])
            z = torch.cat([z[:, : self.kept], z[:, self.kept :] * log_scale.exp() + shift], 1)
            log_det = log_det + log_scale.sum(1)
        return z, log_det

    def inverse(self, noise: Tensor) -> Tensor:
        for order, network in zip(self.places.flip(0), reversed(self.networks), strict=True):
            log_scale, shift = _scale_and_shift(network, noise[:, : self.kept])
            moved = (noise[:, self.kept :] - shift) * (-log_scale).exp()
            noise = torch.cat([noise[:, : self.kept], moved], 1)[:, order.argsort()]
        return noise


def _network(inputs: int, hidden: int, outputs: int) -> nn.Sequential:
    """Its last layer starts at zero, so that every coupling starts as the identity."""
    last = nn.Linear(hidden, outputs)
    nn.init.zeros_(last.weight)
    nn.init.zeros_(last.bias)
    return nn.Sequential(nn.Linear(inputs, hidden), nn.ReLU(), nn.Linear(hidden, hidden), nn.ReLU(), last)


def _scale_and_shift(network: nn.Module, kept: Tensor) -> tuple[Tensor, Tensor]:
    log_scale, shift = network(kept).chunk(2, dim=1)
    return 2 * torch.tanh(log_scale / 2), shift
