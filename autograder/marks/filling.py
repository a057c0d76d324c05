"""Points and comments into a platform's own table: Moodle's grading worksheet, its or Canvas's gradebook, anybody's.

The table comes back as it was, with its separator, order, names and ids, but for two columns: the points and, where
there is one, the comment. A line is filled only where everything it says about the student names the same one.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from autograder.course import format_points
from autograder.intake.names import spellings
from autograder.intake.roster import PLATFORMS, Roster
from autograder.intake.times import Entry
from autograder.marks.exports import Item
from autograder.marks.final import unformula
from autograder.records import printable, write_atomically
from autograder.tables import Row, Table, TableError, folded, number, read_table

# Columns that name a student; several may be there, and all must agree.
WHO = {
    "name": ("full name", "student name"),
    "student": (),
    "first name": ("firstname", "first name(s)"),
    "last name": ("surname", "lastname"),
    "email": ("email address", "e-mail", "e-mail address"),
    "id number": ("student id", "idnumber"),
    "sis user id": (),
    "sis login id": ("login",),
    "username": ("user name", "orgdefinedid"),
    "id": (),
    "user id": ("canvas user id",),
    "identifier": (),  # Moodle's: Participant 1041, as in the names of that assignment's downloads
}
GRADES = ("grade", "points", "score", "mark")
COMMENTS = ("feedback comments", "feedback", "comment", "comments", "feedback to learner")
MAXIMUM = {"maximum": ("maximum grade", "max points", "points possible", "max score")}


class FillingError(TableError):
    """A platform's table cannot be filled; the sentence says why."""


@dataclass(frozen=True)
class Filled:
    """What became of a table: the new file, how many lines have points now, and who has points and no line."""

    path: Path
    count: int
    unplaced: list[str]


def fill(
    path: Path, folder: Path, item: Item, roster: Roster, known: Mapping[str, Entry], encoding: str = ""
) -> Filled:
    """Write the table of `path` with the item's points into `folder`. `known` are the platform's names of submissions.

    Raises FillingError where it cannot be told who a line is, which column is the item's, or the maximum is another.
    """
    table = read_table(path, {**WHO, **MAXIMUM}, (), encoding, FillingError)
    points, comments = _columns(table, item)
    if not any(table.has(column) for column in WHO):
        raise FillingError(f"{path}: no column says who; one of {', '.join(WHO)} must be there")
    rows, placed = [], set[str]()
    for row in table.rows:
        fields = list(row.fields)
        if "points possible" in folded(fields[0]):
            _same_maximum(path, row.line, fields[points], item)
        elif student := _whose(table, row, item, roster, known):
            _same_maximum(path, row.line, table.get(row, "maximum"), item)
            if student in placed:
                raise FillingError(f"{path}, line {row.line}: {printable(student)} is there twice")
            placed.add(student)
            text = format_points(item.points[student])
            fields[points] = text.replace(".", ",") if table.delimiter == ";" else text
            if comments is not None and item.feedback.get(student):
                fields[comments] = unformula(item.feedback[student])
        rows.append(fields)
    written = folder / f"{path.stem}-filled.csv"
    made = io.StringIO(newline="")
    csv.writer(made, delimiter=table.delimiter).writerows([table.header, *rows])
    write_atomically(written, lambda file: file.write("\ufeff" + made.getvalue()), newline="")
    return Filled(written, len(placed), sorted(set(item.points) - placed))


def _columns(table: Table, item: Item) -> tuple[int, int | None]:
    """Where the item's points and comments are. Raises FillingError."""
    named = [folded(cell) for cell in table.header]
    comments = [index for index, name in enumerate(named) if name in COMMENTS or _is_feedback(name, item)]
    points = [index for index, name in enumerate(named) if name in GRADES]
    of_item = [index for index, name in enumerate(named) if _is_of(name, item) and not _is_feedback(name, item)]
    chosen = of_item or points
    if len(chosen) != 1:
        names = ", ".join(repr(printable(table.header[index])) for index in chosen) or "none"
        raise FillingError(
            f"{table.path}: which column is {item.id}? One must be called like it or Grade; found: {names}"
        )
    return chosen[0], comments[0] if len(comments) == 1 else None


def _is_of(name: str, item: Item) -> bool:
    called = "|".join(spellings(one) for one in (item.homework or item.id, item.id))
    return re.search(rf"(?<!\w)(?:{called})(?!\w)", name, re.IGNORECASE) is not None


def _is_feedback(name: str, item: Item) -> bool:
    return _is_of(name, item) and re.search(r"\b(?:feedback|comment)", name) is not None


def _same_maximum(path: Path, line: int, said: str, item: Item) -> None:
    value = number(said)
    if value is not None and value != item.maximum:
        ours = format_points(item.maximum)
        raise FillingError(
            f"{path}, line {line}: the most there is {said.strip()} points, here {ours}; change one of them"
        )


def _whose(table: Table, row: Row, item: Item, roster: Roster, known: Mapping[str, Entry]) -> str:
    """The student with points whom all that a line says names, "" where it names nobody for certain."""
    signs = [found for text in _said(table, row) if (found := _called(text, item, roster, known))]
    if found := _participant(table.get(row, "identifier"), known):
        signs.append(found)
    for column in ("id", "user id"):
        if found := _user(table.get(row, column), roster, known):
            signs.append(found)
    both = set.intersection(*signs) if signs else set()
    return both.pop() if len(both) == 1 and both <= item.points.keys() else ""


def _said(table: Table, row: Row) -> list[str]:
    """Everything in a line that may name a student."""
    whole = " ".join(filter(None, (table.get(row, "first name"), table.get(row, "last name"))))
    columns = ("name", "student", "email", "id number", "sis user id", "sis login id", "username", "id")
    return [text for text in (*(table.get(row, column) for column in columns), whole) if text]


def _called(text: str, item: Item, roster: Roster, known: Mapping[str, Entry]) -> set[str]:
    if roster:
        return roster.called(text)
    by_id = {student for student in item.points if folded(student) == folded(text)}
    return by_id or {student for student, entry in known.items() if folded(entry.get("name", "")) == folded(text)}


def _participant(text: str, known: Mapping[str, Entry]) -> set[str]:
    number = folded(text).removeprefix("participant ")
    return _by_number(number, known, {"moodle"}) if number else set()


def _user(text: str, roster: Roster, known: Mapping[str, Entry]) -> set[str]:
    others = set(PLATFORMS) - {"moodle"}
    found = {student for platform in others for student in roster.numbered(platform, text)} if text else set()
    return found or _by_number(text, known, others)


def _by_number(number: str, known: Mapping[str, Entry], platforms: set[str]) -> set[str]:
    return {
        entry.get("student", student)
        for student, entry in known.items()
        if entry.get("number") == number and entry.get("platform") in platforms
    }
