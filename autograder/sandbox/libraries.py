"""The libraries as they were before a submission ran: what probes work with.

A submission may replace any function of torch, and probes run in its process. They get copies of the modules' tables of
names, which the zygote made: `torch.autograd.grad = ...` in a submission changes the submission's own module, not the
copy. Classes and the insides of functions are shared, so this is no wall; it makes the cheap way to fool a probe fail.
"""

from __future__ import annotations

import importlib
import sys
from functools import cache
from types import ModuleType

COPIED = (
    *("torch", "torch.autograd", "torch.autograd.functional", "torch.func", "torch.linalg", "torch.special"),
    *("torch.nn", "torch.nn.functional", "torch.nn.init", "torch.nn.utils", "torch.optim", "torch.distributions"),
    *("numpy", "numpy.linalg", "numpy.random", "math"),
)


@cache
def untouched() -> dict[str, ModuleType]:
    """A copy of each of COPIED by its name, which refer to each other. Must be called before any submission runs."""
    copies = {name: ModuleType(name) for name in COPIED}
    for name, copy in copies.items():
        vars(copy).update(vars(importlib.import_module(name)))
    for copy in copies.values():
        for attribute, value in list(vars(copy).items()):
            if isinstance(value, ModuleType) and value is sys.modules.get(value.__name__):
                vars(copy)[attribute] = copies.get(value.__name__, value)
    return copies
