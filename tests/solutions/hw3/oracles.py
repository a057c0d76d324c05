"""What the layers of homework 3 are measured against: their own Jacobians, and the mass of their densities."""

from collections.abc import Callable

import torch
from torch import Tensor, nn


def normal(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def uniform(*shape: int, seed: int = 0) -> Tensor:
    return torch.rand(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def perturbed(module: nn.Module, size: float = 0.5, seed: int = 0) -> nn.Module:
    """The module in float64, with generic parameters: what holds at a fresh one may hold nowhere else."""
    generator = torch.Generator().manual_seed(seed)
    module = module.double()
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.add_(size * torch.randn(parameter.shape, generator=generator, dtype=torch.float64))
    return module


def jacobians(f: Callable[[Tensor], Tensor], x: Tensor) -> Tensor:
    """Central differences of a map (B, ...) -> (B, ...) that treats every row by itself: (B, n, n)."""
    h, columns = 1e-6, []
    for direction in torch.eye(x[0].numel(), dtype=torch.float64):
        step = h * direction.view(x[0].shape)
        columns.append((f(x + step) - f(x - step)).flatten(1) / (2 * h))
    return torch.stack(columns, -1)


def assert_layer_is_right(layer: nn.Module, x: Tensor) -> None:
    """Both log-determinants are those of the Jacobians of the raw outputs, and `inverse` undoes `forward`."""
    with torch.no_grad():
        z, log_det = layer(x)
        back, inverse_log_det = layer.inverse(z)
        moved = jacobians(lambda x: layer(x)[0], x)
        moved_back = jacobians(lambda z: layer.inverse(z)[0], z)
    assert log_det.shape == inverse_log_det.shape == (len(x),)
    assert z.shape == x.shape
    assert (back - x).abs().max() < 1e-9
    assert (log_det - torch.linalg.slogdet(moved).logabsdet).abs().max() < 1e-6
    assert (inverse_log_det - torch.linalg.slogdet(moved_back).logabsdet).abs().max() < 1e-6


def mass_on_square(log_prob: Callable[[Tensor], Tensor], reach: float = 12.0, n: int = 601) -> float:
    """The integral of a density on the plane over a square grid."""
    line = torch.linspace(-reach, reach, n, dtype=torch.float64)
    points = torch.cartesian_prod(line, line)
    with torch.no_grad():
        return (log_prob(points).exp().sum() * (line[1] - line[0]) ** 2).item()


class Triangular(nn.Module):
    """A network (B, D) -> (B, D, 2) whose outputs for order[k] depend on order[:k] alone; counts its calls."""

    def __init__(self, order: Tensor, seed: int = 0) -> None:
        super().__init__()
        D = len(order)
        rank = order.argsort()
        self.mask = (rank[:, None] > rank).double()
        self.weights = nn.Parameter(normal(2, D, D, seed=seed))
        self.bias = nn.Parameter(0.3 * normal(2, D, seed=seed + 1))
        self.calls = 0

    def forward(self, x: Tensor) -> Tensor:
        self.calls += 1
        mean, raw = torch.einsum("bj,kij->kbi", torch.tanh(x), self.weights * self.mask) + self.bias[:, None]
        return torch.stack([mean, 0.5 * torch.tanh(raw)], -1)
