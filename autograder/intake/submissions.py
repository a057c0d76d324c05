"""Find what students handed in: `submissions/<student>/<homework>/<homework>.ipynb`, nbgrader's layout.

Nothing of a submission is opened here but the one file expected, and only when it is an ordinary file inside its own
student's folder. Whatever is amiss becomes a sentence about that student and homework; the others are graded.
"""

from __future__ import annotations

import os
import stat
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from autograder.course import Homework
from autograder.errors import AutograderError
from autograder.notebooks.reading import MAX_BYTES

LONGEST_ID = 128  # characters; nbgrader's gradebook holds no more
MOST_LISTED = 5  # names in one sentence
LONGEST_ID_BYTES = 200  # leaves room for an ending in a file name of 255 bytes

# What operating systems, editors and archivers leave behind.
LITTER = {".DS_Store", ".git", ".gitkeep", ".gitignore", ".ipynb_checkpoints", "__MACOSX", "Thumbs.db", "desktop.ini"}


class SubmissionsError(AutograderError):
    """There is nothing to grade as asked; the sentence says what there is."""


class NotReadableError(Exception):
    """A submitted file cannot be read; the sentence says why and what to do."""


@dataclass(frozen=True)
class Submission:
    """One student's hand-in of one homework: a file to read, or a `problem` in a sentence."""

    student: str
    homework: str
    path: Path | None = None
    problem: str = ""
    remark: str = ""

    def read(self) -> bytes:
        """The bytes of the file. Raises NotReadableError."""
        if self.path is None:
            raise NotReadableError(self.problem)
        try:
            folder, path = self.path.parent.parent.resolve(), self.path.resolve(strict=True)
            if not path.is_relative_to(folder):
                raise NotReadableError(
                    f"{self.path.name} is a link that leads out of the student's folder; put the file itself there"
                )
            data = _bytes_of_file(path, MAX_BYTES + 1)
        except (OSError, RuntimeError) as error:
            why = getattr(error, "strerror", None) or "links in a circle"
            raise NotReadableError(f"{self.path.name} cannot be read: {why}") from None
        if data is None:
            raise NotReadableError(f"{self.path.name} is not an ordinary file; put the notebook itself there")
        if len(data) > MAX_BYTES:
            more = f"more than {MAX_BYTES >> 20} MB; clear all outputs, save, hand in again"
            raise NotReadableError(f"{self.path.name} has {more}")
        return data


def _bytes_of_file(path: Path, most: int) -> bytes | None:
    """The first `most` bytes of an ordinary file, None for anything else. Raises OSError."""
    # Neither wait for a named pipe nor follow what was swapped for a link just now.
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            return None
        with open(descriptor, "rb", closefd=False) as file:
            return file.read(most)
    finally:
        os.close(descriptor)


def student_id_problem(student: str) -> str | None:
    """Why a name cannot be a student's id, or None: ids name files and folders, and are shown in terminal and pages."""
    if not student or student.startswith("."):
        return "is empty or begins with a dot"
    if "/" in student or "\\" in student:
        return "has a slash or backslash"
    if student != student.strip():
        return "begins or ends with a space"
    if any(unicodedata.category(character) in {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"} for character in student):
        return "has control or invisible characters, or bytes that are not UTF-8"
    if len(student) > LONGEST_ID or len(student.encode()) > LONGEST_ID_BYTES:
        return f"is longer than {LONGEST_ID} characters or {LONGEST_ID_BYTES} bytes"
    return None


def has_submissions(folder: Path) -> bool:
    """Whether there is a folder with anything in it that could be a student's."""
    return folder.is_dir() and bool(_folders(folder))


def find_submissions(folder: Path, homeworks: Iterable[Homework], known: Iterable[str]) -> list[Submission]:
    """Every hand-in under `folder` of the homeworks asked for, by student; `known` are all homework ids of the course.

    Raises SubmissionsError when the folder is missing.
    """
    if not folder.is_dir():
        raise SubmissionsError(f"there is no folder {folder}; it should hold <student>/<homework>/<homework>.ipynb")
    asked = [homework.id for homework in homeworks]
    alike = _alike(_folders(folder))
    found = []
    for student in sorted(_folders(folder)):
        if problem := student_id_problem(student):
            found.append(
                Submission(student, "", problem=f"the name of this folder {problem}; rename it to the student's id")
            )
            continue
        try:
            theirs = list(_of_student(folder / student, student, asked, set(known)))
        except OSError as error:
            theirs = [Submission(student, "", problem=f"this folder cannot be looked into: {error.strerror}")]
        if twins := alike.get(student):
            others = ", ".join(repr(twin) for twin in twins)
            sentence = f"{student!r} and {others} differ only in case or in how letters are encoded; keep one folder"
            theirs = [Submission(student, submission.homework, problem=sentence) for submission in theirs]
        found += theirs
    for path in sorted(folder.iterdir()):
        if path.suffix.lower() in {".ipynb", ".zip"} and not os.path.isdir(path):
            sentence = "is no student's folder; put each notebook into <student>/<homework>/<homework>.ipynb"
            found.append(Submission(path.name, "", problem=f"this file {sentence}"))
    return found


def _folders(folder: Path) -> list[str]:
    """What could be students' folders: also links that lead nowhere, or where we may not look."""
    entries = [entry for entry in folder.iterdir() if entry.name not in LITTER]
    return [
        entry.name for entry in entries if os.path.isdir(entry) or (entry.is_symlink() and not os.path.isfile(entry))
    ]


def name_key(name: str) -> str:
    """What two names share that cannot be told apart by eye or by some file systems."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())


def _alike(names: Iterable[str]) -> dict[str, list[str]]:
    """For each name that cannot be told from others by eye or by some file systems, those others."""
    groups = defaultdict(list)
    for name in names:
        groups[name_key(name)].append(name)
    return {name: sorted(set(group) - {name}) for group in groups.values() if len(group) > 1 for name in group}


def _of_student(folder: Path, student: str, asked: list[str], known: set[str]) -> Iterator[Submission]:
    if folder.is_symlink():
        yield Submission(student, "", problem="this folder is a link; put the student's files themselves there")
        return
    entries = sorted(entry.name for entry in folder.iterdir() if entry.name not in LITTER)
    misnamed: dict[str, list[str]] = defaultdict(list)
    strays = []
    for name in entries:
        meant = name.casefold().replace(" ", "").removesuffix(".ipynb")
        if name in asked:
            yield _of_homework(folder / name, student, name)
        elif meant in asked and meant not in entries:
            misnamed[meant].append(name)
        elif name not in known and os.path.isdir(folder / name):
            strays.append(name)
    for meant, names in misnamed.items():
        hint = (
            f"rename {names[0]!r} to {meant!r}"
            if os.path.isdir(folder / names[0])
            else f"put it into {student}/{meant}/{meant}.ipynb"
        )
        problem = f"{_listed(names)} {_is(names)} not where {meant} is looked for; {hint}"
        yield Submission(student, meant, problem=problem)
    if strays:
        homeworks = ", ".join(sorted(known))
        yield Submission(
            student, "", problem=f"{_listed(strays)} {_is(strays)} no homework of this course; it has: {homeworks}"
        )


def _listed(names: list[str]) -> str:
    """The first of many names: a sentence is read by people."""
    more = f" and {len(names) - MOST_LISTED:,} more" if len(names) > MOST_LISTED else ""
    return ", ".join(repr(name) for name in names[:MOST_LISTED]) + more


def _is(names: list[str]) -> str:
    return "is" if len(names) == 1 else "are"


def _of_homework(folder: Path, student: str, homework: str) -> Submission:
    try:
        return _in_folder(folder, student, homework)
    except OSError as error:
        return Submission(student, homework, problem=f"{homework} cannot be looked into: {error.strerror}")


def _in_folder(folder: Path, student: str, homework: str) -> Submission:
    expected = f"{homework}.ipynb"
    if folder.is_symlink() or not folder.is_dir():
        return Submission(student, homework, problem=f"{homework} is not a folder; make it one with {expected} in it")
    files = sorted(entry.name for entry in folder.iterdir() if entry.name not in LITTER)
    others = [name for name in files if name != expected and name.lower().endswith((".ipynb", ".py", ".zip"))]
    if expected in files:
        unread = [name for name in others if name.lower().endswith(".ipynb")]
        return Submission(student, homework, folder / expected, remark=f"not read: {_listed(unread)}" if unread else "")
    if not files:
        return Submission(student, homework, problem=f"the folder {homework} is empty; {expected} should be in it")
    notebooks = [name for name in others if name.lower().endswith(".ipynb")]
    listed = _listed(notebooks or others or files)
    if len(notebooks) == 1:
        advice = f"rename it to {expected}"
    elif notebooks:
        advice = f"rename the one that counts to {expected}"
    else:
        advice = "ask for the notebook"
    return Submission(student, homework, problem=f"there is no {expected}, but {listed}; {advice}")
