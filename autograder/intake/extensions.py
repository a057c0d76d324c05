"""Who has more time: `extensions.csv` with the columns `id,homework,until`, beside the extensions in `course.toml`.

An extension of somebody whom the roster does not have is an error: it is a typing error, and somebody pays for it.
"""

from __future__ import annotations

import difflib
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from autograder.course import Course, CourseError, Homework
from autograder.intake.roster import Roster
from autograder.intake.times import read_moment
from autograder.tables import Faults, TableError, read_table

EXTENSIONS = "extensions.csv"
COLUMNS = {
    "id": ("student", "student id", "email", "e-mail"),
    "homework": ("hw", "assignment"),
    "until": ("due", "deadline", "date", "new deadline"),
}


class ExtensionsError(TableError):
    """`extensions.csv` cannot be used; every faulty line is named."""


def with_extensions(course: Course, path: Path, roster: Roster, encoding: str = "") -> Course:
    """The course with the extensions of a file, if there is one, added to its own; the later one of two counts.

    Raises ExtensionsError with all faulty lines, and CourseError for an extension in `course.toml` of somebody whom the
    roster does not have.
    """
    _all_known(course, roster)
    if not path.exists():
        return course
    table = read_table(path, COLUMNS, ["id", "homework", "until"], encoding, ExtensionsError)
    faults, more = Faults(path, ExtensionsError), dict[str, dict[str, datetime]]()
    homeworks = {homework.id: homework for homework in course.homeworks}
    for row in table.rows:
        said, name, until = (table.get(row, column) for column in COLUMNS)
        students = roster.called(said) if roster else {said}
        homework = homeworks.get(name) or homeworks.get(f"hw{name}")
        moment = read_moment(until, course.zone)
        if len(students) != 1:
            faults.add(row.line, unknown(said, roster))
        elif homework is None:
            faults.add(row.line, f"there is no homework {name!r}; the course has: {', '.join(homeworks)}")
        elif homework.deadline is None:
            faults.add(row.line, f"{homework.id} has no deadline that could be extended; course.toml would say it")
        elif moment is None:
            faults.add(row.line, f"{until!r} is no date and time such as 2026-10-19 23:59")
        else:
            own, (student,) = more.setdefault(homework.id, {}), students
            own[student] = max(moment.astimezone(homework.deadline.due.tzinfo), own.get(student, moment))
    faults.raise_any()
    return replace(
        course, homeworks=tuple(_extended(homework, more.get(homework.id, {})) for homework in course.homeworks)
    )


def unknown(name: str, roster: Roster) -> str:
    """That nobody of that name is on the roster, and who may be meant."""
    near = difflib.get_close_matches(name, list(roster.students), n=1)
    return f"nobody called {name!r} is on the roster" + (f"; is {near[0]!r} meant?" if near else "")


def _extended(homework: Homework, more: dict[str, datetime]) -> Homework:
    deadline = homework.deadline
    if deadline is None or not more:
        return homework
    both = {
        student: max(filter(None, (deadline.extensions.get(student), more.get(student))))
        for student in {*deadline.extensions, *more}
    }
    return replace(homework, deadline=replace(deadline, extensions=both))


def _all_known(course: Course, roster: Roster) -> None:
    if not roster:
        return
    faults = [
        f"course.toml, {homework.id}, deadline, extensions: {unknown(student, roster)}"
        for homework in course.homeworks
        for student in (homework.deadline.extensions if homework.deadline else ())
        if student not in roster
    ]
    if faults:
        raise CourseError("\n".join(faults))
