"""F: files that are no proper notebook, and honest notebooks that look odd."""

from __future__ import annotations

import json
from collections.abc import Callable

from autograder.attacks.attack import EVERYTHING, Attack, course
from autograder.course import Homework
from autograder.desk import demo
from autograder.provenance import released_notebook

SOME = ("f_divergence", "beta_bernoulli", "elbo")


def raw(name: str, story: str, data: bytes, refused: str) -> Attack:
    return Attack(name, "F", story, make=lambda homework: data, refused=refused)


def spoilt(name: str, story: str, change: Callable[[dict], object], refused: str) -> Attack:
    """The solved notebook, changed."""

    def make(homework: Homework) -> bytes:
        document = demo.solved(homework)
        change(document)
        return json.dumps(document).encode()

    return Attack(name, "F", story, make=make, refused=refused)


def odd(name: str, story: str, change: Callable[[dict], object], source: str = "") -> Attack:
    """The solved notebook, changed in a way that must cost nothing."""

    def make(homework: Homework) -> bytes:
        document = demo.solved(homework)
        change(document)
        return json.dumps(demo.adding(document, source) if source else document).encode()

    return Attack(name, "F", story, make=make, on=SOME, states=("passed",), points=EVERYTHING)


def _bare(document: dict) -> None:
    for cell in document["cells"]:
        cell["metadata"] = {}
        cell.pop("id", None)


def _twice(document: dict) -> None:
    document["cells"] = [cell for cell in document["cells"] for _ in range(2)]


def _one_cell(document: dict) -> None:
    code = "\n\n".join("".join(cell["source"]) for cell in document["cells"] if cell["cell_type"] == "code")
    document["cells"] = [{"cell_type": "code", "id": "one", "metadata": {}, "outputs": [], "source": code}]


def _windows(document: dict) -> None:
    for cell in document["cells"]:
        cell["source"] = [line + "\r\n" for line in "".join(cell["source"]).split("\n")]


def _backwards(document: dict) -> None:
    cells = document["cells"]
    first = next(i for i, cell in enumerate(cells) if "import torch" in "".join(cell["source"]))
    document["cells"] = [cells[first], *reversed(cells[:first] + cells[first + 1 :])]


def _same_ids(document: dict) -> None:
    for cell in document["cells"]:
        cell["id"] = "same"


def _keys_twice(homework: Homework) -> bytes:
    """JSON lets a field stand there twice; the last one counts, as for Jupyter."""
    return json.dumps(demo.solved(homework)).replace('"source":', '"source": "pass", "source":').encode()


def _other_kinds(document: dict) -> None:
    for number, cell in enumerate(document["cells"]):
        if cell["cell_type"] == "markdown":
            cell["cell_type"] = ("raw", "code")[number % 2]


def _outputs(document: dict) -> None:
    shown = {"output_type": "display_data", "metadata": {}, "data": {"text/html": "<script>alert(1)</script>"}}
    next(cell for cell in document["cells"] if cell["cell_type"] == "code")["outputs"] = [shown] * 100_000


def _nothing(document: dict) -> None:
    pass


def _with_bom(homework: Homework) -> bytes:
    return b"\xef\xbb\xbf" + json.dumps(demo.solved(homework)).encode()


def _conflict(homework: Homework) -> bytes:
    text = json.dumps(demo.solved(homework), indent=1)
    return text.replace('"cells": [', '<<<<<<< HEAD\n"cells": [\n=======\n>>>>>>> theirs', 1).encode()


def _deleted(homework: Homework) -> bytes:
    document = demo.released(homework)
    document["cells"] = [cell for cell in document["cells"] if cell["cell_type"] == "markdown"]
    return json.dumps(document).encode()


def _next_homework(homework: Homework) -> bytes:
    other = next(other for other in course().given if other.id != homework.id)
    return released_notebook(other).read_bytes()


def _first_source(value: object) -> Callable[[dict], None]:
    def change(document: dict) -> None:
        document["cells"][0]["source"] = value

    return change


IN_COLAB = """\
%matplotlib inline
!pip install --quiet everything
%cd /content
name = input("Who are you? ")
for epoch in range(10**12):
    loss = epoch
"""
NOISY = """\
import warnings

print("debugging", file=__import__("sys").stderr)


def beta_posterior(a, b, k, n):
    warnings.warn("a warning is no failure")
    print("a", a)
    return np.asarray(a) + np.asarray(k), np.asarray(b) + np.asarray(n) - np.asarray(k)
"""

# An indent for which a careless pattern would take minutes.
INDENTED = "if True:\n" + " " * 90_000 + "x ("

ATTACKS = (
    raw("empty file", "no bytes at all", b"", "empty"),
    raw("one brace", "an upload that broke off", b"{", "not valid JSON"),
    raw("a list", "JSON, but no notebook", b"[]", "not a notebook"),
    raw("null", "JSON, but nothing", b"null", "not a notebook"),
    raw("utf-16", "a notebook in UTF-16", "{}".encode("utf-16"), "UTF-16"),
    raw("latin-1", "bytes that are not UTF-8", b'{"cells": "\xe9"}', "not UTF-8"),
    raw("zip", "a zip archive", b"PK\x03\x04" + bytes(100), "zip archive"),
    raw("deep nesting", "100 000 brackets", b"[" * 100_000, "nested too deeply"),
    raw(
        "deep objects", "100 000 objects, closed again", b'{"a":' * 100_000 + b"1" + b"}" * 100_000, "nested too deeply"
    ),
    raw("too large", "a file of 21 MB", b" " * (21 << 20), "more than 20"),
    raw("empty lines", "19 million of them, and no notebook", b"\n" * 19_000_000 + b"x", "not valid JSON"),
    raw("no format", "JSON without nbformat", b'{"cells": []}', "nbformat"),
    raw(
        "long number",
        "an integer with 100 000 digits",
        b'{"nbformat": 4, "cells": ' + b"9" * 100_000 + b"}",
        "notebook",
    ),
    spoilt("format 9", "a format of the future", lambda d: d.update(nbformat=9), "format 9"),
    spoilt("no cells", "the list of cells is missing", lambda d: d.pop("cells"), "no list of cells"),
    spoilt("cells are text", "cells that are no objects", lambda d: d.update(cells=["print()"]), "not a cell"),
    spoilt("source is a number", "a source that is no text", _first_source(7), "not text"),
    spoilt("source is nested", "a source of lists", _first_source([["x"]]), "not text"),
    spoilt(
        "3000 cells",
        "more cells than anybody writes",
        lambda d: d.update(cells=d["cells"][:1] * 3000),
        "more than 2000",
    ),
    Attack("merge markers", "F", "an unresolved git conflict", make=_conflict, refused="merge markers"),
    Attack(
        "byte order mark", "F", "a notebook with a BOM", make=_with_bom, on=SOME, states=("passed",), points=EVERYTHING
    ),
    odd("stripped", "ids and metadata are gone, as from Colab", _bare),
    odd("every cell twice", "duplicated cells, stubs and solutions", _twice),
    odd("one big cell", "all code merged into one cell", _one_cell),
    odd("windows", "CRLF, and sources as lists of lines", _windows),
    odd("same ids", "every cell has the same id", _same_ids),
    odd("lone surrogate", "half a character in a text cell", _first_source("\ud800 half")),
    odd("a NaN", "NaN in the metadata", lambda d: d["metadata"].update(score=float("nan"))),
    odd("colab", "magics, shell lines, input() and endless training at top level", _nothing, IN_COLAB),
    odd("noise", "warnings, prints and numpy where tensors are expected", _nothing, NOISY),
    odd("syntax error elsewhere", "a cell of notes that does not compile", _nothing, "this is (not python"),
    odd("endless indents", "cells that do not compile, with lines of 90 000 spaces", _nothing, INDENTED),
    odd("new syntax", "a cell in the syntax of a later Python", _nothing, "type Pair[T] = tuple[T, T]"),
    Attack(
        "keys twice", "F", "two sources in each cell", make=_keys_twice, on=SOME, states=("passed",), points=EVERYTHING
    ),
    odd("other kinds", "text cells that became code and raw cells", _other_kinds),
    odd("bombs in the outputs", "a hundred thousand display outputs with scripts", _outputs),
    Attack(
        "another homework",
        "E",
        "the notebook of the next homework under this one's name",
        make=_next_homework,
        on=SOME,
        states=("missing", "not-attempted"),
    ),
    Attack(
        "cells deleted",
        "F",
        "the exercises' cells are gone, so that there is less to lose",
        make=_deleted,
        on=SOME,
        states=("missing",),
    ),
    odd("reordered", "every cell but the imports in reverse order", _backwards),
)
