"""Whose a submitted file is, and which homework, by its path and name alone.

Read from the outside in: in a student's own zip no name makes it somebody else's. What cannot be told is a sentence.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from pathlib import PurePosixPath

from autograder.course import Course, Homework
from autograder.intake.submissions import student_id_problem
from autograder.records import printable

MOODLE = re.compile(r"(?P<name>.+?)_(?P<number>\d+)_assignsubmission_(?:file|onlinetext)_?(?P<file>.*)", re.DOTALL)
CANVAS = re.compile(r"(?P<name>[^_]+)(?:_LATE)?_(?P<number>\d+)_\d+_(?P<file>.+)", re.DOTALL)
# What browsers and Jupyter add to a second file of the same name; what Canvas adds may also be part of a name.
COPY = re.compile(r"[ _-]*(?:\((?P<a>\d{1,4})\)|copy *(?P<b>\d{0,4}))$", re.IGNORECASE)
CANVAS_COPY = re.compile(r"-(?P<a>\d{1,2})$")


@dataclass(frozen=True)
class Guess:
    student: str
    homework: str
    copy: int = 0


@dataclass(frozen=True)
class _Who:
    """Whose a file is by its path: the name, what a roster may call it, and the file's name without an LMS's part."""

    name: str
    aliases: tuple[str, ...]
    file: str


def understand(name: str, course: Course, homework: Homework | None, roster: dict[str, str]) -> Guess | str:
    """Whose file this is and for which homework, or why that cannot be told."""
    parts = [unicodedata.normalize("NFC", part).strip() for part in PurePosixPath(name.replace("\\", "/")).parts]
    if not parts or not parts[-1].lower().endswith(".ipynb"):
        return "is no notebook"
    known = [given.id for given in course.given]
    who = _by_lms(parts) or _by_folder(parts, known)
    if isinstance(who, str):
        return who
    stem, copy = _without_copy((who.file if who else parts[-1])[: -len(".ipynb")], known)
    at, inside = _homework_in(stem, known)
    if at is None:
        folders = (_homework_in(_stem(part), known)[0] for part in reversed(parts[:-1]))
        at = next((found for found in folders if found), homework.id if homework else None)
        inside = stem  # ada.ipynb, in a folder hw1 or for HW=hw1
    if at is None:
        return f"does not say which homework it is; name one (HW={known[0] if known else 'hw1'})"
    if homework is not None and at != homework.id:
        return f"is {at}, not {homework.id}"
    if who is None and not inside:
        return "does not say whose it is; put it into a folder of the student's name"
    student, aliases = (who.name, who.aliases) if who else (inside, (inside,))
    student = next((roster[alias.casefold()] for alias in aliases if alias.casefold() in roster), student)
    if problem := student_id_problem(student):
        return f"the name {printable(student)!r} {problem}"
    return Guess(student, at, copy)


def wrapper_of(names: list[str], known: list[str]) -> str:
    """The folder, with its slash, in which all lies and which is no student's: files of several students are in it."""
    tops = {name.partition("/")[0] for name in names}
    if len(tops) != 1 or _is_zip(top := tops.pop()):
        return ""
    direct = [name.removeprefix(f"{top}/") for name in names]
    loose = [
        _without_copy(name[: -len(".ipynb")], known)[0] for name in direct if re.fullmatch(r"(?i)[^/]+\.ipynb", name)
    ]
    whose = {rest for at, rest in (_homework_in(stem, known) for stem in loose) if at and rest}
    return f"{top}/" if len(whose) > 1 else ""


def _by_lms(parts: list[str]) -> _Who | None | str:
    """Whose it is by the outermost name that Moodle or Canvas gave: what lies in that is the student's own."""
    within = ""
    for part in parts:
        for pattern in (MOODLE, CANVAS) if part == parts[-1] or _is_zip(part) else (MOODLE,):
            if found := pattern.fullmatch(part):
                if within:
                    return f"has the name of another student, or {within!r} is an export: if so collect that by itself"
                name, number = found["name"].strip(), found["number"]
                file = (found["file"] or part) if part == parts[-1] else parts[-1]
                return _Who(f"{name}_{number}", (f"{name}_{number}", number, name), file)
        within = within or (part if _is_zip(part) else "")
    return None


def _by_folder(parts: list[str], known: list[str]) -> _Who | None | str:
    """Whose it is by a folder of the student's name, the last one, or by a zip file of that name."""
    first = next((index for index, part in enumerate(parts[:-1]) if _is_zip(part)), len(parts) - 1)
    folders = [name for part in parts[:first] if (name := _student_in(part, known))]
    archive = _student_in(parts[first], known) if first < len(parts) - 1 else ""
    if folders and archive:
        return f"could be of {folders[-1]!r} or of {archive!r}; unpack that zip into a folder of the student's name"
    inside = [name for part in parts[first + 1 : -1] if (name := _student_in(part, known))]
    name = archive or next(reversed(folders), "") or next(reversed(inside), "")
    return _Who(name, (name,), parts[-1]) if name else None


def _student_in(part: str, known: list[str]) -> str:
    """The student that the name of a folder or zip file holds, "" where it names a homework and nobody."""
    stem, _ = _without_copy(_stem(part), known)
    at, rest = _homework_in(stem, known)
    if _is_zip(part):
        return rest if at else stem
    return "" if re.fullmatch(r"hw\d+", part, re.IGNORECASE) else part


def _is_zip(part: str) -> bool:
    return part.lower().endswith(".zip")


def _stem(part: str) -> str:
    return part[: -len(".zip")] if _is_zip(part) else part


def _without_copy(stem: str, known: list[str]) -> tuple[str, int]:
    stem, copy = stem.strip(), 0
    while found := COPY.search(stem) or CANVAS_COPY.search(stem):
        rest = stem[: found.start()].strip()
        if found.re is CANVAS_COPY and not any(rest.casefold().endswith(name) for name in known):
            break  # "s-12" is a student
        copy, stem = max(copy, int(next(filter(None, found.groups()), "1"))), rest
    return stem, copy


def _homework_in(stem: str, known: list[str]) -> tuple[str | None, str]:
    """The homework that a file's name has, at its end or beginning, and what is left of the name."""
    plain = stem.casefold()
    for name in sorted(known, key=len, reverse=True):
        if plain == name:
            return name, ""
        if found := re.fullmatch(rf"(?P<who>.+?)[ _-]+{re.escape(name)}", stem, re.IGNORECASE):
            return name, found["who"].strip()
        if found := re.fullmatch(rf"{re.escape(name)}[ _-]+(?P<who>.+)", stem, re.IGNORECASE):
            return name, found["who"].strip()
    return None, ""
