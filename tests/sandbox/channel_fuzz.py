"""Answers that no honest guest sends, by the thousand: whatever arrives is plain data that torch can work with.

    python tests/sandbox/channel_fuzz.py 100000      # the same answers every time; a crash of torch ends the process

Each answer is a frame of arrays of all dtypes, at every offset in the payload and with every kind of bytes in them;
half of the frames are then damaged. What is understood is used as the judge uses answers.
"""

import json
import random
import sys
from collections import Counter

import torch

from autograder.checking import Failed, Opaque, tensor
from autograder.sandbox import channel

CAPS = channel.Caps(total_bytes=1 << 20, header_bytes=1 << 16, nodes=1_000)
SIZES = (0, 1, 2, 3, 5, 7, 8, 15, 16, 17, 31, 33, 64, 65, 127)
NAMES = (*channel.DTYPES, "bfloat16", "object", "float128", "quint8", "", "complex32", "U8", "float64 ")
BYTES = (b"\x00", b"\xff", b"\x7f", b"\x80", b"\xf0\x7f", b"\x01\x00")


def frames(count, seed=0):
    """`count` answers as (header, payload); always the same ones of a seed."""
    chance = random.Random(seed)
    for number in range(count):
        header, payload = _frame(chance)
        yield _damaged(chance, header, payload) if number % 2 else (header, payload)


def used(header, payload):
    """What became of an answer: "refused", or "used" when torch has computed with every array in it."""
    try:
        value = channel.unpack(header, bytearray(payload), CAPS, Opaque)
    except channel.ChannelError:
        return "refused"
    for array in _arrays(value):
        assert array.dtype in channel.WIRE_NAMES and array.data_ptr() % array.element_size() == 0
        _compute(array)
    return "used"


def _frame(chance):
    trees, payload = [], b""
    for _ in range(chance.randint(1, 4)):
        name = chance.choice(list(channel.DTYPES) if chance.random() < 0.95 else NAMES)
        shape = [chance.choice(SIZES) for _ in range(chance.choice((0, 1, 1, 1, 2)))]
        count = shape[0] * (shape[1] if len(shape) > 1 else 1) if shape else 1
        size = channel.DTYPES[name].itemsize if name in channel.DTYPES else chance.choice((1, 2, 4, 8, 16))
        if chance.random() < 0.5:
            payload += chance.randbytes(count * size)
        else:
            payload += (chance.choice(BYTES) * (count * size))[: count * size]
        trees.append({"array": [name, shape]})
    tree = chance.choice((trees, {"map": [["a", trees]]}, trees[0] if len(trees) == 1 else trees))
    return json.dumps(tree).encode(), payload


def _damaged(chance, header, payload):
    """The frame with some bytes of its header changed, or with more or fewer of its payload."""
    header = bytearray(header)
    for _ in range(chance.randint(0, 2)):
        header[chance.randrange(len(header))] = chance.choice(b'0123456789[]{}",-.e\x00\xff')
    if chance.random() < 0.3:
        payload = payload[: chance.randrange(len(payload) + 1)] + chance.randbytes(chance.randrange(20))
    return bytes(header), payload


def _arrays(value):
    if isinstance(value, torch.Tensor):
        yield value
    for item in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from _arrays(item)


def _compute(array):
    """What checks do with answers, in the dtype that arrived and in double precision."""
    array.clone(), array == array, array.tolist()
    if array.dtype not in (torch.bool, torch.float16):
        (array * array + array).sum(), array.reshape(-1).flip(0).abs()
    if array.is_complex():
        array.reshape(-1).conj() @ array.reshape(-1), array.real + array.imag
    try:
        given = tensor(array, tuple(array.shape), "it")
    except Failed:
        return
    given.exp().mean(), torch.allclose(given, given), given.reshape(-1) @ given.reshape(-1)


if __name__ == "__main__":
    print(dict(Counter(used(*frame) for frame in frames(int(sys.argv[1])))))
