"""The course grade: homeworks from the gradebook, the exam from its table, exact arithmetic.

    homework = automatic + manual points, 0..13        exam 0..26        points = all of them, 0..104
    grade    = points / 8 - 2, shown as it is          mark = floor(max(0, grade)), at most the course's highest

The numbers are `course.toml`'s. A grade that can still change is provisional, and says why.
"""

from __future__ import annotations

import csv
import locale
import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from autograder.course import Course, Homework, format_points
from autograder.marks.late import ON_TIME, Late
from autograder.records import printable, write_atomically

if TYPE_CHECKING:
    from autograder.marks.gradebook import CellScore

NUMBER = re.compile(r"\A(-?\d+)\.(\d+)\Z")
FORMULA_STARTS = ("=", "+", "-", "@", "\N{MINUS SIGN}", "\t", "\r", "\n")


@dataclass(frozen=True)
class HomeworkScore:
    """One homework of one student: its points, and why they can still change (`open`) or need a look (`remarks`).

    `alarms` are the remarks about points that somebody typed wrongly; they say what to do. `penalty` is what lateness
    has taken from the points already. `automatic` are the points of the hidden checks alone, less the penalty, and None
    where not everything is graded.
    """

    points: Fraction
    open: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()
    alarms: tuple[str, ...] = ()
    penalty: Fraction = Fraction(0)
    handed_in: bool = True
    automatic: Fraction | None = field(default=None, compare=False)


@dataclass(frozen=True)
class CourseGrade:
    """One student's course: points of `course.total_points`, the exact grade, the mark, why it is provisional."""

    student: str
    homeworks: dict[str, HomeworkScore]
    exam: Fraction | None
    points: Fraction
    grade: Fraction
    mark: int
    reasons: tuple[str, ...]
    remarks: tuple[str, ...]

    @property
    def penalty(self) -> Fraction:
        """What lateness has taken from the homeworks' points."""
        return sum((score.penalty for score in self.homeworks.values()), Fraction(0))

    @property
    def alarms(self) -> list[str]:
        return [alarm for score in self.homeworks.values() for alarm in score.alarms]

    @property
    def provisional(self) -> bool:
        return bool(self.reasons)


def homework_score(
    homework: Homework,
    limit: Fraction,
    cells: Mapping[str, CellScore] | None,
    ungraded: str = "",
    late: Late = ON_TIME,
) -> HomeworkScore:
    """Automatic and manual points of one homework, at most `limit`, less what lateness costs.

    `cells` is what the gradebook has of this student, None when nothing was handed in; `ungraded` is why the newest
    hand-in could not be graded. A cell that has more than its maximum counts its maximum, extra credit apart.
    """
    if cells is None and not ungraded:
        return HomeworkScore(Fraction(0), remarks=(f"{homework.id} was not handed in",), handed_in=False)
    cells = cells or {}
    reasons = [f"{homework.id} could not be graded"] if ungraded else []
    unmarked = [p.id for p in homework.theory if p.id not in cells or cells[p.id].manual is None]
    again = [name for name, cell in cells.items() if cell.needs_mark and name not in unmarked]
    if unmarked and not ungraded:
        reasons.append(f"{homework.id}: {', '.join(unmarked)} not marked yet")
    if again:
        reasons.append(f"{homework.id}: {', '.join(sorted(again))} changed since marked")
    graded = not ungraded and not any(
        e.id not in cells or (cells[e.id].auto is None and cells[e.id].manual is None) for e in homework.exercises
    )
    if not graded and not ungraded:
        reasons.append(f"{homework.id} is not graded yet")
    remarks: list[str] = []
    alarms: list[str] = []
    for name, cell in cells.items():
        if cell.corrected:
            extra = cell.extra or Fraction(0)
            given = f"{name} was given {_digits(cell.score - extra)} points of {_digits(cell.maximum)}"
            counted = f"counted as {_digits(cell.counted - extra)}, please correct it in the formgrader"
            alarms.append(f"{homework.id}: {given}; {counted}")
    total = _sum(cell.counted for cell in cells.values())
    if total > limit:
        remarks.append(f"{homework.id} has {_digits(total)} points, counted as {_digits(limit)}")
    total = min(max(total, Fraction(0)), limit)
    if late.penalty:
        remarks.append(f"{homework.id}: {late.sentence}")
    points = late.reduced(total)
    checked = _sum(cells[e.id].counted for e in homework.exercises if e.id in cells)
    automatic = late.reduced(min(max(checked, Fraction(0)), limit)) if graded else None
    said = tuple([*alarms, *remarks])
    return HomeworkScore(points, tuple(reasons), said, tuple(alarms), total - points, automatic=automatic)


def course_grade(
    course: Course,
    student: str,
    homeworks: Mapping[str, HomeworkScore],
    exam: Fraction | None,
    absent: bool = False,
) -> CourseGrade:
    """Add up one student's course; homeworks that are not in the mapping have not been given.

    Who was `absent` from the exam has no points of it, which is final.
    """
    missing = [homework.id for homework in course.homeworks if homework.id not in homeworks]
    reasons = [reason for homework in course.homeworks for reason in getattr(homeworks.get(homework.id), "open", ())]
    reasons += [f"{', '.join(missing)} not yet given"] if missing else []
    reasons += ["no exam points"] if exam is None else []
    points = sum((score.points for score in homeworks.values()), Fraction(0)) + (exam or Fraction(0))
    remarks = [remark for score in homeworks.values() for remark in score.remarks]
    remarks += ["was absent from the exam"] if absent else []
    grade, mark = course.rule.grade(points), course.rule.mark(points)
    return CourseGrade(student, dict(homeworks), exam, points, grade, mark, tuple(reasons), tuple(remarks))


def course_grades(
    course: Course,
    students: Iterable[str],
    scores: Mapping[str, Mapping[str, Mapping[str, CellScore]]],
    ungraded: Mapping[tuple[str, str], str],
    exam: Mapping[str, Fraction],
    late: Callable[[Homework, str], Late] = lambda homework, student: ON_TIME,
) -> list[CourseGrade]:
    """Everybody's grade. `scores` is homework -> student -> cell -> score; `ungraded` (student, homework) -> reason."""
    return [
        course_grade(
            course,
            student,
            {
                homework.id: homework_score(
                    homework,
                    course.homework_points,
                    scores.get(homework.id, {}).get(student),
                    ungraded.get((student, homework.id), ""),
                    late(homework, student),
                )
                for homework in course.given
            },
            exam.get(student),
            student in getattr(exam, "absent", ()),
        )
        for student in sorted(students)
    ]


def write_grades(path: Path, course: Course, grades: Iterable[CourseGrade], style: Style | None = None) -> None:
    """Everybody's points, grade and mark as CSV, atomically, safe to open in a spreadsheet of this locale."""
    header = [
        "student",
        *(homework.id for homework in course.homeworks),
        "late",
        "exam",
        "points",
        "grade",
        "mark",
        "provisional",
        "remarks",
    ]

    rows = [header]
    for grade in grades:
        homeworks = [grade.homeworks.get(homework.id) for homework in course.homeworks]
        rows.append(
            [
                unformula(grade.student),
                *("" if score is None else _digits(score.points) for score in homeworks),
                _digits(-grade.penalty) if grade.penalty else "",
                "" if grade.exam is None else _digits(grade.exam),
                _digits(grade.points),
                _digits(grade.grade),
                str(grade.mark),
                unformula("; ".join(grade.reasons)),
                unformula("; ".join(grade.remarks)),
            ]
        )
    write_atomically(path, lambda file: write_table(file, rows, style or style_of()), newline="")


@dataclass(frozen=True)
class Style:
    """How a table is written: what separates fields, and whether numbers have a comma."""

    separator: str = ","
    decimal_comma: bool = False


COMMAS = Style()  # what platforms take


def style_of(separator: str = "") -> Style:
    """What spreadsheets open here without a question: the separator that is asked for, else what the locale's is.

    Where numbers have a comma, fields are separated by semicolons.
    """
    if separator:
        return Style(separator, separator == ";")
    before = locale.setlocale(locale.LC_NUMERIC)
    try:
        locale.setlocale(locale.LC_NUMERIC, "")
        comma = locale.localeconv()["decimal_point"] == ","
    except locale.Error:
        comma = False
    finally:
        locale.setlocale(locale.LC_NUMERIC, before)
    return Style(";", True) if comma else COMMAS


def write_table(file: TextIO, rows: Iterable[Iterable[str]], style: Style = COMMAS) -> None:
    """Rows as CSV behind a byte order mark, without which Excel takes UTF-8 for something else.

    Every field is in quotes: where spreadsheets split at semicolons, "a;=1+1" must stay one field.
    """
    file.write("\ufeff")
    writer = csv.writer(file, quoting=csv.QUOTE_ALL, delimiter=style.separator)
    for row in rows:
        writer.writerow([NUMBER.sub(r"\1,\2", cell) for cell in row] if style.decimal_comma else row)


def unformula(text: str) -> str:
    """Text that a spreadsheet shows instead of computing: a quote stands before what could begin a formula.

    Spaces before it do not help everywhere, and full-width forms of these characters are read like the others (OWASP,
    "CSV Injection"), so the first character is looked at in its plain form.
    """
    text = printable(text)
    plain = unicodedata.normalize("NFKC", text.lstrip()[:1])
    return f"'{text}" if text.startswith(FORMULA_STARTS) or plain.startswith(FORMULA_STARTS) else text


def _sum(numbers: Iterable[Fraction]) -> Fraction:
    """Their sum; few denominators are among points, so that whole numbers are added and not each time fractions."""
    parts: dict[int, int] = {}
    for number in numbers:
        parts[number.denominator] = parts.get(number.denominator, 0) + number.numerator
    return sum((Fraction(above, below) for below, above in parts.items()), Fraction(0))


def _digits(number: Fraction) -> str:
    """Exact decimal digits. All numbers here have them: sums of decimals, divided by 8."""
    return format_points(number)
