"""Reading a submitted notebook as data: whatever the bytes are, a Notebook or one clear sentence.

Nothing here trusts the file. Its size is capped before it is parsed, the cells that come out hold plain text and
nothing else, and every way in which a file can be broken ends in a NotebookError whose sentence a student can act on.
Outputs, attachments and metadata are left behind, except a cell's id and nbgrader's name of it, which tell a TA where
things are.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from autograder.notebooks.embedded import moved

MAX_BYTES = 20 << 20
MAX_CELLS = 2_000
MAX_GRADE_ID = 200
KINDS = ("code", "markdown", "raw")
# Not \s at its start, which would search a run of empty lines anew from each of them: days, for a file of such lines.
MERGE_MARKER = re.compile(r"^[ \t]*(?:<{7} |={7}$|>{7} )", re.MULTILINE)
ZIP_SIGNATURE = b"PK\x03\x04"
PDF_SIGNATURE = b"%PDF-"
# What else is handed in under the name of a notebook, by how it begins.
NO_NOTEBOOKS = {
    "a Git LFS pointer, and not what it points to": re.compile(r"version https://git-lfs\."),
    "a link, and not what it leads to": re.compile(r"\[InternetShortcut\]|\[Desktop Entry\]|https?://\S+\s*\Z"),
    "a web page, and no notebook": re.compile(r"(?i)<(?:!doctype|html|head|!--|\?xml)"),
    "Python code, and no notebook": re.compile(
        r"(?:[ \t]*(?:#[^\n]*)?\n)*(?:#!|# In\[|import \w|from [\w.]+ import\b|def \w+\(|class \w+|\"\"\"|@\w)"
    ),
}
UTF_16_OR_32 = (b"\xff\xfe", b"\xfe\xff", b"\x00\x00\xfe\xff")


class NotebookError(ValueError):
    """A submission that is no notebook; the sentence says what is wrong with it and what to do."""


@dataclass(frozen=True)
class Cell:
    """One cell. `index` counts from 1 over all cells, as a student counts them in Jupyter."""

    index: int
    kind: str
    source: str
    grade_id: str | None = None
    cell_id: str | None = None
    raw: Mapping[str, Any] = field(default_factory=dict, repr=False, compare=False)  # as it stands in the file

    @property
    def label(self) -> str:
        return f"cell {self.index}"


@dataclass(frozen=True)
class Notebook:
    cells: tuple[Cell, ...]

    @property
    def code(self) -> tuple[Cell, ...]:
        return tuple(cell for cell in self.cells if cell.kind == "code")


def read_notebook(data: bytes) -> Notebook:
    """The cells of a notebook file (format 4, or 3).

    Raises NotebookError, and nothing else, with a sentence that says what is wrong with the file.
    """
    try:
        return Notebook(_cells(_document(_text(data))))
    except NotebookError:
        raise
    except (RecursionError, MemoryError):
        raise NotebookError("the notebook is nested too deeply to be read; save it again from Jupyter") from None
    except Exception as error:
        kind = type(error).__name__
        raise NotebookError(f"the notebook cannot be read ({kind}); save it again from Jupyter") from None


def _text(data: bytes) -> str:
    if len(data) > MAX_BYTES:
        size, most = len(data) / 2**20, MAX_BYTES >> 20
        raise NotebookError(f"the file has {size:.1f} MiB, more than {most}; clear all outputs, save, hand in again")
    if not data.strip():
        raise NotebookError("the file is empty; save the notebook and hand it in again")
    if data.startswith(ZIP_SIGNATURE):
        raise NotebookError("the file is a zip archive; hand in the .ipynb file itself")
    if data.startswith(PDF_SIGNATURE):
        raise NotebookError("the file is a PDF; hand in the .ipynb file itself")
    if data.startswith(UTF_16_OR_32):
        raise NotebookError("the file is UTF-16 or UTF-32 text; save it as UTF-8 (Jupyter does)")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise NotebookError(f"the file is not UTF-8 text (byte {error.start}); save it again from Jupyter") from None


def _document(text: str) -> dict[str, Any]:
    try:
        document = json.loads(text)
    except json.JSONDecodeError as error:
        if marker := MERGE_MARKER.search(text):
            line = text.count("\n", 0, marker.end()) + 1
            raise NotebookError(f"the file has git merge markers (line {line}); resolve the conflict first") from None
        if kind := _what_else(text):
            raise NotebookError(f"the file is {kind}; hand in the .ipynb file itself") from None
        where = f"line {error.lineno}, column {error.colno}"
        raise NotebookError(f"the file is not a notebook: it is not valid JSON ({where}: {error.msg})") from None
    if not isinstance(document, dict):
        raise NotebookError(f"the file is not a notebook: it holds {_kind(document)}, not a notebook's fields")
    version = document.get("nbformat")
    if not isinstance(version, int) or isinstance(version, bool):
        raise NotebookError("the file is not a notebook: it does not say its format (nbformat)")
    if version == 3:
        return _upgraded(document)
    if version != 4:
        raise NotebookError(f"the notebook has format {version}, which is not supported; save it in format 4")
    return document


def _what_else(text: str) -> str:
    """What a file is that is no JSON, by how it begins; "" where that says nothing."""
    start = text[:2_000].lstrip()
    return next((kind for kind, pattern in NO_NOTEBOOKS.items() if pattern.match(start)), "")


def _upgraded(document: dict[str, Any]) -> dict[str, Any]:
    """A notebook of format 3 as one of format 4: one list of cells, and every cell's text called source.

    nbformat can do this as well, but it validates first and writes what it dislikes, whole, to the log.
    """
    cells = []
    worksheets = document.get("worksheets")
    for worksheet in worksheets if isinstance(worksheets, list) else [None]:
        if not isinstance(worksheet, dict) or not isinstance(worksheet.get("cells"), list):
            raise NotebookError("the notebook has the old format 3 and cannot be upgraded; save it in format 4")
        cells += worksheet["cells"]
    return {"cells": [_upgraded_cell(cell) for cell in cells]}


def _upgraded_cell(cell: object) -> object:
    if not isinstance(cell, dict):
        return cell
    if cell.get("cell_type") == "code":
        return cell | {"source": cell.get("input")}
    return cell | {"cell_type": "markdown"} if cell.get("cell_type") in ("heading", "html") else cell


def _cells(document: dict[str, Any]) -> tuple[Cell, ...]:
    cells = document.get("cells")
    if not isinstance(cells, list):
        raise NotebookError("the notebook has no list of cells; save it again from Jupyter")
    if len(cells) > MAX_CELLS:
        raise NotebookError(f"the notebook has {len(cells)} cells, more than {MAX_CELLS}")
    as_written = "nbformat" in document  # and not upgraded from an older format
    return tuple(_cell(index, cell, as_written) for index, cell in enumerate(cells, start=1))


def _cell(index: int, cell: object, as_written: bool) -> Cell:
    if not isinstance(cell, dict):
        raise NotebookError(f"cell {index} is {_kind(cell)}, not a cell; save the notebook again from Jupyter")
    kind = cell.get("cell_type")
    if kind not in KINDS:
        raise NotebookError(f"cell {index} is neither code nor text; save the notebook again from Jupyter")
    source = cell.get("source")
    if isinstance(source, list) and all(isinstance(line, str) for line in source):
        source = "".join(source)
    if not isinstance(source, str):
        raise NotebookError(f"the source of cell {index} is {_kind(source)}, not text; save it again from Jupyter")
    raw: Mapping[str, Any] = cell if as_written else {}
    if kind == "markdown":
        source, pictures = moved(source)
        pasted = raw.get("attachments")
        raw = {**raw, "attachments": {**(pasted if isinstance(pasted, dict) else {}), **pictures}} if pictures else raw
    return Cell(index, kind, _plain(source), _grade_id(cell), _cell_id(cell), raw)


def _plain(source: str) -> str:
    r"""The text with \n for every end of line, and with U+FFFD for lone surrogates, which no file can hold."""
    source = source.replace("\r\n", "\n").replace("\r", "\n")
    return source.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def _grade_id(cell: dict[str, Any]) -> str | None:
    metadata = cell.get("metadata")
    nbgrader = metadata.get("nbgrader") if isinstance(metadata, dict) else None
    grade_id = nbgrader.get("grade_id") if isinstance(nbgrader, dict) else None
    return _plain(grade_id)[:MAX_GRADE_ID] if isinstance(grade_id, str) else None


def _cell_id(cell: dict[str, Any]) -> str | None:
    """A cell's id; Colab writes it into the metadata."""
    metadata = cell.get("metadata")
    found = cell.get("id") or (metadata.get("id") if isinstance(metadata, dict) else None)
    return _plain(found)[:MAX_GRADE_ID] if isinstance(found, str) else None


def _kind(value: object) -> str:
    if value is None:
        return "empty (null)"
    names = {dict: "an object", list: "a list", str: "a text", bool: "true or false"}
    return names.get(type(value), "a number")
