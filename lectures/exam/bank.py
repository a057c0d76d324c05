"""The bank: one file per lecture, `bank/l01.md`, read as data.

    ## convexity · proof · Processing cannot help
    The question ...
    ### Answer
    ...
    ### Rubric
    | what | points |
    |---|---|
    | Jensen's inequality, with the condition | 3 |
    ### Check
    ```python
    ANSWER = ...
    def right(answer): ...
    ```

The heading holds a name, a grade of difficulty and a title. The rubric's points add up to the grade's points. Only a
problem has a check: a number ANSWER, and `right(answer)`, which tells it from wrong ones without using it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from types import MappingProxyType

BANK = Path(__file__).resolve().parent / "bank"
POINTS: Mapping[str, int] = MappingProxyType({"definition": 3, "proof": 6, "problem": 8})
HEADING = re.compile(r"(?P<name>[a-z0-9-]+) · (?P<grade>\w+) · (?P<title>.+)")
SECTIONS = ("Answer", "Rubric", "Check")


class BankError(Exception):
    """The bank cannot be used; the sentence names file, question and what is wrong."""


@dataclass(frozen=True)
class Question:
    """One question. `rubric` are lines of (what earns points, points); `check` is Python, empty unless a problem."""

    lecture: str
    name: str
    grade: str
    title: str
    text: str
    answer: str
    rubric: tuple[tuple[str, Fraction], ...]
    check: str = ""

    @property
    def id(self) -> str:
        return f"{self.lecture}/{self.name}"

    @property
    def points(self) -> int:
        return POINTS[self.grade]


def read_bank(folder: Path = BANK) -> list[Question]:
    """All questions, in the order of lectures and files. Raises BankError."""
    questions = [q for file in sorted(folder.glob("l[0-9][0-9].md")) for q in read_lecture(file)]
    if not questions:
        raise BankError(f"{folder} holds no questions; a lecture's are in a file like l01.md")
    return questions


def read_lecture(file: Path) -> list[Question]:
    parts = re.split(r"^## ", file.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]
    questions = [_question(file, part) for part in parts]
    names = [question.name for question in questions]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise BankError(f"{file.name}: {', '.join(twice)} is there twice")
    return questions


def _question(file: Path, part: str) -> Question:
    heading, _, body = part.partition("\n")
    found = HEADING.fullmatch(heading.strip())
    if found is None:
        raise BankError(f"{file.name}: “{heading}” is not of the form `name · grade · title`")
    where = f"{file.name}, {found['name']}"
    if found["grade"] not in POINTS:
        raise BankError(f"{where}: the grade is {found['grade']!r}, not one of {', '.join(POINTS)}")
    text, *rest = re.split(r"^### (.+)\n", body, flags=re.MULTILINE)
    sections = dict(zip(rest[::2], (section.strip() for section in rest[1::2]), strict=True))
    wanted = SECTIONS if found["grade"] == "problem" else SECTIONS[:2]
    if list(sections) != list(wanted):
        raise BankError(f"{where}: has the sections {', '.join(sections) or 'none'}, not {', '.join(wanted)}")
    rubric = _rubric(where, sections["Rubric"])
    if (total := sum(points for _, points in rubric)) != POINTS[found["grade"]]:
        raise BankError(f"{where}: the rubric adds up to {total} points, not to {POINTS[found['grade']]}")
    check = _check(where, sections["Check"]) if "Check" in sections else ""
    return Question(
        file.stem, found["name"], found["grade"], found["title"], text.strip(), sections["Answer"], rubric, check
    )


def _rubric(where: str, table: str) -> tuple[tuple[str, Fraction], ...]:
    rows = [line.strip().strip("|").rsplit("|", 1) for line in table.splitlines()[2:]]
    try:
        lines = tuple((what.strip(), Fraction(points.strip())) for what, points in rows)
    except ValueError:
        raise BankError(f"{where}: every line of the rubric is `| what | points |`") from None
    if not all(points > 0 for _, points in lines):
        raise BankError(f"{where}: every line of the rubric needs a positive number of points")
    return lines


def _check(where: str, section: str) -> str:
    found = re.fullmatch(r"```python\n(.*)\n```", section, flags=re.DOTALL)
    if found is None:
        raise BankError(f"{where}: the check is one block of Python")
    return found[1]
