"""Grades for other gradebooks: Moodle, Canvas, Gradescope, and a plain CSV file.

Moodle   *Grades > Import > CSV file*: one row per student; a column identifies the user (here `ID number`, or `Email
         address` where the ids are addresses), every other column is mapped to a grade item, and a column may carry
         feedback text. An empty cell leaves a grade as it is.
Canvas   *Grades > Import*: the columns `Student`, `ID`, `SIS User ID`, `SIS Login ID`, `Section` in this order, then
         one per assignment, called as in Canvas; the row whose first cell has `Points Possible` states their maxima. A
         student is found by `ID`, else by the SIS ids, else by name. An empty cell clears a grade that was there
         (Canvas's lib/gradebook_importer.rb), so a homework that nobody has all points of yet has no column.
Gradescope  `results.json` of an autograder: `score`, `tests` with `score`, `max_score`, `name`, `output`, `status`
         ("passed" or "failed") and `visibility`, and `execution_time` in seconds.

Everything goes through the csv module, and text that a spreadsheet would compute is escaped (`final.unformula`). Points
are exact decimals; Gradescope's JSON takes numbers, which are the nearest floats of them.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Mapping
from fractions import Fraction
from io import TextIOBase
from pathlib import Path
from typing import TYPE_CHECKING, Any

from autograder.course import Course, Homework, format_points
from autograder.final import CourseGrade, unformula
from autograder.late import ON_TIME, Late
from autograder.records import GRADED, Record, points, printable, write_atomically

if TYPE_CHECKING:
    from autograder.gradebook import CellScore

CANVAS_COLUMNS = ("Student", "ID", "SIS User ID", "SIS Login ID", "Section")


def write_exports(folder: Path, course: Course, grades: Iterable[CourseGrade]) -> list[Path]:
    """Write `moodle.csv`, `canvas.csv` and `plain.csv` into the folder. Returns the files."""
    grades = list(grades)
    tables = {"moodle.csv": moodle(course, grades), "canvas.csv": canvas(course, grades), "plain.csv": plain(grades)}
    written = []
    for name, rows in tables.items():
        write_atomically(folder / name, lambda file, rows=rows: _csv(file, rows), newline="")
        written.append(folder / name)
    return written


def moodle(course: Course, grades: Iterable[CourseGrade]) -> list[list[str]]:
    """The rows of Moodle's import, header first."""
    grades = list(grades)
    addresses = bool(grades) and all("@" in grade.student for grade in grades)
    titles = [f"{homework.id}: {homework.title}" for homework in course.given]
    header = ["Email address" if addresses else "ID number", *map(unformula, titles), "Exam", "Feedback"]
    rows = [header]
    for grade in grades:
        scores = [_points(grade, homework) for homework in course.given]
        exam = "" if grade.exam is None else format_points(grade.exam)
        rows.append([unformula(grade.student), *scores, exam, unformula("; ".join(grade.remarks))])
    return rows


def canvas(course: Course, grades: Iterable[CourseGrade], section: str = "") -> list[list[str]]:
    """The rows of Canvas's import: header, points possible, students. Ids are taken for SIS login ids."""
    grades = list(grades)
    homeworks = [homework for homework in course.given if any(_points(grade, homework) for grade in grades)]
    exam = any(grade.exam is not None for grade in grades)
    blank = [""] * (len(CANVAS_COLUMNS) - 1)
    titles = [unformula(f"{homework.id}: {homework.title}") for homework in homeworks]
    most = [format_points(homework.points) for homework in homeworks]
    rows = [
        [*CANVAS_COLUMNS, *titles, *(["Exam"] if exam else [])],
        ["    Points Possible", *blank, *most, *([format_points(course.exam_points)] if exam else [])],
    ]
    for grade in grades:
        who = unformula(grade.student)
        scores = [_points(grade, homework) for homework in homeworks]
        last = ["" if grade.exam is None else format_points(grade.exam)] if exam else []
        rows.append([who, "", "", who, section, *scores, *last])
    return rows


def plain(grades: Iterable[CourseGrade]) -> list[list[str]]:
    """One row per student and homework: the long form, for whatever comes next."""
    rows = [["student", "homework", "points", "late", "open", "remarks"]]
    for grade in grades:
        for homework, score in grade.homeworks.items():
            late = format_points(-score.penalty) if score.penalty else ""
            texts = [unformula("; ".join(score.open)), unformula("; ".join(score.remarks))]
            rows.append([unformula(grade.student), homework, format_points(score.points), late, *texts])
    return rows


def results_path(folder: Path, homework: str, student: str) -> Path:
    return folder / "gradescope" / homework / student / "results.json"


def write_results(folder: Path, homework: Homework, record: Record, cells: Mapping[str, CellScore], late: Late) -> Path:
    """Write Gradescope's `results.json` of one submission."""
    path = results_path(folder, homework.id, record["student"])
    text = json.dumps(results(homework, record, cells, late), indent=1)
    write_atomically(path, lambda file: file.write(text + "\n"))
    return path


def results(
    homework: Homework, record: Record, cells: Mapping[str, CellScore] | None = None, late: Late = ON_TIME
) -> dict[str, Any]:
    """Gradescope's results of one submission: a test per check and per theory problem; nothing for staff only."""
    if record["state"] != GRADED:
        # Without a score Gradescope shows that the autograder failed, which is what happened.
        return {"output": printable(record["reason"] or "could not be graded"), "visibility": "visible", "tests": []}
    tests, total, cells = [], Fraction(0), cells or {}
    for entry in record["exercises"]:
        own = [check for check in record["checks"] if check["exercise"] == entry["id"]]
        tests += [_test(check, entry["title"]) for check in own]
        cell = cells.get(entry["id"])
        overruled = cell is not None and (cell.manual is not None or cell.extra is not None)
        total += cell.counted if overruled else points(entry["points"])
        if overruled and cell.counted != points(entry["points"]):
            difference = cell.counted - points(entry["points"])
            tests.append(_by_hand(f"{entry['title']}: corrected by hand", difference, None, cell.comment))
    for problem in homework.theory:
        cell = cells.get(problem.id)
        marked = cell is not None and cell.manual is not None
        score = cell.counted if marked else Fraction(0)
        total += score
        said = cell.comment if marked else "not marked yet"
        tests.append(_by_hand(f"{problem.title} (marked by hand)", score, problem.manual_points, said))
    total = min(max(total, Fraction(0)), homework.points)
    if late.penalty:
        tests.append(_by_hand("late", late.reduced(total) - total, None, late.sentence))
    return {
        "score": float(late.reduced(total)),
        "execution_time": record["seconds"],
        "stdout_visibility": "hidden",
        "visibility": "visible",
        "tests": tests,
    }


def _test(check: dict, exercise: str) -> dict[str, Any]:
    lines = [f"{check['state']}: {check['message']}"] if check["message"] else []
    lines += [f"Hint: {check['hint']}"] if check["hint"] else []
    return {
        "name": printable(f"{exercise}: {check['title']}"),
        "score": float(points(check["points"])),
        "max_score": float(points(check["max"])),
        "status": "passed" if check["state"] == "passed" else "failed",
        "output": printable("\n".join(lines)),
        "output_format": "text",
        "visibility": "visible",
    }


def _by_hand(name: str, score: Fraction, most: Fraction | None, said: str) -> dict[str, Any]:
    made = {"name": name, "score": float(score), "output": printable(said), "output_format": "text"}
    return made | ({"max_score": float(most)} if most is not None else {}) | {"visibility": "visible"}


def _points(grade: CourseGrade, homework: Homework) -> str:
    """A homework's points; empty while they can still change."""
    score = grade.homeworks.get(homework.id)
    return "" if score is None or score.open else format_points(score.points)


def _csv(file: TextIOBase, rows: list[list[str]]) -> None:
    csv.writer(file).writerows(rows)
