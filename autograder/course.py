"""The course as data: `course.toml` read once, validated, and turned into frozen objects.

Every point of the course comes from here. Points are exact fractions and whole hundredths, so that
they survive a round trip through the gradebook's floats unchanged.
"""

from __future__ import annotations

import keyword
import re
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, tzinfo
from decimal import Decimal
from fractions import Fraction
from functools import cached_property
from importlib import import_module
from importlib.util import find_spec
from math import floor
from pathlib import Path
from types import ModuleType
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from autograder.errors import AutograderError

ROOT = Path(__file__).resolve().parent.parent
COURSE_FILE = ROOT / "course.toml"

# What `[grading] minimum` may demand; autograder/sandbox says of each whether it is active.
PROTECTIONS = (
    *("user_namespace", "pid_namespace", "mnt_namespace", "ipc_namespace", "net_namespace", "uts_namespace"),
    *("no_new_privs", "capabilities_dropped", "seccomp", "processes_limited", "cgroup", "one_cpu"),
)


class CourseError(AutograderError, ValueError):
    """`course.toml` cannot be used; the sentence says what is wrong and where."""


@dataclass(frozen=True)
class Exercise:
    """A stub that hidden checks score: an exercise of the practice, or the formula slot of a theory problem."""

    id: str
    title: str
    points: Fraction
    module: str
    names: tuple[str, ...]
    needs: tuple[str, ...] = ()
    theory: str | None = None


@dataclass(frozen=True)
class Theory:
    """A problem whose prose is marked by hand. `points` is the whole problem, `manual_points` the prose alone.

    A reflection, a few sentences on what an experiment shows, is one without a formula.
    """

    id: str
    title: str
    points: Fraction
    manual_points: Fraction


@dataclass(frozen=True)
class Deadline:
    """When a homework is due, in a time zone; `penalty` is in points per day begun after `due` + `grace`."""

    due: datetime
    grace: timedelta = timedelta(0)
    penalty: Fraction = Fraction(0)
    extensions: dict[str, datetime] = field(default_factory=dict)

    def of(self, student: str) -> datetime:
        """A student's own deadline: an extension never shortens it."""
        return max(self.due, self.extensions.get(student, self.due))

    def is_late(self, student: str, moment: datetime) -> bool:
        """Whether what a student handed in at that moment is late. The grace is a length of time, and no clock's."""
        return moment.astimezone(UTC) > self.of(student).astimezone(UTC) + self.grace


@dataclass(frozen=True)
class Homework:
    id: str
    title: str
    planned: bool
    exercises: tuple[Exercise, ...]
    theory: tuple[Theory, ...]
    # Not part of what a homework is: an extension must not have everybody graded anew.
    deadline: Deadline | None = field(default=None, repr=False, compare=False)
    # Whether what one member of a team (`roster.csv`) handed in counts for each of them.
    teams: bool = field(default=True, repr=False, compare=False)

    @cached_property
    def automatic_points(self) -> Fraction:
        return sum((exercise.points for exercise in self.exercises), Fraction(0))

    @cached_property
    def manual_points(self) -> Fraction:
        return sum((problem.manual_points for problem in self.theory), Fraction(0))

    @property
    def points(self) -> Fraction:
        return self.automatic_points + self.manual_points

    def exercise(self, exercise_id: str) -> Exercise:
        """The exercise of that id. Raises CourseError with the list of known ones."""
        for exercise in self.exercises:
            if exercise.id == exercise_id:
                return exercise
        known = ", ".join(exercise.id for exercise in self.exercises)
        raise CourseError(f"{self.id} has no exercise {exercise_id!r}; it has: {known}")


@dataclass(frozen=True)
class GradeRule:
    """grade = points / divisor + offset; mark = floor(max(0, grade)), at most `highest_mark`."""

    divisor: Fraction
    offset: Fraction
    highest_mark: int

    def grade(self, points: Fraction) -> Fraction:
        return points / self.divisor + self.offset

    def mark(self, points: Fraction) -> int:
        return min(floor(max(Fraction(0), self.grade(points))), self.highest_mark)


@dataclass(frozen=True)
class Course:
    id: str
    title: str
    homework_points: Fraction
    exam_points: Fraction
    rule: GradeRule
    homeworks: tuple[Homework, ...]
    minimum: tuple[str, ...] = ()  # the protections without which student code is not run (see PROTECTIONS)
    zone: tzinfo = UTC  # in which deadlines stand, days are counted, and times without an offset are read
    toolkit: str = ""  # where a notebook that is alone, as on Colab, gets `dgm` from: the address of its wheel

    @property
    def given(self) -> tuple[Homework, ...]:
        """The homeworks that have been written; the others are planned and cannot be released or graded."""
        return tuple(homework for homework in self.homeworks if not homework.planned)

    @property
    def total_points(self) -> Fraction:
        return self.homework_points * len(self.homeworks) + self.exam_points

    def homework(self, homework_id: str) -> Homework:
        """The homework of that id. Raises CourseError when it is unknown or only planned."""
        for homework in self.homeworks:
            if homework.id == homework_id:
                if homework.planned:
                    raise CourseError(f"{homework_id} is planned but not written yet; written: {_ids(self.given)}")
                return homework
        raise CourseError(f"there is no homework {homework_id!r}; the course has: {_ids(self.homeworks)}")


def load_course(path: Path = COURSE_FILE) -> Course:
    """Read and validate `course.toml`. Raises CourseError with a sentence that names the place."""
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"), parse_float=Decimal)
    except FileNotFoundError:
        raise CourseError(f"{path} is missing; it holds the homeworks and their points") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise CourseError(f"{path} is not valid TOML: {error}") from None
    return _Reader(path.name).course(data)


def homework_modules(place: str, course: Course) -> dict[str, ModuleType]:
    """The modules that homeworks have at a place such as `solutions.bench.{}`, in the course's order.

    So a homework adds a module by its name, and no list names it. A homework without one is left out.
    """
    found = {homework.id: homework_module(place, homework.id) for homework in course.homeworks}
    return {homework: module for homework, module in found.items() if module}


def homework_module(place: str, homework_id: str) -> ModuleType | None:
    """The module that a homework has at a place, or None; whatever goes wrong while it is imported is raised."""
    name = place.format(homework_id)
    return import_module(name) if _exists(name) else None


def _exists(module: str) -> bool:
    """Whether there is a module of that name; its packages are imported, itself is not."""
    package = module.rpartition(".")[0]
    return (not package or _exists(package)) and find_spec(module) is not None


def format_points(points: Fraction) -> str:
    """Exact decimal digits of a number of points, without trailing zeros: 13, 8.5, 0.25."""
    return f"{Decimal(points.numerator) / Decimal(points.denominator):f}"


def exact(number: float) -> Fraction:
    """The hundredth that a float of the gradebook stands for (its shortest decimal form, exactly)."""
    return Fraction(Decimal(repr(float(number))))


def _ids(items: Iterable[Homework]) -> str:
    return ", ".join(item.id for item in items) or "none"


class _Reader:
    """Turns parsed TOML into the objects above; every complaint says where."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.zone: ZoneInfo | None = None

    def fail(self, where: str, what: str) -> CourseError:
        return CourseError(f"{self.file}, {where}: {what}")

    def keys(self, table: object, where: str, required: Iterable[str], optional: Iterable[str] = ()) -> dict:
        if not isinstance(table, dict):
            raise self.fail(where, f"must be a table, got {type(table).__name__}")
        required, known = set(required), {*required, *optional}
        if missing := sorted(required - table.keys()):
            raise self.fail(where, f"misses {', '.join(missing)}")
        if unknown := sorted(table.keys() - known):
            raise self.fail(where, f"does not know {', '.join(unknown)}; allowed: {', '.join(sorted(known))}")
        return table

    def text(self, table: dict, key: str, where: str) -> str:
        if not isinstance(table[key], str) or not table[key].strip():
            raise self.fail(where, f"{key} must be a non-empty text")
        return table[key]

    def identifier(self, table: dict, key: str, where: str) -> str:
        name = self.text(table, key, where)
        if not name.isidentifier() or not name.isascii() or keyword.iskeyword(name):
            raise self.fail(where, f"{key} must be a Python name, got {name!r}")
        return name

    def number(self, table: dict, key: str, where: str) -> Fraction:
        value = table[key]
        if isinstance(value, bool) or not isinstance(value, int | Decimal) or not Decimal(value).is_finite():
            raise self.fail(where, f"{key} must be a number, got {value!r}")
        return Fraction(value)

    def points(self, table: dict, key: str, where: str) -> Fraction:
        points = self.number(table, key, where)
        if points <= 0 or (points * 100).denominator != 1:
            raise self.fail(where, f"{key} must be a positive whole number of hundredths, got {table[key]}")
        return points

    def names(self, table: dict, key: str, where: str) -> tuple[str, ...]:
        names = table.get(key, [])
        if not isinstance(names, list) or not all(isinstance(n, str) and n.isidentifier() for n in names):
            raise self.fail(where, f"{key} must be a list of Python names")
        return tuple(names)

    def tables(self, table: dict, key: str, where: str) -> list:
        tables = table.get(key, [])
        if not isinstance(tables, list):
            raise self.fail(where, f"{key} must be written as [[{key}]] tables")
        return tables

    def course(self, data: dict) -> Course:
        self.keys(data, "top level", {"course", "grade", "homework"}, {"grading"})
        required = {"id", "title", "homework_points", "exam_points"}
        head = self.keys(data["course"], "[course]", required, {"time_zone", "toolkit"})
        self.zone = self.time_zone(head) if "time_zone" in head else None
        rule = self.keys(data["grade"], "[grade]", {"divisor", "offset", "highest_mark"})
        divisor, highest = self.number(rule, "divisor", "[grade]"), self.number(rule, "highest_mark", "[grade]")
        if divisor <= 0:
            raise self.fail("[grade]", "divisor must be positive")
        if highest.denominator != 1 or highest < 0:
            raise self.fail("[grade]", "highest_mark must be a whole number, not negative")
        homework_points = self.points(head, "homework_points", "[course]")
        homeworks = tuple(
            self.homework(table, f"homework {index}", homework_points)
            for index, table in enumerate(self.tables(data, "homework", "top level"), start=1)
        )
        self.unique([homework.id for homework in homeworks], "top level", "homework")
        return Course(
            id=self.identifier(head, "id", "[course]"),
            title=self.text(head, "title", "[course]"),
            homework_points=homework_points,
            exam_points=self.points(head, "exam_points", "[course]"),
            rule=GradeRule(divisor, self.number(rule, "offset", "[grade]"), int(highest)),
            homeworks=homeworks,
            minimum=self.minimum(data.get("grading", {})),
            zone=self.zone or UTC,
            toolkit=self.toolkit(head) if "toolkit" in head else "",
        )

    def toolkit(self, table: dict) -> str:
        address = self.text(table, "toolkit", "[course]")
        if not re.fullmatch(r"https://[^\s\"'\\]+/dgm-[^\s\"'\\/]+\.whl", address):
            raise self.fail("[course]", f"toolkit must be the https address of a wheel of dgm, got {address!r}")
        return address

    def time_zone(self, table: dict) -> ZoneInfo:
        try:
            return ZoneInfo(self.text(table, "time_zone", "[course]"))
        except (ZoneInfoNotFoundError, ValueError, OSError):
            example = "Europe/Amsterdam"
            raise self.fail("[course]", f"there is no time zone {table['time_zone']!r}; {example} is one") from None

    def minimum(self, table: dict) -> tuple[str, ...]:
        names = self.names(self.keys(table, "[grading]", (), {"minimum"}), "minimum", "[grading]")
        if unknown := [name for name in names if name not in PROTECTIONS]:
            raise self.fail("[grading]", f"minimum does not know {', '.join(unknown)}; known: {', '.join(PROTECTIONS)}")
        return names

    def homework(self, table: dict, where: str, homework_points: Fraction) -> Homework:
        self.keys(table, where, {"id", "title"}, {"planned", "exercise", "theory", "reflection", "deadline", "teams"})
        homework_id = self.identifier(table, "id", where)
        where = homework_id
        planned = table.get("planned", False)
        if not isinstance(planned, bool):
            raise self.fail(where, f"planned must be true or false, got {planned!r}")
        teams = table.get("teams", True)
        if not isinstance(teams, bool):
            raise self.fail(where, f"teams must be true or false, got {teams!r}")
        theory: list[Theory] = []
        formulas: list[Exercise] = []
        for entry in self.tables(table, "theory", where):
            problem, formula = self.theory(entry, where)
            theory.append(problem)
            formulas += [formula] if formula else []
        theory += [self.reflection(entry, where) for entry in self.tables(table, "reflection", where)]
        practice = [self.exercise(entry, where) for entry in self.tables(table, "exercise", where)]
        exercises = (*formulas, *practice)
        ids = [*(problem.id for problem in theory), *(exercise.id for exercise in exercises)]
        self.unique(ids, where, "exercise, theory problem or reflection")
        self.unique([name for exercise in exercises for name in exercise.names], where, "name to write")
        for index, exercise in enumerate(exercises):
            if unknown := [need for need in exercise.needs if need not in {e.id for e in exercises[:index]}]:
                raise self.fail(f"{where}/{exercise.id}", f"needs {', '.join(unknown)}, which does not come before it")
        worth = [*(problem.points for problem in theory), *(exercise.points for exercise in practice)]
        total = sum(worth, Fraction(0))
        if planned and (theory or practice):
            raise self.fail(where, "is planned and yet has exercises; remove `planned = true`")
        if not planned and total != homework_points:
            raise self.fail(where, f"its points make {format_points(total)}, not {format_points(homework_points)}")
        deadline = self.deadline(table["deadline"], f"{where}, deadline") if "deadline" in table else None
        title = self.text(table, "title", where)
        return Homework(homework_id, title, planned, exercises, tuple(theory), deadline, teams)

    def deadline(self, table: dict, where: str) -> Deadline:
        self.keys(table, where, {"due"}, {"grace_hours", "penalty_per_day", "extensions"})
        grace = self.number(table, "grace_hours", where) if "grace_hours" in table else Fraction(0)
        penalty = self.number(table, "penalty_per_day", where) if "penalty_per_day" in table else Fraction(0)
        if grace < 0 or grace > 10_000:
            raise self.fail(where, f"grace_hours must be a number of hours, not negative, got {table['grace_hours']}")
        if penalty < 0 or (penalty * 100).denominator != 1:
            got = table["penalty_per_day"]
            raise self.fail(where, f"penalty_per_day must be a whole number of hundredths, not negative, got {got}")
        extensions = table.get("extensions", {})
        if not isinstance(extensions, dict):
            raise self.fail(where, "extensions must be written as student = date and time")
        return Deadline(
            self.moment(table, "due", where),
            timedelta(seconds=float(grace * 3600)),
            penalty,
            {student: self.moment(extensions, student, f"{where}, extensions") for student in extensions},
        )

    def moment(self, table: dict, key: str, where: str) -> datetime:
        moment = table[key]
        if not isinstance(moment, datetime) or (moment.tzinfo is None and self.zone is None):
            offset = "" if self.zone else " with its offset from UTC, or the course needs a time_zone"
            example = "2026-10-12T23:59:00" + ("" if self.zone else "+02:00")
            raise self.fail(where, f"{key} must be a date and time{offset}, such as {example}")
        if self.zone is None:
            return moment
        return moment.astimezone(self.zone) if moment.tzinfo else moment.replace(tzinfo=self.zone)

    def theory(self, table: dict, where: str) -> tuple[Theory, Exercise | None]:
        self.keys(table, f"{where}, a theory problem", {"id", "title", "points"}, {"formula"})
        problem_id = self.identifier(table, "id", f"{where}, a theory problem")
        where = f"{where}/{problem_id}"
        title, points = self.text(table, "title", where), self.points(table, "points", where)
        if "formula" not in table:
            return Theory(problem_id, title, points, points), None
        formula = self.keys(table["formula"], f"{where}, formula", {"names", "module", "points"})
        formula_points = self.points(formula, "points", f"{where}, formula")
        if 3 * formula_points > points:
            raise self.fail(f"{where}, formula", "is worth more than a third of its problem")
        exercise = Exercise(
            id=f"{problem_id}_formula",
            title=f"{title}: the formula",
            points=formula_points,
            module=self.identifier(formula, "module", f"{where}, formula"),
            names=self.required_names(formula, f"{where}, formula"),
            theory=problem_id,
        )
        return Theory(problem_id, title, points, points - formula_points), exercise

    def reflection(self, table: dict, where: str) -> Theory:
        self.keys(table, f"{where}, a reflection", {"id", "title", "points"})
        reflection_id = self.identifier(table, "id", f"{where}, a reflection")
        where = f"{where}/{reflection_id}"
        points = self.points(table, "points", where)
        return Theory(reflection_id, self.text(table, "title", where), points, points)

    def exercise(self, table: dict, where: str) -> Exercise:
        place = f"{where}, an exercise"
        self.keys(table, place, {"id", "title", "points", "module", "names"}, {"needs"})
        exercise_id = self.identifier(table, "id", place)
        place = f"{where}/{exercise_id}"
        return Exercise(
            id=exercise_id,
            title=self.text(table, "title", place),
            points=self.points(table, "points", place),
            module=self.identifier(table, "module", place),
            names=self.required_names(table, place),
            needs=self.names(table, "needs", place),
        )

    def required_names(self, table: dict, where: str) -> tuple[str, ...]:
        names = self.names(table, "names", where)
        if not names:
            raise self.fail(where, "names must list what the student writes")
        return names

    def unique(self, ids: list[str], where: str, kind: str) -> None:
        if repeated := sorted({item for item in ids if ids.count(item) > 1}):
            raise self.fail(where, f"has more than one {kind} called {', '.join(repeated)}")
