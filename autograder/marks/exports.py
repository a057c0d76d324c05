"""Grades for other gradebooks: Moodle, Canvas, Gradescope, and a plain CSV file.

Moodle and Canvas both read an empty cell as "no grade", which takes away one that was there. So each homework has its
own file, and in it are only those who handed in and whose points can no longer change; and, where that is asked for,
zeros for who handed in nothing, and the points of the hidden checks alone while theory is not marked yet (`Release`).

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
from autograder.intake.roster import Roster
from autograder.marks.final import COMMAS, CourseGrade, Style, style_of, unformula, write_table
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
    homework: str = ""


@dataclass(frozen=True)
class Release:
    """What goes out: the points of the hidden checks alone, while theory waits; zeros for who handed in nothing."""

    automatic: bool = False
    zeros: bool = False


FINAL = Release()


def write_exports(
    folder: Path,
    course: Course,
    grades: Iterable[CourseGrade],
    release: Release = FINAL,
    style: Style | None = None,
    roster: Roster | None = None,
) -> list[Path]:
    """Write `moodle-<item>.csv` and `canvas-<item>.csv` of all that goes out, and `plain.csv`. Returns the files.

    Earlier exports of the same names go, so that no file remains that says something else. What platforms read has
    commas; `plain.csv` is for people, and has the `style` that is given or else the locale's.
    """
    grades, roster = list(grades), roster or Roster()
    tables = {"plain.csv": plain(grades)}
    for item in items(course, grades, release):
        tables |= {f"moodle-{item.id}.csv": moodle(item, roster), f"canvas-{item.id}.csv": canvas(item, roster)}
    for old in (*folder.glob("moodle*.csv"), *folder.glob("canvas*.csv")):
        if old.name not in tables:
            old.unlink()
    for name, rows in tables.items():
        chosen = style or style_of() if name == "plain.csv" else COMMAS
        write_atomically(folder / name, partial(write_table, rows=rows, style=chosen), newline="")
    return [folder / name for name in sorted(tables)]


def items(course: Course, grades: Iterable[CourseGrade], release: Release = FINAL) -> list[Item]:
    """The homeworks and the exam, as far as anybody has points there that go out."""
    grades = list(grades)
    found = [_item(homework, grades, release) for homework in course.given]
    exam = {grade.student: grade.exam for grade in grades if grade.exam is not None}
    found.append(Item("exam", "Exam", course.exam_points, exam))
    return [item for item in found if item.points]


def _item(homework: Homework, grades: list[CourseGrade], release: Release) -> Item:
    points: dict[str, Fraction] = {}
    feedback: dict[str, str] = {}
    for grade in grades:
        score = grade.homeworks.get(homework.id)
        if score is None:
            continue
        given = score.automatic if release.automatic else None if score.open else score.points
        if not score.handed_in and not score.open:
            given = Fraction(0) if release.zeros else None
        if given is None:
            continue
        said = [remark for remark in score.remarks if remark not in score.alarms]
        said += ["without theory, which is marked later"] if release.automatic and score.handed_in else []
        points[grade.student], feedback[grade.student] = given, "; ".join(said)
    title = f"{homework.id}: {homework.title}"
    if release.automatic:
        maximum = homework.automatic_points
        return Item(f"{homework.id}-automatic", f"{title} (checks)", maximum, points, feedback, homework.id)
    return Item(homework.id, title, homework.points, points, feedback, homework.id)


def moodle(item: Item, roster: Roster | None = None) -> list[list[str]]:
    """The rows of Moodle's import, header first; by address where the roster has everybody's, or ids are addresses."""
    roster = roster or Roster()
    addresses = {student: roster.get(student).email or student for student in item.points}
    by_address = all("@" in address for address in addresses.values())
    who = "Email address" if by_address else "ID number"
    title = unformula(item.title)
    rows = [
        [
            unformula(addresses[student] if by_address else student),
            format_points(points),
            unformula(item.feedback.get(student, "")),
        ]
        for student, points in item.points.items()
    ]
    return [[who, title, f"{title} (feedback)"], *rows]


def canvas(item: Item, roster: Roster | None = None) -> list[list[str]]:
    """The rows of Canvas's import: header, points possible, students. Ids are taken for SIS login ids.

    The roster adds Canvas's own number of a user, where it has one, and the name.
    """
    roster = roster or Roster()
    blank = [""] * (len(CANVAS_COLUMNS) - 1)
    head = [[*CANVAS_COLUMNS, unformula(item.title)], ["    Points Possible", *blank, format_points(item.maximum)]]
    rows = []
    for student, given in item.points.items():
        known = roster.get(student)
        numbers = known.platforms.get("canvas", ())
        number = numbers[0] if len(numbers) == 1 else ""
        rows.append([unformula(known.shown), number, "", unformula(student), "", format_points(given)])
    return [*head, *rows]


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
