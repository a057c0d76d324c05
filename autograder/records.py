"""Records: what grading found about one submission, as one JSON file, `records/<homework>/<student>.json`.

A record is written as a whole or not at all, and checked when it is read back. Points in it are exact decimal texts,
never floats. `detail` of a check comes from the guest and is for staff only.
"""

from __future__ import annotations

import json
import os
import tempfile
import unicodedata
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from functools import lru_cache
from pathlib import Path
from typing import Any, NotRequired, TextIO, TypedDict

from autograder.course import Homework, format_points
from autograder.errors import GRADER_BROKE, AutograderError
from autograder.provenance import Fingerprints, digest

FORMAT = 1
GRADED, UNGRADED = "graded", "ungraded"
OF_SUBMISSION, OF_GRADER = "submission", "grader"  # whose fault it is that something is ungraded

# What must be equal for a result to be kept: if one of these changes, the submission is graded anew.
DECIDES = ("submission", "checks", "grader", "toolkit", "environment", "seed", "isolation")

LONGEST_SUSPICION = 200  # characters
MOST_SUSPICIONS = 20  # different ones that are shown

# How the sentence goes on of an exception that no line of the student's raised; the guest chooses none of these words.
IN_THE_CHECK = "when the check used your code"

# Categories of characters that nobody sees, or that act on what shows them.
INVISIBLE = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


class CheckEntry(TypedDict):
    """How one check ended."""

    id: str
    exercise: str
    title: str
    points: str
    max: str
    state: str  # one of `checking.STATES`
    message: str
    hint: str
    detail: str
    seconds: float


class ExerciseEntry(TypedDict):
    """What an exercise is worth by its checks."""

    id: str
    title: str
    points: str
    max: str
    blocked_by: list[str]
    remark: str


class TheoryEntry(TypedDict):
    """A theory problem, whose points are given by hand and stand in the gradebook."""

    id: str
    title: str
    max: str
    answered: bool
    answer: str  # a hash of it


class Decides(Fingerprints):
    """What decides a result besides the submission itself."""

    seed: int | str  # a hash, where it was drawn with the course's secret
    isolation: str


class Provenance(Decides):
    """What a result was made from; `submission` is None for what could not be read."""

    submission: str | None
    started: str
    sandbox: NotRequired[dict[str, Any]]  # what the sandbox measured of itself, where there was one


class Regrading(TypedDict):
    """An earlier grading: when, its total and the next one's, why, and exercise -> points before and after."""

    started: str
    total: str | None
    now: str | None
    why: list[str]
    changed: dict[str, list[str | None]]


class Record(TypedDict):
    """What grading found about one submission. `total` is None while `state` is UNGRADED."""

    format: int
    student: str
    homework: str
    state: str
    reason: str
    fault: str
    total: str | None
    max: str
    exercises: list[ExerciseEntry]
    checks: list[CheckEntry]
    theory: list[TheoryEntry]
    suspicions: list[str]
    remark: str
    seconds: float
    cpu_seconds: dict[str, float]
    provenance: Provenance
    detail: NotRequired[str]  # why it could not be graded, for staff
    to_review: NotRequired[list[str]]  # theory problems whose text changed, until the gradebook knows
    history: NotRequired[list[Regrading]]


class RecordError(AutograderError):
    """A record cannot be used; the sentence says which and what to do."""

    exit_code = GRADER_BROKE


def blank(homework: Homework, provenance: Provenance) -> Record:
    """A record that says nothing yet but what it will have been made from."""
    return {
        "format": FORMAT,
        "student": "",
        "homework": homework.id,
        "state": UNGRADED,
        "reason": "",
        "fault": "",
        "total": None,
        "max": format_points(homework.automatic_points),
        "exercises": [],
        "checks": [],
        "theory": [],
        "suspicions": [],
        "remark": "",
        "seconds": 0.0,
        "cpu_seconds": {},
        "provenance": provenance,
    }


def without_grade(record: Record, reason: str, fault: str, detail: str = "") -> Record:
    """The record of something that could not be graded: why, and whose fault that is."""
    return record | {"state": UNGRADED, "reason": reason, "fault": fault, "detail": detail, "total": None}


def ungraded(
    homework: Homework, data: bytes | None, decides: Decides, reason: str, fault: str, detail: str = ""
) -> Record:
    """The record of a submission that nobody began to grade; `decides` are fingerprints, seed and isolation in use."""
    submission = digest(data) if data is not None else None
    started = datetime.now(UTC).isoformat(timespec="seconds")
    return without_grade(
        blank(homework, {"submission": submission, **decides, "started": started}), reason, fault, detail
    )


def record_path(folder: Path, homework: str, student: str) -> Path:
    return folder / homework / f"{student}.json"


def write_record(folder: Path, record: Record) -> Path:
    """Write the record where it belongs, atomically."""
    path = record_path(folder, record["homework"], record["student"])
    write_atomically(path, lambda file: file.write(json.dumps(record, indent=1) + "\n"))
    return path


def read_record(folder: Path, homework: str, student: str) -> Record | None:
    """The record of a submission, or None when there is none. Raises RecordError when it is damaged."""
    path = record_path(folder, homework, student)
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
        _validate(record, homework, student)
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError, RecursionError, InvalidOperation) as error:
        raise RecordError(f"{path} is damaged ({type(error).__name__}: {error}); remove it and grade again") from None
    return record


def all_records(folder: Path, homework: str, known: Mapping[str, Record] | None = None) -> list[Record]:
    """Every record of a homework, by student; those that are `known` are not read again. Raises RecordError."""
    known = known or {}
    students = sorted(path.stem for path in (folder / homework).glob("*.json") if not path.name.startswith("."))
    found = (known.get(student) or read_record(folder, homework, student) for student in students)
    return [record for record in found if record is not None]


def reasons_to_regrade(old: Record, now: Mapping[str, object]) -> list[str]:
    """Which of what decides a result differs between an old record's provenance and `now`."""
    return [key for key in DECIDES if old["provenance"].get(key) != now.get(key)]


def first_of(names: list[str], most: int, more: str = "more") -> str:
    """The first of many names, and how many there are besides: a sentence is read by people."""
    return ", ".join(names[:most]) + (f" and {len(names) - most} {more}" if len(names) > most else "")


def fell_in_a_check(check: CheckEntry) -> bool:
    """Whether a check ended by an exception that rose in its own code, so that the fault may be ours."""
    return check["state"] == "error" and IN_THE_CHECK in check["message"]


def suspicions(record: Record) -> list[str]:
    """What a submission did that honest ones hardly ever do, for staff: sentences, each with the checks it was in.

    The sentences are the judge's, but what they speak of is not: they are shortened, and shown as text.
    """
    noticed = record.get("suspicions")
    where: dict[str, list[str]] = {}
    for line in noticed if isinstance(noticed, list) else ():
        check, _, what = line.partition(": ") if isinstance(line, str) else ("", "", "")
        if what:
            where.setdefault(what[:LONGEST_SUSPICION], []).append(check[:LONGEST_SUSPICION])
    lines = [f"{what} ({first_of(checks, 3, 'more checks')})" for what, checks in where.items()]
    return [printable(" ".join(line.split())) for line in lines[:MOST_SUSPICIONS]]


@lru_cache(maxsize=10_000)
def points(text: str | None) -> Fraction:
    """The exact number of points that a record states. Raises ValueError for anything but plain decimals."""
    if text is None:
        raise ValueError("no number of points is stated")
    try:
        number = Decimal(text)
    except InvalidOperation:
        raise ValueError(f"{text!r} is no number of points") from None
    if not number.is_finite():
        raise ValueError(f"{text!r} is no number of points")
    return Fraction(number)


@lru_cache(maxsize=10_000)
def _within(text: str | None, most: str | None) -> bool:
    return 0 <= points(text) <= points(most)


def write_atomically(path: Path, write: Callable[[TextIO], object], newline: str | None = None) -> None:
    """Fill a file so that others see the old one or the whole new one, whatever happens in between."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=".writing-", suffix=".tmp")
    try:
        with open(descriptor, "w", encoding="utf-8", errors="backslashreplace", newline=newline) as file:
            write(file)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(name, 0o640)
        os.replace(name, path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


class _Shown(dict):
    """What is shown of each character, for str.translate; each is looked at once."""

    def __missing__(self, code: int) -> str:
        character = chr(code)
        hidden = character not in "\n\t" and unicodedata.category(character) in INVISIBLE
        self[code] = f"\\u{code:04x}" if hidden else character
        return self[code]


_SHOWN = _Shown()


def printable(text: str) -> str:
    """Text from anywhere, safe to show: no terminal escapes, no invisible characters, no change of direction."""
    return text.translate(_SHOWN)


def _validate(record: Record, homework: str, student: str) -> None:
    if not isinstance(record, dict) or record["format"] != FORMAT:
        raise ValueError("it has another format")
    if record["student"] != student or record["homework"] != homework:
        raise ValueError("it belongs to somebody else")
    if record["state"] not in (GRADED, UNGRADED):
        raise ValueError("it has an unknown state")
    if not isinstance(record["provenance"], dict):
        raise TypeError("it has no provenance")
    for entry in (*record["exercises"], *record["checks"]):
        if not _within(entry["points"], entry["max"]):
            raise ValueError(f"{entry['id']} has {entry['points']} of {entry['max']} points")
    if record["state"] == GRADED:
        total = sum((points(entry["points"]) for entry in record["exercises"]), Fraction(0))
        if total != points(record["total"]):
            raise ValueError("its points do not add up")
