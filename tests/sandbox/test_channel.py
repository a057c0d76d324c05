"""Frames: what is plain comes back as it was, and no sequence of bytes does anything but give a ChannelError."""

import json
import math
from collections import Counter

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from autograder.checking import Opaque
from autograder.sandbox import channel
from autograder.sandbox.channel import PREFIX, Caps, ChannelError, TooLargeError
from tests.sandbox import channel_fuzz

CAPS = Caps(total_bytes=1 << 20, header_bytes=1 << 16)


def receiver(data):
    """A `receive` for read_frame that hands out these bytes and then complains like a closed socket."""
    position = 0

    def receive(size):
        nonlocal position
        assert size <= CAPS.total_bytes, "asked for more than the caps allow"
        if position + size > len(data):
            raise EOFError
        position += size
        return bytearray(data[position - size : position])

    return receive


def read(data, caps=CAPS):
    return channel.read_frame(receiver(data), caps, Opaque)


def round_trip(value, **options):
    return read(b"".join(bytes(buffer) for buffer in channel.pack(value, CAPS, **options)))


def frame(tree, payload=b""):
    header = tree if isinstance(tree, bytes) else json.dumps(tree).encode()
    return PREFIX.pack(len(header), len(payload)) + header + payload


SCALARS = st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats() | st.text(max_size=50)
PLAIN = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=20,
)


def same(a, b):
    if isinstance(a, float) and math.isnan(a):
        return isinstance(b, float) and math.isnan(b)
    if isinstance(a, list):
        return isinstance(b, list) and len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, dict):
        return isinstance(b, dict) and a.keys() == b.keys() and all(same(a[key], b[key]) for key in a)
    return type(a) is type(b) and a == b


@given(PLAIN)
def test_plain_values_come_back_as_they_were(value):
    assert same(value, round_trip(value))


@given(
    hnp.arrays(
        st.sampled_from(["?", "u1", "i1", "i2", "i4", "i8", "f2", "f4", "f8", "c8", "c16"]),
        hnp.array_shapes(min_dims=0, min_side=0),
    )
)
def test_arrays_come_back_bit_for_bit(array):
    for value in (array, torch.from_numpy(array.copy())):
        back = round_trip(value)
        assert back.numpy().dtype == array.dtype
        assert back.shape == array.shape
        assert back.numpy().tobytes() == array.tobytes()


@pytest.mark.parametrize(
    "value",
    [
        torch.rand(3, 4, requires_grad=True),
        torch.nn.Parameter(torch.rand(3, 4)),
        torch.rand(4, 3).t(),
        torch.rand(8, 6)[::2, 1:4],
        torch.rand(()),
        torch.zeros(0, 5),
        torch.zeros(1).expand(3, 4),
        torch.rand(3, dtype=torch.complex128).conj(),
        torch.eye(3).to_sparse(),
    ],
    ids=["grad", "parameter", "transposed", "strided", "scalar", "empty", "expanded", "conjugated", "sparse"],
)
def test_every_kind_of_tensor_arrives_as_a_fresh_plain_one(value):
    back = round_trip(value)
    want = value.detach().to_dense() if value.layout != torch.strided else value.detach()
    assert torch.equal(back, want) and back.dtype == value.dtype
    assert type(back) is torch.Tensor and not back.requires_grad and back.is_contiguous()
    back.add_(1)  # writable
    assert back.untyped_storage().nbytes() == back.numel() * back.element_size()


@pytest.mark.parametrize(
    ("value", "want"),
    [
        (torch.tensor([1.5], dtype=torch.bfloat16), torch.tensor([1.5])),
        (np.float32(1.5), torch.tensor(1.5)),
        (np.float64(1.5), 1.5),
        (np.int64(3), torch.tensor(3)),
        (np.array([2**63], dtype=np.uint64), torch.tensor([2.0**63], dtype=torch.float64)),
        (np.array([1, 2], dtype=">i4"), torch.tensor([1, 2], dtype=torch.int32)),
        (np.array([1, None], dtype=object), [1, None]),
        (1 + 2j, torch.tensor(1 + 2j, dtype=torch.complex128)),
    ],
)
def test_relatives_of_plain_data_are_widened(value, want):
    back = round_trip(value)
    if isinstance(want, torch.Tensor):
        assert back.dtype == want.dtype and torch.equal(back, want)
    else:
        assert type(back) is type(want) and back == want


def test_sequences_become_lists_and_keys_become_strings():
    assert round_trip((1, {2}, frozenset(), {3: (4,)})) == [1, [2], [], {"3": [4]}]
    assert round_trip((1, [(2,)]), strict=True) == (1, [(2,)])


def test_other_objects_arrive_as_the_clean_name_of_their_type():
    evil = type("<script>alert(1)</script>\x1b[31m" + "x" * 100, (), {})
    assert round_trip([evil(), lambda: None, 10**100, b"bytes"]) == [
        Opaque("scriptalert1script31m" + "x" * 19),
        Opaque("function"),
        Opaque("int"),
        Opaque("bytes"),
    ]
    with pytest.raises(TypeError, match="only plain data"):
        channel.pack([object()], CAPS, strict=True)


class Hostile:
    def __array__(self, *args, **kwargs):
        raise RuntimeError("no")


def test_an_object_that_refuses_to_be_looked_at_is_opaque():
    assert round_trip(Hostile()) == Opaque("Hostile")


def test_values_that_are_too_large_are_refused_before_they_are_copied():
    loop = []
    loop.append(loop)
    deep = {}
    for _ in range(100):
        deep = {"a": deep}
    for value in (loop, deep, [0] * 300_000, torch.zeros(1).expand(10**12), np.broadcast_to(np.zeros(1), 10**12)):
        with pytest.raises(TooLargeError):
            channel.pack(value, CAPS)
    assert round_trip("x" * 100_000) == "x" * CAPS.text


@given(st.binary(max_size=300))
def test_random_bytes_never_do_anything_else_than_end_in_a_channel_error(data):
    for candidate in (data, frame(data)):
        try:
            read(candidate)
        except (ChannelError, EOFError):
            pass


TREES = st.recursive(
    SCALARS | st.sampled_from(["bool", "float64", "int64", "complex64"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["map", "array", "opaque", "tuple", "other"]), inner, max_size=2)
        | st.tuples(st.sampled_from(["bool", "float64", "int64"]), st.lists(st.integers(-3, 2**62), max_size=4)).map(
            lambda pair: {"array": list(pair)}
        )
    ),
    max_leaves=10,
)


@given(TREES, st.binary(max_size=64))
def test_random_headers_give_plain_data_or_a_channel_error(tree, payload):
    try:
        read(frame(tree, payload))
    except ChannelError:
        pass


@pytest.mark.parametrize("name", channel.DTYPES)
def test_arrays_stand_at_every_offset(name):
    """At an odd address torch's complex numbers crash the process."""
    dtype = channel.DTYPES[name]
    for offset in range(17):
        tree = [{"array": ["uint8", [offset]]}, {"array": [name, [5]]}]
        _, array = read(frame(tree, bytes(offset) + b"\1" * (5 * dtype.itemsize)))
        assert array.dtype == dtype and array.data_ptr() % 64 == 0
        assert array.view(torch.uint8).tolist() == [1] * (5 * dtype.itemsize)


def test_a_sample_of_hostile_answers_is_refused_or_harmless():
    """The others: python tests/sandbox/channel_fuzz.py 100000."""
    ends = Counter(channel_fuzz.used(*frame) for frame in channel_fuzz.frames(1_000))
    assert ends["used"] > 400 and ends["refused"] > 200


EIGHT = b"\0" * 8


@pytest.mark.parametrize(
    "data",
    [
        PREFIX.pack(1 << 31, 0),
        PREFIX.pack(2, 1 << 62),
        PREFIX.pack((1 << 16) + 1, 0),
        frame(b"{"),
        frame(b"\xff\xfe"),
        frame("[1]".encode("utf-16")),
        frame(b"[" * 30_000),
        frame(b"[" * 100 + b"]" * 100),
        frame(b"9" * 10_000),
        frame(b"[" + b"[]," * 20_000 + b"[]]"),
        frame(b'{"map": [], "map": []}'),
        frame({}),
        frame({"a": 1}),
        frame({"map": {"tuple": []}}),
        frame({"map": [["a", 1], ["a", 2]]}),
        frame({"map": [[1, 1]]}),
        frame({"map": [["a"]]}),
        frame({"opaque": 1}),
        frame({"array": []}),
        frame({"array": [["float64"], [1]]}, EIGHT),
        frame({"array": ["object", [1]]}, EIGHT),
        frame({"array": ["float64", 1]}, EIGHT),
        frame({"array": ["float64", [-1]]}, EIGHT),
        frame({"array": ["float64", [-1, -1]]}, EIGHT),
        frame({"array": ["float64", [True]]}, EIGHT),
        frame({"array": ["float64", [1.0]]}, EIGHT),
        frame({"array": ["float64", [2]]}, EIGHT),
        frame({"array": ["float32", [1]]}, EIGHT),
        frame({"array": ["float64", [2**40, 2**40, 0]]}),
        frame({"array": ["float64", [1] * 17]}, EIGHT),
        frame({"array": ["float64", [2**62]]}, EIGHT),
        frame([{"array": ["float64", [1]]}] * 2, EIGHT),
        frame("x" * 30_000),
    ],
)
def test_malformed_frames_are_refused(data):
    caps = Caps(total_bytes=1 << 20, header_bytes=1 << 16, nodes=10_000)
    with pytest.raises(ChannelError):
        read(data, caps)


def test_strange_but_legal_values_are_made_harmless():
    truth = read(frame({"array": ["bool", [3]]}, b"\x00\x02\xff"))
    assert truth.tolist() == [False, True, True] and truth.view(torch.uint8).tolist() == [0, 1, 1]
    assert read(frame(b'"\\ud800"')) == "?"
    assert math.isnan(read(frame(b"NaN")))
    assert read(frame(b"1e999999")) == math.inf
