"""Plain data as bytes: the frames that judge and guest exchange. No pickle, nothing is evaluated.

A frame is a prefix (length of the header, length of the payload), a JSON header, and the raw bytes of the arrays one
after the other. The header is a tree of null, booleans, numbers, strings and lists; everything else is an object with
exactly one key:

    {"map": [[key, value], ...]}      a dictionary with string keys
    {"array": [dtype, shape]}         the next array of the payload, little-endian, in C order
    {"opaque": type}                  something that is not plain data; only the name of its type is sent
    {"tuple": [...]}                  a tuple; only the judge sends these, so that probes get what the check wrote

This file runs on both sides. `pack` is what the guest calls on whatever the student's code returned; `read_frame` is
what the judge calls on whatever arrives, so it trusts nothing: every cap is checked before a byte is read or allocated.
"""

from __future__ import annotations

import json
import math
import re
import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

PREFIX = struct.Struct("!IQ")  # bytes of the header, bytes of the payload

DTYPES = {
    str(dtype).removeprefix("torch."): dtype
    for dtype in (
        *(torch.bool, torch.uint8, torch.int8, torch.int16, torch.int32, torch.int64),
        *(torch.float16, torch.float32, torch.float64, torch.complex64, torch.complex128),
    )
}
WIRE_NAMES = {dtype: name for name, dtype in DTYPES.items()}

# A student reads the shape of an answer that has the wrong one, so a shape could carry hidden inputs: these two keep it
# narrow, also for empty tensors, which could have any other sizes beside their zero.
MAX_DIMENSIONS = 8
MAX_ELEMENTS = 1 << 27  # of a shape without its zeros
MAX_INT_BITS = 64
MAX_KEY = 200


class ChannelError(Exception):
    """A frame that breaks the rules. The sentence names the rule, never the content."""


class TooLargeError(ChannelError):
    """A value that is too large or too deeply nested to be sent."""


@dataclass(frozen=True)
class Caps:
    """What one frame may hold."""

    total_bytes: int = 64 << 20
    header_bytes: int = 4 << 20
    nodes: int = 200_000
    depth: int = 24
    text: int = 20_000


# What the judge sends is its own: programs and inputs may be large, and the guest believes them.
TRUSTED = Caps(total_bytes=1 << 31, header_bytes=1 << 28, nodes=10_000_000, depth=100, text=1 << 28)


# --- from values to bytes -----------------------------------------------------------------------------------------


def pack(value: object, caps: Caps, *, strict: bool = False) -> list[bytes | memoryview]:
    """The frame of a value, as buffers to be sent in order.

    `strict` is the judge's way: tuples stay tuples, and a thing that is not plain data raises TypeError instead of
    becoming opaque. Raises TooLargeError when the value does not fit the caps.
    """
    packer = _Packer(caps, strict)
    tree = packer.tree(value, depth=0)
    header = json.dumps(tree, separators=(",", ":")).encode("ascii")
    if len(header) > caps.header_bytes or len(header) + packer.payload_bytes > caps.total_bytes:
        raise TooLargeError("the value is too large to be sent")
    return [PREFIX.pack(len(header), packer.payload_bytes) + header, *packer.arrays]


class _Packer:
    def __init__(self, caps: Caps, strict: bool) -> None:
        self.caps, self.strict = caps, strict
        self.nodes = 0
        self.payload_bytes = 0
        self.arrays: list[memoryview] = []

    def tree(self, value: object, depth: int) -> Any:
        self.nodes += 1
        if depth > self.caps.depth or self.nodes > self.caps.nodes:  # a list that contains itself ends here as well
            raise TooLargeError("the value is too large or too deeply nested")
        if value is None or isinstance(value, bool):
            return value
        if isinstance(value, int):
            return int(value) if value.bit_length() <= MAX_INT_BITS else self.opaque(value)
        if isinstance(value, float):
            return float(value)
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, tuple) and self.strict:
            return {"tuple": [self.tree(item, depth + 1) for item in value]}
        if isinstance(value, list | tuple | set | frozenset):
            return [self.tree(item, depth + 1) for item in value]
        if isinstance(value, dict):
            return {"map": [[key, self.tree(item, depth + 1)] for key, item in self.string_keys(value).items()]}
        return self.array(value, depth)

    def text(self, value: str) -> str:
        if self.strict and len(value) > self.caps.text:
            raise TooLargeError("a text is too long to be sent")
        return str(value)[: self.caps.text]

    def string_keys(self, value: dict) -> dict[str, object]:
        """The same dictionary with `str(key)[:MAX_KEY]` as its keys; of equal ones the last wins."""
        return {str(key)[:MAX_KEY]: item for key, item in value.items()}

    def array(self, value: object, depth: int) -> Any:
        """A tensor, a numpy array or scalar, a complex number, or anything that offers itself as an array."""
        try:
            if isinstance(value, Tensor):
                return self.tensor(value)
            if isinstance(value, np.ndarray | np.generic | complex) or hasattr(value, "__array__"):
                return self.numpy(np.asarray(value), depth)
        except (ChannelError, MemoryError):
            raise
        except Exception:  # whatever the student's object does when it is looked at: then it is not plain data
            return self.opaque(value)
        return self.opaque(value)

    def tensor(self, value: Tensor) -> Any:
        with torch._C.DisableTorchFunctionSubclass():
            value = value.detach()
            if value.layout != torch.strided:
                self.reserve(value.numel() * value.element_size())
                value = value.to_dense()
            if value.dtype not in WIRE_NAMES:
                value = value.to(torch.int64 if value.dtype in _WIDE_INTEGERS else torch.float32)
            size = value.numel() * value.element_size()
            self.reserve(size)  # before .contiguous(): an expanded tensor is small until it is copied
            value = value.cpu().resolve_conj().resolve_neg().contiguous()
            return self.bytes(WIRE_NAMES[value.dtype], tuple(value.shape), value.numpy())

    def numpy(self, value: np.ndarray, depth: int) -> Any:
        self.reserve(value.nbytes)
        if value.dtype.kind in "OU":  # an array of objects or strings is a nested list
            return self.tree(value.tolist(), depth + 1)
        if value.dtype.kind not in "biufc":
            return self.opaque(value)
        value = value.astype(_numpy_wire_type(value), copy=False)
        self.reserve(value.nbytes)
        return self.bytes(value.dtype.name, value.shape, value)

    def bytes(self, name: str, shape: tuple[int, ...], value: np.ndarray) -> dict:
        flat = np.ascontiguousarray(value).reshape(-1).view(np.uint8)
        self.payload_bytes += flat.nbytes
        self.arrays.append(flat.data)
        return {"array": [name, list(shape)]}

    def reserve(self, size: int) -> None:
        if self.payload_bytes + size > self.caps.total_bytes:
            raise TooLargeError("the value is too large to be sent")

    def opaque(self, value: object) -> dict:
        if self.strict:
            raise TypeError(f"only plain data can be sent to the guest, not {type(value).__name__}")
        return {"opaque": type_name(type(value).__name__)}


_WIDE_INTEGERS = {torch.uint16, torch.uint32, torch.uint64}


def _numpy_wire_type(value: np.ndarray) -> np.dtype:
    """The little-endian type that torch knows as well and that holds every value of the array (nearly, for floats)."""
    if value.dtype == np.uint64:
        return np.dtype(np.int64 if value.size == 0 or value.max() < 1 << 63 else np.float64)
    wider = {"uint16": np.int32, "uint32": np.int64, "longdouble": np.float64, "clongdouble": np.complex128}
    name = value.dtype.name
    if name in wider:
        return np.dtype(wider[name])
    if name not in DTYPES:
        return np.dtype(np.complex128 if value.dtype.kind == "c" else np.float64)  # float96, float128, ...
    return np.dtype(name)


def type_name(name: object) -> str:
    """A type's name that is safe to show: at most 40 letters, digits and underscores."""
    return re.sub(r"[^A-Za-z0-9_]", "", name if isinstance(name, str) else "")[:40] or "object"


# --- from bytes to values -----------------------------------------------------------------------------------------


def read_frame(receive: Callable[[int], bytearray], caps: Caps, opaque: Callable[[str], object]) -> Any:
    """Read one frame and give its value; tensors are fresh, writable and own their memory.

    `receive(n)` returns exactly n bytes or raises. `opaque(name)` makes what stands for a thing that is not plain
    data. Raises ChannelError for every frame that breaks the rules.
    """
    header_bytes, payload_bytes = PREFIX.unpack(receive(PREFIX.size))
    if header_bytes > caps.header_bytes or header_bytes + payload_bytes > caps.total_bytes:
        raise ChannelError("a frame is larger than allowed")
    header = receive(header_bytes)
    return unpack(header, receive(payload_bytes), caps, opaque)


def unpack(header: bytes | bytearray, payload: bytearray, caps: Caps, opaque: Callable[[str], object]) -> Any:
    """The value of a frame that was read. Raises ChannelError (see `read_frame`)."""
    try:
        tree = json.loads(header.decode("ascii"), object_pairs_hook=_Tagged, parse_int=_parse_int)
    except (ValueError, RecursionError):
        raise ChannelError("the header of a frame is not JSON") from None
    unpacker = _Unpacker(payload, caps, opaque)
    value = unpacker.value(tree, depth=0)
    if unpacker.offset != len(payload):
        raise ChannelError("the payload of a frame is longer than its arrays")
    return value


class _Tagged(list):
    """The pairs of a JSON object, as they stood there: a dict would hide a key that occurs twice."""


def _parse_int(digits: str) -> int:
    if len(digits) > 21:  # 64 bits and a sign; longer ones cost quadratic time
        raise ValueError("an integer is too long")
    return int(digits)


class _Unpacker:
    def __init__(self, payload: bytearray, caps: Caps, opaque: Callable[[str], object]) -> None:
        self.payload, self.caps, self.make_opaque = payload, caps, opaque
        self.nodes = 0
        self.offset = 0

    def value(self, tree: object, depth: int) -> Any:
        self.nodes += 1
        if depth > self.caps.depth or self.nodes > self.caps.nodes:
            raise ChannelError("a frame holds too many or too deeply nested values")
        if isinstance(tree, _Tagged):
            return self.tagged(tree, depth)
        if isinstance(tree, list):
            return [self.value(item, depth + 1) for item in tree]
        if isinstance(tree, str):
            return self.text(tree, self.caps.text)
        return tree

    def tagged(self, pairs: _Tagged, depth: int) -> Any:
        if len(pairs) != 1:
            raise ChannelError("an object in a header has not exactly one key")
        tag, content = pairs[0]
        if tag == "opaque" and isinstance(content, str):
            return self.make_opaque(type_name(content))
        if type(content) is not list:
            raise ChannelError("an object in a header is malformed")
        if tag == "array":
            return self.array(content)
        if tag == "map":
            return self.map(content, depth)
        if tag == "tuple":
            return tuple(self.value(item, depth + 1) for item in content)
        raise ChannelError("an object in a header has an unknown tag")

    def text(self, text: str, cap: int) -> str:
        if len(text) > cap:
            raise ChannelError("a text is longer than allowed")
        return text.encode("utf-8", "replace").decode("utf-8")  # a lone surrogate could not be written to a record

    def map(self, pairs: list, depth: int) -> dict[str, Any]:
        result = {}
        for pair in pairs:
            if type(pair) is not list or len(pair) != 2 or not isinstance(pair[0], str):
                raise ChannelError("a dictionary is malformed")
            key = self.text(pair[0], MAX_KEY)
            if key in result:
                raise ChannelError("a dictionary has a key twice")
            result[key] = self.value(pair[1], depth + 1)
        return result

    def array(self, content: list) -> Tensor:
        if len(content) != 2 or not isinstance(content[0], str) or content[0] not in DTYPES:
            raise ChannelError("an array has an unknown dtype")
        dtype, shape = DTYPES[content[0]], content[1]
        if type(shape) is not list or len(shape) > MAX_DIMENSIONS:
            raise ChannelError("an array has a malformed shape")
        if not all(type(size) is int and 0 <= size <= MAX_ELEMENTS for size in shape):
            raise ChannelError("an array has a malformed shape")
        if math.prod(size for size in shape if size) > MAX_ELEMENTS:
            raise ChannelError("an array has a malformed shape")
        count = math.prod(shape)
        start, self.offset = self.offset, self.offset + count * dtype.itemsize
        if self.offset > len(self.payload):
            raise ChannelError("an array is longer than the payload of its frame")
        if count == 0:
            return torch.empty(shape, dtype=dtype)
        if dtype == torch.bool:  # any byte may stand there; a bool tensor that holds a 2 is neither true nor false
            return self.elements(torch.uint8, count, start).ne(0).reshape(shape)
        return self.elements(dtype, count, start).reshape(shape)

    def elements(self, dtype: torch.dtype, count: int, start: int) -> Tensor:
        """A copy in torch's own memory: torch crashes on numbers at addresses that are no multiple of their size,
        and the arrays of a payload stand one after the other, whatever their sizes."""
        elements = torch.empty(count, dtype=dtype)
        size = count * dtype.itemsize
        elements.view(torch.uint8).numpy().data[:] = memoryview(self.payload)[start : start + size]
        return elements
