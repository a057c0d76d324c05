"""`make collect`: an LMS export, or a folder of loose notebooks, into `submissions/<student>/<hw>/<hw>.ipynb`.

nbgrader's zip_collect takes the time of a submission from a file in it; here the time is the time of collecting. Each
notebook is written under a name of ours: `archives` reads it within limits, `names` says whose it is, `times` when.

Understood are nbgrader's own layout, what Moodle and Canvas export, a folder or a zip per student, and file names of
student and homework (`ada_hw1.ipynb`, or `ada.ipynb` where the homework is given). `roster.csv` with the columns
student and alias may give other names of a student, an LMS number for instance. Whatever is not understood is listed
and left alone.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import unicodedata
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from autograder.course import Course, Homework
from autograder.intake.archives import CollectError, Found, UnsafeError, files_of, is_litter
from autograder.intake.names import Guess, understand, wrapper_of
from autograder.intake.roster import ROSTER, read_roster
from autograder.intake.times import Known, TimesError, read_collected, write_collected
from autograder.notebooks import NotebookError, read_notebook
from autograder.notebooks.matching import DEFINITION
from autograder.records import printable

ENOUGH_TO_TELL = 3  # names of another homework's exercises, and none of its own


@dataclass
class Collected:
    """What came of it: (student, homework, file) of what is new, replaced, there already; (file, why) of the rest."""

    new: list[tuple[str, str, str]] = field(default_factory=list)
    replaced: list[tuple[str, str, str]] = field(default_factory=list)
    same: list[tuple[str, str, str]] = field(default_factory=list)
    left: list[tuple[str, str]] = field(default_factory=list)


def collect(
    source: Path, submissions: Path, course: Course, homework: Homework | None = None, now: datetime | None = None
) -> Collected:
    """Take the notebooks of a zip file or a folder into `submissions`; `homework` is the one they are all for.

    A file that replaces another keeps the old one beside, in `replaced/`. Raises CollectError where nothing was done.
    """
    now = now or datetime.now(UTC)
    roster = _roster(submissions.parent / ROSTER)
    done = Collected()
    chosen: dict[tuple[str, str], list[tuple[int, Found]]] = {}
    with contextlib.ExitStack() as opened:
        _choose(files_of(source, opened), course, homework, roster, chosen, done)
        _take_all(chosen, submissions, course, now, done)
    return done


def _choose(
    files: Iterable[Found],
    course: Course,
    homework: Homework | None,
    roster: dict[str, str],
    chosen: dict[tuple[str, str], list[tuple[int, Found]]],
    done: Collected,
) -> None:
    files = [found for found in files if not is_litter(found.name)]
    wrapper = wrapper_of([found.name for found in files], [given.id for given in course.given])
    for found in files:
        if found.problem:
            done.left.append((found.name, found.problem))
            continue
        guess = understand(found.name.removeprefix(wrapper), course, homework, roster)
        if isinstance(guess, str):
            done.left.append((found.name, guess))
            continue
        chosen.setdefault((guess.student, guess.homework), []).append((guess.copy, found))


def _take_all(
    chosen: dict[tuple[str, str], list[tuple[int, Found]]],
    submissions: Path,
    course: Course,
    now: datetime,
    done: Collected,
) -> None:
    known = _known(submissions)
    present = {entry.name for entry in submissions.iterdir()} if submissions.is_dir() else set()
    present |= {student for student, _ in chosen}
    for (student, homework_id), candidates in sorted(chosen.items()):
        twins = sorted(name for name in present if name != student and _same_to_the_eye(name, student))
        best = max(copy for copy, _ in candidates)
        winners = [found for copy, found in candidates if copy == best]
        for copy, found in candidates:
            if twins:
                why = f"{student!r} and {twins[0]!r} differ only in case or in how letters are encoded"
                done.left.append((found.name, why))
            elif copy < best:
                done.left.append((found.name, f"{winners[0].name!r} of the same student has a higher number"))
            elif len(winners) > 1:
                why = f"there are {len(winners)} files of {student} for {homework_id}; keep the one that counts"
                done.left.append((found.name, why))
            else:
                _take(found, Guess(student, homework_id), submissions, course, known, now, done)
    if done.new or done.replaced:
        write_collected(submissions, known)


def _same_to_the_eye(one: str, other: str) -> bool:
    def folded(name: str) -> str:
        return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())

    return folded(one) == folded(other)


def _roster(path: Path) -> dict[str, str]:
    """alias -> student. Raises RosterError for a file that cannot be used."""
    roster = read_roster(path)
    signs = {sign.casefold(): one.id for one in roster for sign in (one.id, one.email, one.name, *one.aliases) if sign}
    return signs | {number: one.id for one in roster for numbers in one.platforms.values() for number in numbers}


def _known(submissions: Path) -> Known:
    try:
        return read_collected(submissions)
    except TimesError as error:
        raise CollectError(str(error)) from None


def _take(
    found: Found, whose: Guess, submissions: Path, course: Course, known: Known, now: datetime, done: Collected
) -> None:
    student, homework = whose.student, whose.homework
    try:
        data = found.read()
    except (UnsafeError, OSError, zipfile.BadZipFile) as error:
        done.left.append((found.name, str(error)))
        return
    if other := _of_another_homework(data, homework, course):
        done.left.append((found.name, f"holds the exercises of {other} and none of {homework}; which is it?"))
        return
    path = submissions / student / homework / f"{homework}.ipynb"
    for part in (path, path.parent, path.parent.parent):
        if part.is_symlink() or (part.exists() and part.is_dir() == (part == path)):
            done.left.append((found.name, f"{part.relative_to(submissions)} is in the way"))
            return
    digest, line = hashlib.sha256(data).hexdigest(), (student, homework, found.name)
    old = path.read_bytes() if path.exists() else None
    if old == data:
        done.same.append(line)
        return
    if old is not None:
        name = f"{hashlib.sha256(old).hexdigest()[:12]}.ipynb"
        _write(submissions.parent / "replaced" / student / homework / name, old)
    _write(path, data)
    (done.new if old is None else done.replaced).append(line)
    entry = {"collected": now.isoformat(timespec="seconds"), "sha256": digest, "from": printable(found.name)}
    known.setdefault(homework, {})[student] = entry


def _write(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.part")
    part.write_bytes(data)
    os.replace(part, path)


def _of_another_homework(data: bytes, homework: str, course: Course) -> str:
    """The homework whose exercises a notebook holds instead of its own, "" where there is no such."""
    try:
        cells = read_notebook(data).code
    except NotebookError:
        return ""  # `make grade` will say what is wrong with it
    defined = {name for cell in cells for name in DEFINITION.findall(cell.source)}
    found = {given.id: sum(bool(defined & set(e.names)) for e in given.exercises) for given in course.given}
    best = max(found, key=found.__getitem__)
    return best if best != homework and not found[homework] and found[best] >= ENOUGH_TO_TELL else ""
