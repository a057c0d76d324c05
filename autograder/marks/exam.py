"""The exam's points: `exam.csv` with the columns `student,points`, as `make exam` writes it and people fill it.

An empty field is somebody whose result is not there yet. Who was absent is said so (`ABSENT`), has no points, and that
is final. Whoever is on the roster may have sat the exam, also without a homework.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fractions import Fraction
from pathlib import Path

from autograder.course import Course, format_points
from autograder.intake.roster import Roster
from autograder.tables import Faults, TableError, folded, number, read_table

COLUMNS = {"student": ("id", "student id"), "points": ("score", "result", "exam")}
ABSENT = frozenset(
    "absent abs abs. n/a na - – — no-show ns ausente assente afwezig abwesend absent(e) fravær frånvarande "
    "poissa неявка н/я отсутствует отсутствовал отсутствовала nieobecny nieobecna 缺考 缺席 欠席".split()
)


class ExamError(TableError):
    """The exam file cannot be used; the sentence names file and line."""


class Exam(dict[str, Fraction]):
    """student -> points. `absent` are those whom the table calls so; they have 0 points."""

    def __init__(self, points: Mapping[str, Fraction] | None = None, absent: Iterable[str] = ()) -> None:
        super().__init__(points or {})
        self.absent = frozenset(absent)
        self.update(dict.fromkeys(self.absent, Fraction(0)))


def read_exam(
    path: Path,
    course: Course,
    students: Iterable[str],
    roster: Roster | None = None,
    encoding: str = "",
    unknown: bool = False,
) -> Exam:
    """The points of a file; `students` are those of the gradebook. Raises ExamError with every line that is faulty.

    Nobody else than them and the roster's may be there, unless `unknown` are taken as they are called.
    """
    students, roster = set(students), roster or Roster()
    table = read_table(path, COLUMNS, ["student", "points"], encoding, ExamError)
    faults, found, absent, seen = Faults(path, ExamError), dict[str, Fraction](), set[str](), set[str]()
    for row in table.rows:
        said, entry = table.get(row, "student"), table.get(row, "points")
        if not said and not entry:  # a ticket of `make exam` that nobody drew
            continue
        whose = roster.called(said) or {said} & students or ({said} if unknown and said else set())
        if len(whose) != 1:
            faults.add(row.line, _nobody(said, roster))
            continue
        (student,) = whose
        if student in seen:
            faults.add(row.line, f"{student} is there twice")
            continue
        seen.add(student)
        if folded(entry) in ABSENT:
            absent.add(student)
        elif entry:
            value, most = number(entry), course.exam_points
            if value is None:
                faults.add(row.line, f"{entry!r} is no number of points, and does not say absent")
            elif not 0 <= value <= most:
                faults.add(row.line, f"{entry} points are not between 0 and {format_points(most)}")
            else:
                found[student] = value
    faults.raise_any()
    return Exam(found, absent)


def _nobody(said: str, roster: Roster) -> str:
    if roster:
        return f"nobody called {said!r} is on the roster or in the gradebook, or more than one is"
    return (
        f"nobody called {said!r} is in the gradebook; is it spelt like the folder? "
        "Who only sat the exam stands in roster.csv, or is taken with UNKNOWN=take"
    )
