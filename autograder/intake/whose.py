"""Who handed a file in: the readings of its path against the roster, or against what was collected before.

With a roster nobody else exists: all signs that name somebody (user id, name, alias, what was known before) must name
the same one, and who is not on it is said and left alone. Without one, a student is who the platform says, as long as
nobody else in the same homework has the name, and as no letters of another script make one student look like another.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from autograder.intake.names import Clue, Reading
from autograder.intake.roster import Roster, likenesses
from autograder.intake.submissions import student_id_problem
from autograder.intake.times import Known
from autograder.records import printable
from autograder.tables import folded

STABLE = ("canvas", "blackboard", "github")  # platforms whose user ids are the same in every homework
Key = tuple[str, str, str]  # platform, homework or "" where it is stable, user id


class NobodyError(Exception):
    """It cannot be told whose a file is; the sentence says why."""


class People:
    """All that is known of who is who. `unknown` takes those whom the roster does not have, under their own names."""

    def __init__(self, roster: Roster, known: Known, present: Iterable[str], unknown: bool = False) -> None:
        self.roster, self.unknown, self.present = roster, unknown, set(present)
        self.before: dict[Key, str] = {}
        # Who has a name in a homework, by their numbers there: two of one name are two people.
        self.namesakes: dict[tuple[str, str, str], set[str]] = defaultdict(set)
        for homework, entries in known.items():
            for student, entry in entries.items():
                if (platform := entry.get("platform", "")) and (number := entry.get("number", "")):
                    self.before[_key(platform, homework, number)] = entry.get("student", student)
                    self._note(platform, homework, entry.get("name", ""), number)

    def expect(self, clues: Iterable[Clue]) -> None:
        """Look at all paths of a source before any of them is judged."""
        for clue in clues:
            for reading in clue.readings:
                if reading.numbers and reading.names:
                    self._note(reading.platform, clue.homework, reading.names[0], reading.numbers[0])

    def of(self, clue: Clue) -> tuple[str, Reading]:
        """The student, and the reading by which that is so. Raises NobodyError."""
        found: dict[str, Reading] = {}
        unknown: list[Reading] = []
        for reading in clue.readings:
            if student := self._known(reading, clue.homework):
                found.setdefault(student, reading)
            else:
                unknown.append(reading)
        if len(found) > 1:
            raise NobodyError(f"can be read as of {' or of '.join(sorted(found))}; nobody can tell")
        if found:
            return next(iter(found.items()))
        if self.roster and not self.unknown:
            raise NobodyError(self._stranger(unknown[0]))
        if len(unknown) > 1:
            names = " or of ".join(repr(printable(reading.names[0])) for reading in unknown)
            raise NobodyError(f"can be read as of {names}; a roster would say who there is")
        (reading,) = unknown
        return self._new(reading, clue.homework), reading

    def alike(self, student: str, others: Iterable[str]) -> list[str]:
        """Those among others whom a reader would take for the student, in letters of another script or case."""
        if student in self.roster:
            return []
        looks = likenesses(student)
        return sorted(other for other in {*others, *self.roster.students} if other != student and _taken(looks, other))

    def _known(self, reading: Reading, homework: str) -> str:
        """Whom the signs name, "" for nobody. Raises NobodyError where they name two people."""
        before = next(
            (self.before[key] for n in reading.numbers if (key := _key(reading.platform, homework, n)) in self.before),
            "",
        )
        if not self.roster:
            there = [name for name in reading.names if name in self.present] if not reading.platform else []
            return before or (there[0] if len(there) == 1 else "")
        signs = [self._numbered(reading), self._named(reading), {before} & set(self.roster.students)]
        signs = [sign for sign in signs if sign]
        if not signs:
            return before if self.unknown else ""
        both = set.intersection(*signs)
        if len(both) == 1:
            return both.pop()
        if both and len(teams := {self.roster.team_of(student) for student in both}) == 1 and len(teams.pop()) > 1:
            return min(both)  # the name of a team
        listed = ", ".join(sorted(set.union(*signs)))
        raise NobodyError(f"has signs of {listed}: their user id and name must be one student's; see the roster")

    def _numbered(self, reading: Reading) -> set[str]:
        found: set[str] = set()
        for number in reading.numbers:
            found |= self.roster.numbered(reading.platform, number)
            if reading.platform in ("moodle", "canvas"):
                found |= {one for one in self.roster.called(number) if number in self.roster.get(one).aliases}
        return found

    def _named(self, reading: Reading) -> set[str]:
        names = list(reading.names)
        names += [f"{name}_{number}" for name in reading.names for number in reading.numbers]
        found: set[str] = set()
        for name in names:
            found |= self.roster.called(name) or set(self.roster.team_called(name)) or self._in_parts(reading, name)
        return found

    def _in_parts(self, reading: Reading, name: str) -> set[str]:
        """Moodle puts the name of a group before the student's, Classroom that of an assignment before the login."""
        pieces = name.split("-")
        rests = ["-".join(pieces[start:]) for start in range(1, len(pieces))]
        if reading.platform == "moodle":
            teams = ["-".join(pieces[:start]) for start in range(1, len(pieces))]
            pairs = zip(teams, rests, strict=True)
            return {one for team, rest in pairs for one in self.roster.called(rest) if self.roster.team_called(team)}
        if not reading.platform:
            return {one for rest in rests for one in self.roster.numbered("github", rest)} | self.roster.numbered(
                "github", name
            )
        return set()

    def _stranger(self, reading: Reading) -> str:
        name = printable(reading.names[0])
        said = f"{name!r} is not on the roster; put them there, or take them as they are (UNKNOWN=take)"
        alike = self.alike(reading.names[0], ())
        return f"{said}; it looks like {alike[0]!r}" if alike else said

    def _new(self, reading: Reading, homework: str) -> str:
        """The id of somebody of whom nothing is known but this path."""
        if len(reading.names) > 1:
            names = " or of ".join(repr(printable(name)) for name in reading.names)
            raise NobodyError(f"could be of {names}; collect a folder that holds the students' own, or write a roster")
        name = reading.names[0]
        if reading.platform in ("moodle", "brightspace"):
            namesakes = self.namesakes[reading.platform, homework, folded(name)]
            if len(namesakes) > 1:
                listed = ", ".join(sorted(namesakes))
                raise NobodyError(f"{printable(name)!r} is the name of {len(namesakes)} people here ({listed})")
            student = name
        elif reading.platform == "canvas" and not reading.anonymous:
            student = f"{name}_{reading.numbers[0]}"
        else:
            student = name
        if problem := student_id_problem(student):
            raise NobodyError(f"the name {printable(student)!r} {problem}")
        return student

    def _note(self, platform: str, homework: str, name: str, number: str) -> None:
        if name:
            self.namesakes[platform, homework, folded(name)].add(number)


def _key(platform: str, homework: str, number: str) -> Key:
    return (platform, "" if platform in STABLE else homework, folded(number))


def _taken(looks: set[str], other: str) -> bool:
    return bool(looks & likenesses(other))
