"""Who is in the course: `roster.csv`, the source of truth about names, addresses, platforms' user ids and teams.

    id,name,email,aliases,team,moodle,canvas
    ada,Ada Lovelace,ada@example.org,Ada King|lovelace,red,,12345
    bob,Боб Смит,bob@example.org,,red,,12399

Only `id` is needed: it names the student's folder, and is what every table and export calls them. Several aliases, or
several ids of one platform, are separated by | (or by ; in quotes); a student may also have several lines, which add
up. A platform's column is called like it (`PLATFORMS`) and holds what it calls the user: Canvas's number, Blackboard's
user name, GitHub's login. Moodle's downloads hold a number that is another in every assignment, so there it is the name
that tells.

Whoever has the same `team` hands in together, and what one member handed in counts for each.
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from autograder.intake.submissions import student_id_problem
from autograder.tables import Faults, Row, Table, TableError, folded, read_table

ROSTER = "roster.csv"
PLATFORMS = ("moodle", "canvas", "blackboard", "brightspace", "gradescope", "github")

COLUMNS: dict[str, tuple[str, ...]] = {
    "id": ("student", "student id", "user id"),
    "name": ("full name", "display name"),
    "first name": ("given name", "firstname"),
    "last name": ("surname", "family name", "lastname"),
    "email": ("e-mail", "mail", "email address", "e-mail address"),
    "aliases": ("alias", "also known as"),
    "team": ("group", "team name", "group name"),
    **{name: (f"{name} id", f"{name} user id", f"{name} user", f"{name} login") for name in PLATFORMS},
}

# What letters of other scripts look like, and which Latin ones stand for them: in a table, `ада` is read as `ada`.
LOOKS: dict[str, int | str | None] = {
    "а": "a",
    "в": "b",
    "е": "e",
    "ё": "e",
    "к": "k",
    "м": "m",
    "н": "h",
    "о": "o",
    "р": "p",
    "с": "c",
    "т": "t",
}
LOOKS |= {"у": "y", "х": "x", "ѕ": "s", "і": "i", "ї": "i", "ј": "j", "ԛ": "q", "ԝ": "w", "һ": "h", "ӏ": "l", "ѵ": "v"}
LOOKS |= {"α": "a", "β": "b", "ε": "e", "ι": "i", "κ": "k", "ν": "v", "ο": "o", "ρ": "p", "τ": "t", "υ": "y", "χ": "x"}
SOUNDS: dict[str, int | str | None] = {
    "а": "a",
    "б": "b",
    "в": "v",
    "г": "g",
    "д": "d",
    "е": "e",
    "ё": "e",
    "ж": "zh",
    "з": "z",
    "и": "i",
    "й": "i",
}
SOUNDS |= {"к": "k", "л": "l", "м": "m", "н": "n", "о": "o", "п": "p", "р": "r", "с": "s", "т": "t", "у": "u", "ф": "f"}
SOUNDS |= {"х": "kh", "ц": "ts", "ч": "ch", "ш": "sh", "щ": "shch", "ы": "y", "э": "e", "ю": "yu", "я": "ya"}


class RosterError(TableError):
    """`roster.csv` cannot be used; every faulty line is named."""


@dataclass(frozen=True)
class Student:
    """One line of the roster. `platforms` maps a platform's name to the student's user ids there."""

    id: str
    name: str = ""
    email: str = ""
    aliases: tuple[str, ...] = ()
    platforms: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    team: str = ""

    @property
    def shown(self) -> str:
        """The name, or the id where no name is known."""
        return self.name or self.id


class Roster:
    """The students of the course by their ids, in the file's order. Empty, and false, where there is no roster."""

    def __init__(self, students: Iterable[Student] = ()) -> None:
        self.students = {student.id: student for student in students}
        self._by_sign: dict[str, set[str]] = defaultdict(set)
        self._by_name: dict[str, set[str]] = defaultdict(set)
        self._by_number: dict[tuple[str, str], set[str]] = defaultdict(set)
        self._teams: dict[str, tuple[str, ...]] = {}
        for student in self.students.values():
            self._index(student)

    def __bool__(self) -> bool:
        return bool(self.students)

    def __iter__(self) -> Iterator[Student]:
        return iter(self.students.values())

    def __contains__(self, student: str) -> bool:
        return student in self.students

    def get(self, student: str) -> Student:
        """The student of that id; one of whom nothing but the id is known where the roster has none."""
        return self.students.get(student) or Student(student)

    def called(self, text: str) -> set[str]:
        """The ids of those whom a text names for certain: by id, address or alias, else by name, in any order of it."""
        return set(self._by_sign.get(folded(text), ())) or set(self._by_name.get(squashed(text), ()))

    def numbered(self, platform: str, number: str) -> set[str]:
        """The ids of those whom a platform calls by that user id."""
        return set(self._by_number.get((platform, folded(number)), ()))

    def team_of(self, student: str) -> tuple[str, ...]:
        """All members of a student's team, the student among them; the student alone who is in none."""
        team = self.get(student).team
        return self._teams[folded(team)] if team else (student,)

    def team_called(self, text: str) -> tuple[str, ...]:
        """The members of the team of that name, nobody where there is none."""
        return self._teams.get(folded(text), ())

    def _index(self, student: Student) -> None:
        for sign in (student.id, student.email, *student.aliases):
            if sign:
                self._by_sign[folded(sign)].add(student.id)
        for name in (student.name, *student.aliases):
            for order in orders(name):
                self._by_name[order].add(student.id)
        for platform, numbers in student.platforms.items():
            for one in numbers:
                self._by_number[platform, folded(one)].add(student.id)
        if student.team:
            key = folded(student.team)
            self._teams[key] = (*self._teams.get(key, ()), student.id)


def read_roster(path: Path, encoding: str = "") -> Roster:
    """The roster that a file holds, an empty one where there is no file. Raises RosterError with all faulty lines."""
    if not path.exists():
        return Roster()
    table = read_table(path, COLUMNS, ["id"], encoding, RosterError)
    faults = Faults(path, RosterError)
    students: dict[str, Student] = {}
    lines: dict[str, int] = {}
    for row in table.rows:
        new = _student(table, row)
        if problem := student_id_problem(new.id):
            faults.add(row.line, f"the id {problem}")
            continue
        try:
            students[new.id] = _merged(students[new.id], new) if new.id in students else new
        except ValueError as problem:
            faults.add(row.line, f"{new.id} is there already with another {problem}")
        lines.setdefault(new.id, row.line)
    _say_whom_nobody_can_tell_apart(students, lines, faults)
    faults.raise_any()
    return Roster(students.values())


def orders(name: str) -> set[str]:
    """A name squashed, in every order that its parts are written in: "Ada King", "King, Ada", and Canvas's kingada."""
    parts = [squashed(part) for part in name.replace(",", " ").split()]
    return {"".join(parts[start:] + parts[:start]) for start in range(len(parts))} - {""}


def squashed(name: str) -> str:
    """The letters and digits of a name, in one form and without case."""
    return "".join(character for character in folded(name) if character.isalnum() or unicodedata.combining(character))


def likenesses(name: str) -> set[str]:
    """What a name may be taken for: two that share one differ in case, signs, or letters of another script only."""
    plain = squashed(name)
    return {plain.translate(str.maketrans(table)) for table in (LOOKS, SOUNDS)}


def _student(table: Table, row: Row) -> Student:
    names = (table.get(row, "first name"), table.get(row, "last name"))
    return Student(
        id=table.get(row, "id"),
        name=table.get(row, "name") or " ".join(filter(None, names)),
        email=table.get(row, "email"),
        aliases=_several(table.get(row, "aliases")),
        platforms={name: found for name in PLATFORMS if (found := _several(table.get(row, name)))},
        team=table.get(row, "team"),
    )


def _several(cell: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in re.split(r"[|;\n]", cell) if part.strip())


def _merged(old: Student, new: Student) -> Student:
    """One student from two lines. Raises ValueError with the name of the column in which they say different things."""
    for column in ("name", "email", "team"):
        if len({folded(value) for one in (old, new) if (value := getattr(one, column))}) > 1:
            raise ValueError(column)
    platforms = {
        name: tuple(dict.fromkeys([*old.platforms.get(name, ()), *new.platforms.get(name, ())]))
        for name in PLATFORMS
        if name in old.platforms or name in new.platforms
    }
    aliases = tuple(dict.fromkeys([*old.aliases, *new.aliases]))
    return Student(old.id, old.name or new.name, old.email or new.email, aliases, platforms, old.team or new.team)


def _say_whom_nobody_can_tell_apart(students: dict[str, Student], lines: dict[str, int], faults: Faults) -> None:
    """Ids, addresses, aliases and user ids are one student's each; names may be shared, and then tell nobody."""
    signs: dict[tuple[str, str], set[str]] = defaultdict(set)
    for student in students.values():
        for sign in (student.id, student.email, *student.aliases):
            if sign:
                signs["", folded(sign)].add(student.id)
        for platform, numbers in student.platforms.items():
            for one in numbers:
                signs[platform, folded(one)].add(student.id)
    for (platform, sign), whose in signs.items():
        if len(whose) > 1:
            *_, last = ordered = sorted(whose, key=lines.__getitem__)
            what = f"{platform} user {sign!r}" if platform else repr(sign)
            faults.add(lines[last], f"{what} is an id, address or alias of two students: {', '.join(ordered)}")
