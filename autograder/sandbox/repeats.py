"""Repeats: whether a function gives the same answer when it is asked the same again.

What a function keeps of an earlier call shows once it has seen others: the first call of each watched function is kept
with copies of what it was given, and made again when the probe is done with it. Asked again are only calls that are
data on both sides (tensors, arrays, numbers and containers of them), that drew no global random numbers, and that are
short; a forward pass also needs a module that is as it was. Everything else is left to the checks.
"""

from __future__ import annotations

import copy
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

SHORT = 0.02  # CPU seconds: what takes longer is not asked again
TIMES = 3  # that a function is asked again, in the process of one check
RELATIVE, ABSOLUTE = 1e-3, 1e-4  # far above what another order of adding changes
MOST_NUMBERS = 100_000  # of a tensor or array that is copied: one that was expanded may have any number
DEPTH = 4  # of containers in containers: what lies deeper, or contains itself, is not copied
SHARE = 0.01  # of the numbers of an answer that may differ: a threshold can lie between two roundings


class _NotDataError(Exception):
    """This value is not data: it has a state of its own, or cannot be compared."""


@dataclass
class _Asked:
    """A call to make again: how, with copies of what it was given, and a copy of its answer."""

    function: Callable
    args: tuple
    kwargs: dict[str, Any]
    answer: Any
    default: torch.dtype
    as_it_was: Callable[[], bool]


class Repeats:
    """The calls to make again, by the name that is watched."""

    def __init__(self) -> None:
        self._first: dict[str, _Asked] = {}
        self._times: dict[str, int] = {}
        self._asking = False

    def begin(self, name: str, args: tuple, kwargs: dict[str, Any]) -> Callable | None:
        """Copy what a call is given; what is returned takes the call's answer. None where it is not to be repeated."""
        if self._asking or name in self._first or self._times.get(name, 0) >= TIMES:
            return None
        try:
            copies = _data(args), _data(kwargs)
        except _NotDataError:
            return None
        start = time.thread_time()

        def end(function: Callable, answer: Any, as_it_was: Callable[[], bool] = lambda: True) -> None:
            if time.thread_time() - start > SHORT:
                return
            try:
                self._first[name] = _Asked(function, *copies, _data(answer), torch.get_default_dtype(), as_it_was)
            except _NotDataError:
                pass

        return end

    def ask_again(self) -> set[str]:
        """Make every call of the probe that is done again, and name those whose answer is another."""
        asked, self._first = self._first, {}
        self._times |= {name: self._times.get(name, 0) + 1 for name in asked}
        self._asking = True
        try:
            return {name for name, call in asked.items() if not _answers_the_same(call)}
        finally:
            self._asking = False


def _answers_the_same(call: _Asked) -> bool:
    default = torch.get_default_dtype()
    try:
        torch.set_default_dtype(call.default)
        return not call.as_it_was() or _same(call.answer, _data(call.function(*call.args, **call.kwargs)))
    except Exception:  # it did not raise before
        return False
    finally:
        torch.set_default_dtype(default)


def _data(value: Any, depth: int = 0) -> Any:
    """A copy of a value that is data. Raises _NotDataError for any other."""
    if depth > DEPTH:
        raise _NotDataError
    if isinstance(value, Tensor):
        wrapped = torch._C._functorch.is_functorch_wrapped_tensor(value)
        if wrapped or type(value) is not Tensor or value.is_sparse or value.numel() > MOST_NUMBERS:
            raise _NotDataError
        return value.detach().clone().requires_grad_(value.requires_grad)
    if isinstance(value, np.ndarray) and value.size <= MOST_NUMBERS:
        return value.copy()
    if isinstance(value, torch.Generator):
        return torch.Generator().set_state(value.get_state())
    if isinstance(value, np.random.Generator):
        return copy.deepcopy(value)
    if type(value) in (list, tuple):
        return type(value)(_data(part, depth + 1) for part in value)
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        return type(value)(*(_data(part, depth + 1) for part in value))
    if type(value) is dict:
        return {key: _data(part, depth + 1) for key, part in value.items()}
    if value is None or isinstance(value, int | float | complex | str | np.generic | torch.dtype | torch.Size):
        return value
    raise _NotDataError


def _same(one: Any, other: Any) -> bool:
    if isinstance(one, dict):
        return (
            isinstance(other, dict) and one.keys() == other.keys() and all(_same(one[key], other[key]) for key in one)
        )
    if isinstance(one, list | tuple):
        return (
            isinstance(other, list | tuple)
            and len(one) == len(other)
            and all(_same(a, b) for a, b in zip(one, other, strict=True))
        )
    if isinstance(one, Tensor | np.ndarray | int | float | complex | np.generic):
        if not isinstance(other, Tensor | np.ndarray | int | float | complex | np.generic):
            return False
        a, b = _numbers(one), _numbers(other)
        if a.shape != b.shape:
            return False
        differ = ~np.isclose(a, b, rtol=RELATIVE, atol=ABSOLUTE, equal_nan=True)
        return bool(differ.sum() <= SHARE * differ.size)
    return isinstance(one, torch.Generator | np.random.Generator) or bool(one == other)


def _numbers(value: Any) -> np.ndarray:
    numbers = value.detach().resolve_conj().numpy() if isinstance(value, Tensor) else np.asarray(value)
    return numbers if numbers.dtype.kind == "c" else numbers.astype(np.float64)
