"""Manners: whether a function leaves what it is given, and the global random numbers, as they were, and keeps nothing.

This runs beside the program, which could silence it: a courtesy to students whose answers are right and whose functions
do more than they should, and no wall. The judge takes from it the name of a function and the kind of breach.

Watched are the plain functions of an exercise, called by a probe, the forward passes of its modules and the methods of
its classes. What they share with their caller is compared before and after: tensors, arrays, lists and dictionaries by
value, and by their gradients; networks by their mode and by what their parameters are; the global random numbers of
torch and NumPy by their state; torch's settings by what they are. Plain functions and forward passes are asked the same
once more when the probe is done (`repeats.py`).
"""

from __future__ import annotations

import functools
import random
from collections.abc import Callable, Collection, Iterator
from types import FunctionType
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.modules import module as modules

from .repeats import MOST_NUMBERS, Repeats

ARGUMENTS, NETWORKS, RANDOMNESS = "arguments", "networks", "randomness"
SETTINGS, STATE = "settings", "state"
KINDS = {
    ARGUMENTS: "changes what it is given (work on a copy)",
    NETWORKS: "leaves a network that it is given in another state (its mode, its parameters or their gradients)",
    RANDOMNESS: "draws from, or seeds, the global random numbers (use what noise or generator it is given)",
    SETTINGS: "leaves torch's settings changed (whether gradients are taken, or the default dtype)",
    STATE: "gives another answer when it is asked the same again (it keeps something of an earlier call)",
}

DEPTH = 4  # of lists in lists


class Watch:
    """What the watched functions of one process did; `found` holds pairs of a name and a kind."""

    def __init__(self, names: Collection[str]) -> None:
        self.names = frozenset(names)
        self.found: set[tuple[str, str]] = set()
        self._calls: dict[FunctionType, Callable] = {}  # one for each function, so that what a probe keeps on it stays
        self._inside = 0
        self._begun: list[tuple[nn.Module, list[_Seen], Callable[[Any], None] | None]] = []
        self._repeats = Repeats()

    def namespace(self, student: dict[str, Any]) -> dict[str, Any]:
        """The program's names as a probe gets them, with the functions of the exercise watched."""
        return {
            name: self._watched(name, value) if name in self.names and isinstance(value, FunctionType) else value
            for name, value in student.items()
        }

    def _watched(
        self, name: str, function: FunctionType, itself: int = 0, kinds: Collection[str] = tuple(KINDS)
    ) -> Callable:
        """The function, watched for these kinds of breaches; of its arguments the first `itself` are its own."""
        if function in self._calls:
            return self._calls[function]

        @functools.wraps(function)
        def call(*args: Any, **kwargs: Any) -> Any:
            if self._inside:  # what a function does through another one is its own doing
                return function(*args, **kwargs)
            self._inside += 1
            looked = (*_look([*args[itself:], *kwargs.values()]), *_global())
            seen = [(kind, has_changed) for kind, has_changed in looked if kind in kinds]
            end = None if itself else self._repeats.begin(name, args, kwargs)
            try:
                answer = function(*args, **kwargs)
                if end and not _differ(seen):
                    end(function, answer)
                return answer
            finally:
                self._inside -= 1
                self._compare(name, seen)

        self._calls[function] = call
        return call

    def watch_classes(self, student: dict[str, Any]) -> None:
        """Look at every forward pass and method of the exercise's classes from now on: once, after the load."""
        classes = {n: value for n, value in student.items() if n in self.names and isinstance(value, type)}
        for name, value in classes.items():
            for method, function in list(vars(value).items()):
                if not isinstance(function, FunctionType):
                    continue
                if method == "__init__":  # it may draw first weights, and make what it is given its own
                    setattr(value, method, self._watched(name, function, 1, (ARGUMENTS,)))
                elif method != "forward" and not method.startswith("_"):
                    setattr(value, method, self._watched(name, function, 1))
        if networks := tuple(value for value in classes.values() if issubclass(value, nn.Module)):
            self._watch_forward(networks)

    def _watch_forward(self, classes: tuple[type, ...]) -> None:
        def before(module: nn.Module, args: tuple) -> None:
            if isinstance(module, classes):
                seen = [*_look(args), _set()]
                self._begun.append((module, seen, None if self._begun else self._repeat(module, args)))

        def after(module: nn.Module, args: tuple, kwargs: dict[str, Any], answer: Any) -> None:
            while isinstance(module, classes) and self._begun:
                begun, seen, repeat = self._begun.pop()  # one whose forward raised is still there, above its caller
                if begun is module:
                    if repeat and not kwargs:
                        repeat(answer)
                    return self._compare(type(module).__name__, seen)

        modules.register_module_forward_pre_hook(before)
        modules.register_module_forward_hook(after, with_kwargs=True)

    def _repeat(self, module: nn.Module, args: tuple) -> Callable | None:
        """What takes the answer of a forward pass, so that it is made again if the module is still as it is now."""
        end = self._repeats.begin(type(module).__name__, args, {})
        if end is None:
            return None
        has_changed, draws = _network(module), list(_global())

        def repeat(answer: Any) -> None:
            if not _differ(draws):
                end(module, answer, lambda: not has_changed())

        return repeat

    def ask_again(self) -> None:
        """Make the calls of a probe that is done once more, and remark on those that answer otherwise."""
        self.found |= {(name, STATE) for name in self._repeats.ask_again()}

    def _compare(self, name: str, seen: list[_Seen]) -> None:
        self.found |= {(name, kind) for kind, has_changed in seen if has_changed()}


def _differ(seen: list[_Seen]) -> bool:
    return any(has_changed() for _, has_changed in seen)


_Seen = tuple[str, Callable[[], bool]]


def _look(values: Any, depth: int = 0) -> Iterator[_Seen]:
    """What there is to compare in these values, each with its kind."""
    for value in values:
        if isinstance(value, Tensor):
            yield ARGUMENTS, _tensor(value)
        elif isinstance(value, np.ndarray):
            yield ARGUMENTS, _array(value)
        elif isinstance(value, nn.Module):
            yield NETWORKS, _network(value)
        elif isinstance(value, list | tuple | dict) and depth < DEPTH:
            yield ARGUMENTS, _container(value)
            yield from _look(value.values() if isinstance(value, dict) else value, depth + 1)


def _tensor(value: Tensor) -> Callable[[], bool]:
    if torch._C._functorch.is_functorch_wrapped_tensor(value) or value.is_inference():
        return lambda: False
    looks = _looks(value)
    if value.numel() > MOST_NUMBERS:  # compared by torch's own count of changes, not by its values
        version = value._version
        return lambda: looks != _looks(value) or version != value._version
    kept, gradient = value.detach().clone(), _gradient(value)

    def has_changed() -> bool:
        now = _gradient(value)
        summed = gradient is not None and now is not None and not _equal(gradient, now)
        return looks != _looks(value) or not _equal(kept, value.detach()) or summed

    return has_changed


def _gradient(value: Tensor) -> Tensor | None:
    """A copy of what was summed up in `.grad`."""
    return value.grad.detach().clone() if value.is_leaf and value.grad is not None else None


def _looks(value: Tensor) -> tuple:
    return value.shape, value.dtype, value.requires_grad, value.is_leaf and value.grad is None


def _equal(one: Tensor, other: Tensor) -> bool:
    return torch.equal(one, other) or torch.equal(torch.nan_to_num(one, nan=0.5), torch.nan_to_num(other, nan=0.5))


def _array(value: np.ndarray) -> Callable[[], bool]:
    kept = value.copy()
    return lambda: kept.shape != value.shape or kept.tobytes() != value.tobytes()


def _network(value: nn.Module) -> Callable[[], bool]:
    modes = [part.training for part in value.modules()]
    tensors = [*value.parameters(), *value.buffers()]
    changes = [_tensor(part) for part in tensors]

    def has_changed() -> bool:
        now = [*value.parameters(), *value.buffers()]
        others = len(now) != len(tensors) or any(one is not other for one, other in zip(now, tensors, strict=True))
        return others or modes != [part.training for part in value.modules()] or any(change() for change in changes)

    return has_changed


def _container(value: list | tuple | dict) -> Callable[[], bool]:
    kept = _items(value)  # the things themselves: another thing could get the address of one that is gone

    def has_changed() -> bool:
        now = _items(value)
        return len(kept) != len(now) or any(one is not other for one, other in zip(kept, now, strict=True))

    return has_changed


def _items(value: list | tuple | dict) -> list:
    return [thing for pair in value.items() for thing in pair] if isinstance(value, dict) else list(value)


def _global() -> Iterator[_Seen]:
    """What belongs to all: the random numbers, and torch's settings."""
    states = _states()
    yield RANDOMNESS, lambda: states != _states()
    yield _set()


def _set() -> _Seen:
    settings = torch.is_grad_enabled(), torch.get_default_dtype()
    return SETTINGS, lambda: settings != (torch.is_grad_enabled(), torch.get_default_dtype())


def _states() -> tuple[bytes, Any, Any]:
    numpy_state: tuple = np.random.get_state(legacy=True)  # type: ignore[assignment]
    return torch.get_rng_state().numpy().tobytes(), (numpy_state[1].tobytes(), numpy_state[2]), random.getstate()
