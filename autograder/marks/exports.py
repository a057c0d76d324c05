"""Grades for other gradebooks: Moodle, Canvas, Gradescope, and a plain CSV file.

Moodle and Canvas both read an empty cell as "no grade", which takes away one that was there. So each homework has its
own file, and in it are only those who handed in and whose points can no longer change.

Moodle   *Grades > Import > CSV file* (docs.moodle.org/en/Grade_import; the rules are those of its
         grade/import/csv/classes/load_data.php). A column names the user, here `ID number`, or `Email address` where
         the ids are addresses; the others are mapped to a grade item and to its feedback, which must come together,
         for feedback without a grade takes the grade away. One unknown user stops the whole import.
Canvas   *Gradebook > Import* (the rules are those of its lib/gradebook_importer.rb): `Student`, `ID`, `SIS User ID`,
         `SIS Login ID`, `Section` in this order, then assignments, called as in Canvas; the row whose first cell has
         `Points Possible` states their maxima. A student is found by `ID`, else by the SIS ids, else by name.
Gradescope  `results.json` of an autograder (gradescope-autograders.readthedocs.io/en/latest/specs): `score`, which
         overrides the sum of the tests, `tests` with `score`, `max_score`, `name`, `output`, `output_format`, `status`
         ("passed" or "failed") and `visibility`, and `execution_time` in seconds. Without any score it has failed.

Everything goes through the csv module, and text that a spreadsheet would compute is escaped (`final.unformula`). Points
are exact decimals; Gradescope's JSON takes numbers, which are the nearest floats of them.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from autograder.course import Course, Homework, format_points
from autograder.marks.final import CourseGrade, unformula, write_table
from autograder.marks.late import ON_TIME, Late
from autograder.records import GRADED, CheckEntry, Record, points, printable, write_atomically

if TYPE_CHECKING:
    from autograder.marks.gradebook import CellScore

CANVAS_COLUMNS = ("Student", "ID", "SIS User ID", "SIS Login ID", "Section")


@dataclass(frozen=True)
class Item:
    """One column of a gradebook, a homework or the exam: what each student has, who is done with it alone."""

    id: str
    title: str
    maximum: Fraction
    points: dict[str, Fraction]
    feedback: dict[str, str] = field(default_factory=dict)


def write_exports(folder: Path, course: Course, grades: Iterable[CourseGrade]) -> list[Path]:
    """Write `moodle-<item>.csv` and `canvas-<item>.csv` of all that is final, and `plain.csv`. Returns the files.

    Earlier exports of the same names go, so that no file remains that says something else.
    """
    grades = list(grades)
    tables = {"plain.csv": plain(grades)}
    for item in items(course, grades):
        tables |= {f"moodle-{item.id}.csv": moodle(item), f"canvas-{item.id}.csv": canvas(item)}
    for old in (*folder.glob("moodle*.csv"), *folder.glob("canvas*.csv")):
        if old.name not in tables:
            old.unlink()
    for name, rows in tables.items():
        write_atomically(folder / name, partial(write_table, rows=rows), newline="")
    return [folder / name for name in sorted(tables)]


def items(course: Course, grades: Iterable[CourseGrade]) -> list[Item]:
    """The homeworks and the exam, as far as anybody has points there that can no longer change."""
    grades, found = list(grades), []
    for homework in course.given:
        final = {g.student: g.homeworks[homework.id] for g in grades if homework.id in g.homeworks}
        final = {student: score for student, score in final.items() if score.handed_in and not score.open}
        said = {student: [r for r in score.remarks if r not in score.alarms] for student, score in final.items()}
        points = {student: score.points for student, score in final.items()}
        feedback = {student: "; ".join(remarks) for student, remarks in said.items()}
        found.append(Item(homework.id, f"{homework.id}: {homework.title}", homework.points, points, feedback))
    exam = {grade.student: grade.exam for grade in grades if grade.exam is not None}
    found.append(Item("exam", "Exam", course.exam_points, exam))
    return [item for item in found if item.points]


def moodle(item: Item) -> list[list[str]]:
    """The rows of Moodle's import, header first."""
    who = "Email address" if all("@" in student for student in item.points) else "ID number"
    title = unformula(item.title)
    rows = [
        [unformula(student), format_points(points), unformula(item.feedback.get(student, ""))]
        for student, points in item.points.items()
    ]
    return [[who, title, f"{title} (feedback)"], *rows]


def canvas(item: Item) -> list[list[str]]:
    """The rows of Canvas's import: header, points possible, students. Ids are taken for SIS login ids."""
    blank = [""] * (len(CANVAS_COLUMNS) - 1)
    head = [[*CANVAS_COLUMNS, unformula(item.title)], ["    Points Possible", *blank, format_points(item.maximum)]]
    names = ((unformula(student), format_points(points)) for student, points in item.points.items())
    return [*head, *([name, "", "", name, "", points] for name, points in names)]


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
    tests: list[dict[str, Any]] = []
    total, cells = Fraction(0), cells or {}
    for entry in record["exercises"]:
        own = [check for check in record["checks"] if check["exercise"] == entry["id"]]
        tests += [_test(check, entry["title"]) for check in own]
        cell = cells.get(entry["id"])
        total += points(entry["points"])
        if cell is not None and (cell.manual is not None or cell.extra is not None):
            difference = cell.counted - points(entry["points"])
            total += difference
            if difference:
                tests.append(_by_hand(f"{entry['title']}: corrected by hand", difference, None, cell.comment))
    for problem in homework.theory:
        score, said = Fraction(0), "not marked yet"
        if (cell := cells.get(problem.id)) is not None and cell.manual is not None:
            score, said = cell.counted, cell.comment
        total += score
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


def _test(check: CheckEntry, exercise: str) -> dict[str, Any]:
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
