"""What both sides of a comparison share: weights, masks, gradients."""

from collections.abc import Callable, Sequence
from types import ModuleType

import torch
from torch import Tensor, nn

from solutions.bench.harness import Call


def without_graph(run: Call) -> Call:
    """The call without a graph for the backward pass."""

    def call() -> object:
        with torch.no_grad():
            return run()

    return call


def gradients(value: Callable[[], Tensor], inputs: Sequence[Tensor]) -> Call:
    """A call that returns the scalar `value()` and its gradients with respect to the inputs, 0 for those unused."""

    def call() -> tuple[Tensor, ...]:
        result = value()
        return result.detach(), *torch.autograd.grad(result, inputs, materialize_grads=True)

    return call


def copy_parameters(source: nn.Module, target: nn.Module) -> nn.Module:
    """The target, its parameters set to the source's in their order. Raises ValueError when the two do not match."""
    with torch.no_grad():
        for a, b in zip(source.parameters(), target.parameters(), strict=True):
            if a.shape != b.shape:
                raise ValueError(f"a parameter has shape {tuple(b.shape)}, not {tuple(a.shape)}")
            b.copy_(a)
    return target


def copy_masks(source: nn.Module, target: nn.Module) -> nn.Module:
    """The target, its buffers called "mask" set to the source's in their order."""
    masks = ([b for name, b in module.named_buffers() if name.endswith("mask")] for module in (source, target))
    for a, b in zip(*masks, strict=True):
        b.copy_(a)
    return target


def pyro_library() -> ModuleType:
    """pyro, without the checks of arguments that it turns on when imported: ours has none."""
    import pyro

    pyro.enable_validation(False)
    return pyro
