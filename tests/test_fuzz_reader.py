"""The reader and the slicer meet anything: a Notebook or a NotebookError, a Slice, and little memory.

A few hundred cases here. The long run, of 10,000: FUZZ_CASES=3000 make test TESTS=tests/test_fuzz_reader.py
"""

import json
import os
import resource
from functools import cache

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from autograder.course import load_course
from autograder.notebooks import Notebook, NotebookError, Slice, read_notebook, slice_exercise
from autograder.provenance import released_notebook

CASES = int(os.environ.get("FUZZ_CASES", 150))
MEMORY = 768 << 20  # to read 20 MB never takes more; empty objects take most, 25 times their own length
HOMEWORK = load_course().homework("hw1")
FEW = [HOMEWORK.exercise(name) for name in ("f_divergence", "made", "t1_formula")]
EASY = settings(
    max_examples=CASES,
    deadline=None,
    database=None,
    derandomize="FUZZ_SEED" not in os.environ,
    suppress_health_check=list(HealthCheck),
)


@cache
def released():
    return released_notebook(HOMEWORK).read_bytes()


@cache
def released_cells():
    return read_notebook(released())


def judge(data):
    """What the grader does with the bytes before any of them runs."""
    try:
        notebook = read_notebook(data)
    except NotebookError as error:
        assert len(str(error).split()) > 3 and "\n" not in str(error)
        return None
    assert isinstance(notebook, Notebook)
    for cell in notebook.cells:
        cell.source.encode()  # what cannot be written to a file would end the batch later
    for exercise in FEW:
        sliced = slice_exercise(notebook, exercise, released_cells())
        assert isinstance(sliced, Slice) and sliced.state in ("ready", "missing", "not-attempted", "error")
        json.dumps([sliced.message, sliced.parts]).encode()
        sliced.message.encode()
    return notebook


# --- structure: JSON of a notebook's form, with anything where something is expected

anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=10,
)
PIECES = (
    "def f_divergence(p, q, f):\n    return q",
    "def alpha_divergence(p, q, alpha)",
    "class MADE(nn.Module): pass",
    "make_masks = MADE = None",
    "from math import *",
    "%%bash\nrm -rf /",
    "!ls",
    "%matplotlib inline",
    "x?",
    "if x:\n  MADE = 1\nelse",
    "f_divergence = f_divergence(f_divergence)",
    "@decorator",
    "async def make_masks(): await x",
    "lambda: (yield)",
    "'''",
    "\\",
    "\t\tx = 1",
    "\x00",
    "\ud800",
    "\ufeff",
    "\r",
    "# coding: utf-7",
    "match x:\n case MADE(): pass",
    "del MADE",
    "global MADE; MADE: int",
    "(" * 300,
    "- " * 500 + "1",
    "not " * 500 + "x",
    "x" + ".y" * 500,
    "9" * 5000,
)
sources = st.lists(st.sampled_from(PIECES) | st.text(max_size=30), max_size=5).map("\n".join)
kinds = st.sampled_from(["code", "code", "code", "markdown", "raw", "heading", "", None, 3])
metadata = st.fixed_dictionaries({"nbgrader": st.fixed_dictionaries({"grade_id": anything}) | anything}) | anything
cells = st.fixed_dictionaries(
    {"cell_type": kinds, "source": sources | st.lists(sources, max_size=3) | anything, "metadata": metadata},
    optional={"id": anything, "outputs": anything, "input": anything},
)
documents = st.fixed_dictionaries(
    {"nbformat": st.sampled_from([4, 4, 4, 3]) | anything, "cells": st.lists(cells | anything, max_size=8) | anything},
    optional={
        "worksheets": st.lists(st.fixed_dictionaries({"cells": st.lists(cells, max_size=3)}) | anything, max_size=2)
    },
)
encodings = st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-32", "latin-1"])


@EASY
@given(documents, encodings, st.booleans())
def test_anything_of_a_notebook_s_form(document, encoding, ascii_only):
    text = json.dumps(document, ensure_ascii=ascii_only)
    judge(text.encode(encoding, "surrogatepass" if encoding.startswith("utf-8") else "replace"))


@EASY
@given(st.lists(sources, min_size=1, max_size=6))
def test_any_code_cells(texts):
    made = [{"cell_type": "code", "source": text, "metadata": {}} for text in texts]
    assert judge(json.dumps({"nbformat": 4, "cells": made}).encode()) is not None


# --- bytes: the released notebook, cut, changed, doubled and swapped

changes = st.lists(
    st.tuples(
        st.sampled_from(["cut", "flip", "insert", "double", "swap", "truncate"]),
        st.floats(0, 1),
        st.floats(0, 1),
        st.binary(max_size=12)
        | st.sampled_from([b'"', b"{", b"]", b"\\ud800", b"\xff", b"\x00", b"NaN", b"1e999", b"\\"]),
    ),
    min_size=1,
    max_size=4,
)


@settings(EASY, max_examples=max(1, CASES // 3))  # each costs as much as three of the others
@given(changes)
def test_a_real_notebook_with_changed_bytes(edits):
    data = released()
    for kind, where, how_far, inserted in edits:
        start = int(where * len(data))
        end = min(len(data), start + 1 + int(how_far**4 * 2000))
        piece = data[start:end]
        data = {
            "cut": data[:start] + data[end:],
            "flip": data[:start] + bytes(b ^ 1 << (b % 8) for b in piece[:3]) + data[start + len(piece[:3]) :],
            "insert": data[:start] + inserted + data[start:],
            "double": data[:end] + piece + data[end:],
            "swap": data[end:] + data[:end] if how_far > 0.95 else data[:start] + piece[::-1] + data[end:],
            "truncate": data[:start] if where > 0.5 else data,
        }[kind]
    judge(data)


@EASY
@given(st.binary(max_size=200))
def test_any_bytes(data):
    judge(data)


# --- size


def peak():
    """The most memory that this process has had in use so far, in bytes; a fork begins with what it has then."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss << 10


def memory_needed(data):
    """Bytes that judging the data takes at most, measured in a process of its own; fails where that goes wrong."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            before = peak()
            judge(data)
            os.write(writer, str(peak() - before).encode())
        finally:
            os._exit(0)
    os.close(writer)
    with open(reader) as pipe:
        told = pipe.read()
    os.waitpid(child, 0)
    assert told, "the reader took its process down"
    return int(told)


def test_memory_is_measured():
    """The measure itself: ten million numbers are a list of eighty megabytes, some of which may have been free."""
    assert memory_needed(b'{"nbformat": 4, "cells": [], "x": [' + b"1," * 9_900_000 + b"1]}") > 70_000_000
    assert memory_needed(b"null") < 10_000_000


@pytest.mark.parametrize(
    "data",
    [
        b'{"nbformat": 4, "cells": [' + b'{"cell_type": "code", "source": "x=1"},' * 300_000 + b"{}]}",
        b'{"nbformat": 4, "cells": [' + b"{}," * 6_900_000 + b"{}]}",
        b'{"nbformat": 4, "cells": [], "x": "' + b"\\u0000" * 3_000_000 + b'"}',
        b"[" * (20 << 20),
        b'{"a":' * (4 << 20),
        b'{"nbformat": ' + b"9" * (19 << 20) + b"}",
        b"\n" * (19 << 20) + b"x",
        b'{"nbformat": 4, "cells": [{"cell_type": "code", "source": "' + b"x=1\\n" * (3 << 20) + b'"}]}',
    ],
    ids=["many cells", "many objects", "escapes", "brackets", "objects", "digits", "empty lines", "statements"],
)
def test_twenty_megabytes_of_trouble_stay_within_the_memory_cap(data):
    assert memory_needed(data) < MEMORY


@pytest.mark.parametrize(
    "source",
    [
        "if True:\n" + " " * 99_000 + "x (",
        "if True:\n" + " . " * 33_000 + "(=",
        "? " * 49_000 + "(",
        "(" * 99_000,
    ],
    ids=["indent", "dots", "questions", "brackets"],
)
def test_no_pattern_searches_a_long_line_again_and_again(source):
    """Patterns that go back over a line of 100 000 characters need minutes for it: then this test would not end."""
    assert judge(json.dumps({"nbformat": 4, "cells": [{"cell_type": "code", "source": source}] * 3}).encode())
