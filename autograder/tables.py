"""Tables that people made in a spreadsheet: the one reader for roster, exam, extensions and what platforms export.

Understood are commas, semicolons and tabs, a line `sep=;` before the header, any case of the header and spaces around
its names, a byte order mark, UTF-8 and UTF-16. Nothing is guessed about any other encoding: a name in the wrong one is
another name. All lines that are faulty are listed, not the first alone.
"""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from pathlib import Path

from autograder.errors import AutograderError
from autograder.records import printable

DELIMITERS = ",;\t"
LARGEST = 20 << 20  # bytes of a table
MOST_FAULTS = 20  # lines that are listed
LONGEST_NUMBER = 20  # characters
UTF_16 = {b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}


class TableError(AutograderError):
    """A table cannot be used; the sentence names the file, and each faulty line."""


@dataclass(frozen=True)
class Row:
    """A line of a table that is not empty: its number, counted from 1, and its fields as they are written."""

    line: int
    fields: tuple[str, ...]


@dataclass(frozen=True)
class Table:
    """What a file holds. `header` and the fields are as written; `columns` finds a column by the name of it."""

    path: Path
    header: tuple[str, ...]
    rows: tuple[Row, ...]
    delimiter: str
    encoding: str
    columns: Mapping[str, int] = field(default_factory=dict)

    def has(self, column: str) -> bool:
        return column in self.columns

    def get(self, row: Row, column: str) -> str:
        """The field of a column without the spaces around it, in one Unicode form; "" where there is no such column."""
        return _clean(row.fields[self.columns[column]]) if column in self.columns else ""


class Faults:
    """What is wrong with the lines of a table; all of it is said at once."""

    def __init__(self, path: Path, error: type[TableError] = TableError) -> None:
        self.path, self.error, self.found = path, error, list[str]()

    def add(self, line: int, sentence: str) -> None:
        self.found.append(f"{self.path}, line {line}: {printable(sentence)}")

    def raise_any(self) -> None:
        """Raises the error with every fault found, if there is one."""
        if self.found:
            more = len(self.found) - MOST_FAULTS
            listed = self.found[:MOST_FAULTS] + ([f"and {more} more lines"] if more > 0 else [])
            raise self.error("\n".join(listed))


def read_table(
    path: Path,
    columns: Mapping[str, Iterable[str]],
    required: Iterable[str] = (),
    encoding: str = "",
    error: type[TableError] = TableError,
) -> Table:
    """Read a table. `columns` maps the caller's name of a column to the names that a header may give it.

    Raises `error` for a file that is no table, for a header without a required column or with one twice, and for every
    line with another number of fields than the header.
    """
    return parse_table(_bytes(path, error), path, columns, required, encoding, error)


def parse_table(
    data: bytes,
    path: Path,
    columns: Mapping[str, Iterable[str]],
    required: Iterable[str] = (),
    encoding: str = "",
    error: type[TableError] = TableError,
) -> Table:
    """The same of the bytes of a file; `path` is what it is called."""
    text, encoding = _decoded(data, path, encoding, error)
    delimiter, skipped, text = _delimiter(text)
    faults = Faults(path, error)
    lines = _lines(text, delimiter, skipped, faults)
    header = lines[0].fields if lines else ()
    found = _columns(header, columns, required, lines[0].line if lines else 1 + skipped, faults)
    faults.raise_any()
    rows = tuple(fitted for row in lines[1:] if (fitted := _fitted(row, len(header), faults)))
    faults.raise_any()
    return Table(path, header, rows, delimiter, encoding, found)


def number(text: str) -> Fraction | None:
    """The exact number that a field holds, with a decimal point or a decimal comma; None for anything else.

    A field with a comma is one in quotes wherever commas separate fields. At most nine decimals, no exponents to play
    with, and ASCII digits only.
    """
    plain = text.strip()
    if plain.count(",") == 1 and "." not in plain:
        plain = plain.replace(",", ".")
    try:
        if not plain.isascii() or "_" in plain or len(plain) > LONGEST_NUMBER:
            return None
        value = Decimal(plain)
    except InvalidOperation:
        return None
    exponent = value.as_tuple().exponent  # a letter where the value is not finite
    if not isinstance(exponent, int) or exponent < -9 or value.adjusted() > 9:
        return None
    return Fraction(value)


def folded(text: str) -> str:
    """A name as two people who mean the same write it: one form, no case, single spaces, no underscores."""
    plain = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    return " ".join(plain.replace("_", " ").split())


def _bytes(path: Path, error: type[TableError]) -> bytes:
    try:
        with open(path, "rb") as file:
            data = file.read(LARGEST + 1)
    except FileNotFoundError:
        raise error(f"there is no {path}") from None
    except OSError as problem:
        raise error(f"{path} cannot be read: {problem.strerror}") from None
    if len(data) > LARGEST:
        raise error(f"{path} has more than {LARGEST >> 20} MB, which is no table of a course")
    return data


def _decoded(data: bytes, path: Path, encoding: str, error: type[TableError]) -> tuple[str, str]:
    """The text and its encoding: Unicode's where it is one of those, else the one that is said. Raises `error`."""
    chosen = UTF_16.get(data[:2], "utf-8-sig")
    if chosen == "utf-8-sig" and b"\0" in data[:200]:
        chosen = "utf-16-le" if data[1:2] == b"\0" else "utf-16-be"  # as some programs write it, without a mark
    try:
        return data.decode(chosen), chosen
    except UnicodeDecodeError as problem:
        failed = problem
    try:
        return data.decode(encoding or "ascii"), encoding
    except LookupError:
        raise error(f"there is no encoding {encoding!r}; ENCODING=cp1251, for instance") from None
    except UnicodeDecodeError as problem:
        if encoding:
            chosen, failed = encoding, problem
    line = data.count(b"\n", 0, failed.start) + 1
    advice = "save it as CSV in UTF-8, or say what it is (ENCODING=cp1252, cp1251, gbk)"
    raise error(f"{path}, line {line}: cannot be read as {chosen.removesuffix('-sig').upper()}; {advice}")


def _delimiter(text: str) -> tuple[str, int, str]:
    """What separates the fields, how many lines precede the header, and the text from the header on."""
    if found := re.match(r'"?sep=(.)"?[ \t]*\r?(?:\n|$)', text, re.IGNORECASE):
        return found[1], 1, text[found.end() :]
    first = re.sub(r'"[^"]*"', "", text.lstrip("\r\n").split("\n", 1)[0])
    return max(DELIMITERS, key=first.count), 0, text


def _lines(text: str, delimiter: str, skipped: int, faults: Faults) -> list[Row]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    rows = []
    try:
        for fields in reader:
            if any(_clean(cell) for cell in fields):
                rows.append(Row(reader.line_num + skipped, tuple(fields)))
    except csv.Error as error:
        faults.add(reader.line_num + skipped, f"is not CSV: {error}")
    return rows


def _columns(
    header: tuple[str, ...], columns: Mapping[str, Iterable[str]], required: Iterable[str], line: int, faults: Faults
) -> dict[str, int]:
    named = [folded(cell) for cell in header]
    found: dict[str, int] = {}
    for column, names in columns.items():
        places = [index for index, name in enumerate(named) if name in {folded(known) for known in (column, *names)}]
        if len(places) > 1:
            twice = ", ".join(repr(header[index]) for index in places)
            faults.add(line, f"the first line must name each column once, {column} is there as {twice}")
        elif places:
            found[column] = places[0]
    if missing := [column for column in required if column not in found and not faults.found]:
        wanted = " and ".join(required)
        faults.add(line, f"the first line must name the columns {wanted}; look at {', '.join(missing)}")
    return found


def _fitted(row: Row, width: int, faults: Faults) -> Row | None:
    """A row of as many fields as the header has: what spreadsheets add behind it is empty."""
    fields = row.fields
    if len(fields) > width and not any(_clean(cell) for cell in fields[width:]):
        fields = fields[:width]
    if len(fields) != width:
        faults.add(row.line, f"has {len(fields)} fields, but the first line {width}")
        return None
    return Row(row.line, fields)


def _clean(cell: str) -> str:
    return unicodedata.normalize("NFC", cell).strip().strip("\ufeff\u200b\u200e\u200f").strip()
