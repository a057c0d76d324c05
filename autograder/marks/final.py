"""The course grade: homeworks from the gradebook, the exam from a CSV file, exact arithmetic.

    homework = automatic + manual points, 0..13        exam 0..26        points = all of them, 0..104
    grade    = points / 8 - 2, shown as it is          mark = floor(max(0, grade)), at most the course's highest

The numbers are `course.toml`'s. A grade that can still change is provisional, and says why.
"""

from __future__ import annotations

import csv
import io
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from autograder.course import Course, Homework, format_points
from autograder.errors import AutograderError
from autograder.marks.late import ON_TIME, Late
from autograder.records import printable, write_atomically

if TYPE_CHECKING:
    from autograder.marks.gradebook import CellScore

EXAM_COLUMNS = ("student", "points")
FORMULA_STARTS = ("=", "+", "-", "@", "\N{MINUS SIGN}", "\t", "\r", "\n")


class ExamError(AutograderError):
    """The exam file cannot be used; the sentence names file and line."""


@dataclass(frozen=True)
class HomeworkScore:
    """One homework of one student: its points, and why they can still change (`open`) or need a look (`remarks`).

    `alarms` are the remarks about points that somebody typed wrongly; they say what to do. `penalty` is what lateness
    has taken from the points already.
    """

    points: Fraction
    open: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()
    alarms: tuple[str, ...] = ()
    penalty: Fraction = Fraction(0)
    handed_in: bool = True


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
    if not ungraded and any(
        e.id not in cells or (cells[e.id].auto is None and cells[e.id].manual is None) for e in homework.exercises
    ):
        reasons.append(f"{homework.id} is not graded yet")
    total, remarks, alarms = Fraction(0), [], []
    for name, cell in cells.items():
        if cell.counted != cell.score:
            extra = cell.extra or Fraction(0)
            given = f"{name} was given {_digits(cell.score - extra)} points of {_digits(cell.maximum)}"
            counted = f"counted as {_digits(cell.counted - extra)}, please correct it in the formgrader"
            alarms.append(f"{homework.id}: {given}; {counted}")
        total += cell.counted
    if total > limit:
        remarks.append(f"{homework.id} has {_digits(total)} points, counted as {_digits(limit)}")
    total = min(max(total, Fraction(0)), limit)
    if late.penalty:
        remarks.append(f"{homework.id}: {late.sentence}")
    points = late.reduced(total)
    return HomeworkScore(points, tuple(reasons), tuple([*alarms, *remarks]), tuple(alarms), total - points)


def course_grade(
    course: Course, student: str, homeworks: Mapping[str, HomeworkScore], exam: Fraction | None
) -> CourseGrade:
    """Add up one student's course; homeworks that are not in the mapping have not been given."""
    missing = [homework.id for homework in course.homeworks if homework.id not in homeworks]
    reasons = [reason for homework in course.homeworks for reason in getattr(homeworks.get(homework.id), "open", ())]
    reasons += [f"{', '.join(missing)} not yet given"] if missing else []
    reasons += ["no exam points"] if exam is None else []
    points = sum((score.points for score in homeworks.values()), Fraction(0)) + (exam or Fraction(0))
    remarks = [remark for score in homeworks.values() for remark in score.remarks]
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
        )
        for student in sorted(students)
    ]


def read_exam(path: Path, course: Course, students: Iterable[str]) -> dict[str, Fraction]:
    """student -> exam points, from a CSV file with the columns `student` and `points`. Raises ExamError with the line.

    A byte order mark and semicolons, as spreadsheets write them, are understood; a decimal comma needs semicolons.
    """
    students = set(students)
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        raise ExamError(f"there is no {path}; it should have the columns student,points") from None
    except (OSError, UnicodeDecodeError) as error:
        raise ExamError(f"{path} cannot be read: {error}; save it as CSV in UTF-8") from None
    first = text.split("\n", 1)[0]
    delimiter = ";" if first.count(";") > first.count(",") else ","
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    exam: dict[str, Fraction] = {}
    try:
        header = [name.strip().lower() for name in next(reader, [])]
        if missing := [name for name in EXAM_COLUMNS if header.count(name) != 1]:
            raise _exam_error(
                path,
                1,
                f"the first line must name the columns student and points once each; look at {', '.join(missing)}",
            )
        for row in reader:
            if not any(field.strip() for field in row):
                continue
            if len(row) != len(header):
                raise _exam_error(path, reader.line_num, f"has {len(row)} fields, but the first line {len(header)}")
            student, entry = (row[header.index(name)].strip() for name in EXAM_COLUMNS)
            if not student and not entry:  # a ticket of `make exam` that nobody drew
                continue
            if student not in students:
                raise _exam_error(
                    path,
                    reader.line_num,
                    f"nobody called {student!r} is in the gradebook; is it spelt like the folder?",
                )
            if student in exam:
                raise _exam_error(path, reader.line_num, f"{student} is there twice")
            exam[student] = _exam_points(entry, course.exam_points, delimiter, path, reader.line_num)
    except csv.Error as error:
        raise _exam_error(path, reader.line_num, f"is not CSV: {error}") from None
    return exam


def write_grades(path: Path, course: Course, grades: Iterable[CourseGrade]) -> None:
    """Everybody's points, grade and mark as CSV, atomically, safe to open in a spreadsheet."""
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
    write_atomically(path, lambda file: write_table(file, rows), newline="")


def write_table(file: TextIO, rows: Iterable[Iterable[str]]) -> None:
    """Rows as CSV, every field in quotes: where spreadsheets split at semicolons, "a;=1+1" must stay one field."""
    csv.writer(file, quoting=csv.QUOTE_ALL).writerows(rows)


def unformula(text: str) -> str:
    """Text that a spreadsheet shows instead of computing: a quote stands before what could begin a formula.

    Spaces before it do not help everywhere, and full-width forms of these characters are read like the others (OWASP,
    "CSV Injection"), so the first character is looked at in its plain form.
    """
    text = printable(text)
    plain = unicodedata.normalize("NFKC", text.lstrip()[:1])
    return f"'{text}" if text.startswith(FORMULA_STARTS) or plain.startswith(FORMULA_STARTS) else text


def _exam_points(entry: str, maximum: Fraction, delimiter: str, path: Path, line: int) -> Fraction:
    number = entry.replace(",", ".") if delimiter == ";" else entry
    try:
        if not number.isascii() or "_" in number or len(number) > 20:
            raise InvalidOperation
        value = Decimal(number)
        exponent = value.as_tuple().exponent  # a letter where the value is not finite
        if not isinstance(exponent, int) or exponent < -9 or value.adjusted() > 9:
            raise InvalidOperation
    except InvalidOperation:
        raise _exam_error(path, line, f"{entry!r} is no number of points") from None
    if not 0 <= value <= Decimal(maximum.numerator) / Decimal(maximum.denominator):
        raise _exam_error(path, line, f"{entry} points are not between 0 and {format_points(maximum)}")
    return Fraction(value)


def _exam_error(path: Path, line: int, sentence: str) -> ExamError:
    return ExamError(f"{path}, line {line}: {printable(sentence)}")


def _digits(number: Fraction) -> str:
    """Exact decimal digits. All numbers here have them: sums of decimals, divided by 8."""
    return format_points(number)
