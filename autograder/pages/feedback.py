"""The page that a student gets: one self-contained HTML file per student and homework.

It says what each check found, in the check's own words, and what a TA wrote. It holds no input, expected value or
source of a hidden check, and nothing that the guest said: `detail` of a record stays with staff. What the student wrote
stands beside what was lost. Everything is escaped, formulas are MathML, and the page's own policy lets a browser load
and run nothing.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Mapping
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from autograder.course import Course, Homework, format_points
from autograder.marks.late import ON_TIME, Late
from autograder.pages.formgrader import Own
from autograder.pages.rendering import TEMPLATES, highlighted, template
from autograder.records import (
    GRADED,
    OF_GRADER,
    CheckEntry,
    ExerciseEntry,
    Record,
    TheoryEntry,
    points,
    printable,
    write_atomically,
)

if TYPE_CHECKING:
    from autograder.marks.gradebook import CellScore

PAGE = "feedback.html.j2"
MADE_FROM = re.compile(r'data-made-from="([0-9a-f]*)"')
LONGEST_CODE = 30_000  # characters of an exercise's answer
LONGEST_TEXT = 5_000  # characters of any one message or comment

WORDS = {
    "passed": "passed",
    "failed": "not yet",
    "error": "your code raised an error",
    "timeout": "took too long",
    "memory": "used too much memory",
    "crashed": "ended unexpectedly",
    "missing": "missing",
    "not-attempted": "not attempted",
    "blocked": "waits for another exercise",
    "grader-error": "the grader failed",
}
# States that a TA may still change, or that say nothing about the answer.
OPEN = {"blocked", "grader-error"}


def feedback_path(folder: Path, homework: str, student: str) -> Path:
    return folder / student / f"{homework}.html"


def write_feedback(
    folder: Path,
    record: Record,
    course: Course,
    cells: Mapping[str, CellScore],
    own: Callable[[], Own] = Own,
    late: Late = ON_TIME,
) -> bool:
    """Write a student's page, atomically, unless the one that is there was made from the same. Returns whether it did.

    `cells` are the gradebook's scores and comments of this homework, `own` gives what the student wrote when asked.
    """
    path = feedback_path(folder, record["homework"], record["student"])
    source = _source(record, course, cells, late)
    if _made_from(path) == source:
        return False
    write_atomically(path, lambda file: file.write(page(record, course, cells, own(), late, source)))
    return True


def _source(record: Record, course: Course, cells: Mapping[str, CellScore], late: Late) -> str:
    """A hash of all that a page is made from; what the student wrote belongs to the submission."""
    homework = course.homework(record["homework"])
    made_from = [json.dumps(record, sort_keys=True), repr(sorted(cells.items())), late.sentence, repr(homework)]
    return hashlib.sha256("\0".join([*made_from, repr(course.homework_points), _maker()]).encode()).hexdigest()[:32]


@cache
def _maker() -> str:
    """A hash of what makes the page: when that changes, so does every page."""
    here = Path(__file__).parent
    makers = "feedback.py formgrader.py formulas.py prose.py rendering.py sanitise.py".split()
    files = (*(here / name for name in makers), TEMPLATES / PAGE, TEMPLATES / "maths.css")
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()


def _made_from(path: Path) -> str | None:
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            found = MADE_FROM.search(file.read(2_000))
    except OSError:
        return None
    return found[1] if found else None


def page(
    record: Record,
    course: Course,
    cells: Mapping[str, CellScore],
    own: Own | None = None,
    late: Late = ON_TIME,
    source: str = "",
) -> str:
    """The page of one record as HTML. `own` is what the student wrote and drew; `late` is what lateness cost."""
    own = own or Own()
    homework = course.homework(record["homework"])
    common = {
        "source": source,
        "course": course.title,
        "title": f"{homework.id}: {homework.title}",
        "student": _text(record["student"]),
        "started": record["provenance"].get("started", ""),
        "digest": record["provenance"].get("submission") or "unknown",
        "remark": _text(record.get("remark", "")),
    }
    if record["state"] != GRADED:
        return template(PAGE).render(**common, problem=_problem(record))
    exercises = [
        _exercise(entry, record["checks"], cells.get(entry["id"]), own.exercises.get(entry["id"], ""))
        for entry in record["exercises"]
    ]
    theory = [
        _theory(entry, cells.get(entry["id"]), *own.theory.get(entry["id"], ("", {}))) for entry in record["theory"]
    ]
    second = any(_second_look(cell) for cell in cells.values())
    automatic = sum((_counts(entry["points"], cells.get(entry["id"])) for entry in record["exercises"]), Fraction(0))
    manual = sum((_counts("0", cells.get(entry["id"])) for entry in record["theory"]), Fraction(0))
    unmarked = sum(1 for entry in record["theory"] if (cell := cells.get(entry["id"])) is None or cell.manual is None)
    return template(PAGE).render(
        **common,
        problem="",
        exercises=exercises,
        theory=theory,
        practice={"points": format_points(automatic), "max": record["max"]},
        theory_sum={
            "points": format_points(manual),
            "max": format_points(homework.manual_points),
            "note": f", {unmarked} not marked yet" if unmarked else "",
        },
        late=_text(late.sentence),
        plots=own.plots,
        total=_total(homework, course, automatic + manual, bool(unmarked) or second, late),
    )


def _total(homework: Homework, course: Course, total: Fraction, provisional: bool, late: Late) -> dict[str, str]:
    return {
        "points": format_points(late.reduced(min(max(total, Fraction(0)), course.homework_points))),
        "max": format_points(homework.automatic_points + homework.manual_points),
        "note": " so far" if provisional else "",
    }


def _problem(record: Record) -> str:
    if record["fault"] == OF_GRADER:  # the sentence is about our machinery, and is for staff
        return "The autograder failed on it. This is not your fault and costs you nothing; the staff have been told."
    return _text(record["reason"])


def _counts(automatic: str, cell: CellScore | None) -> Fraction:
    if cell is not None and (cell.manual is not None or cell.extra is not None):
        return cell.counted
    return points(automatic)


def _second_look(cell: CellScore | None) -> bool:
    """Whether the answer, or its automatic score, changed after a TA had marked it."""
    return cell is not None and cell.needs_mark and cell.manual is not None


def _exercise(entry: ExerciseEntry, checks: list[CheckEntry], cell: CellScore | None, answer: str) -> dict[str, Any]:
    own = [_check(check) for check in checks if check["exercise"] == entry["id"]]
    score, maximum = _counts(entry["points"], cell), points(entry["max"])
    found = {(check["state"], check["message"], check["hint"]) for check in own}
    same = own[0] if len(found) == 1 and own[0]["message"] and not own[0]["hint"] else None  # said once is enough
    manual = cell.manual if cell is not None else None
    says = ""
    if manual is not None and manual != points(entry["points"]):
        says = f"A TA looked at this and gave {format_points(manual)} points."
    return {
        "title": entry["title"],
        "points": format_points(score),
        "max": entry["max"],
        "percent": int(100 * min(max(score / maximum, Fraction(0)), Fraction(1))) if maximum else 0,
        "full": score >= maximum,
        "checks": own,
        "same": same,
        "remark": _text(entry["remark"]),
        "manual": says,
        "second": _second_look(cell),
        "answer": _code(answer) if answer and score < maximum else "",
        "comment": _comment(cell),
    }


def _check(check: CheckEntry) -> dict[str, str]:
    passed = check["state"] == "passed"
    kind = "passed" if passed else "wait" if check["state"] in OPEN else "lost"
    return {
        "kind": kind,
        "mark": {"passed": "✓", "wait": "…", "lost": "✗"}[kind],
        "title": _text(check["title"]),
        "state": WORDS[check["state"]],
        "message": _text(check["message"]),
        "hint": _text(check["hint"]),
        "points": check["points"],
        "max": check["max"],
    }


def _theory(entry: TheoryEntry, cell: CellScore | None, answer: str, pictures: Mapping[str, Any]) -> dict[str, Any]:
    marked = cell if cell is not None and cell.manual is not None else None
    note = (
        "" if marked else "not marked yet" if entry["answered"] else "not marked yet; no answer was found in its cell"
    )
    return {
        "title": entry["title"],
        "points": format_points(marked.counted) if marked else "–",
        "max": entry["max"],
        "note": note,
        "second": _second_look(cell),
        "answer": _prose(answer, pictures) if marked and marked.counted < points(entry["max"]) and answer else "",
        "comment": _comment(cell),
    }


def _comment(cell: CellScore | None) -> Markup:
    """What a TA wrote, with its formulas."""
    return _prose(_text(cell.comment)) if cell is not None and cell.comment.strip() else Markup()


def _prose(text: str, pictures: Mapping[str, Any] | None = None) -> Markup:
    from autograder.pages.prose import prose  # most pages have nothing to render, and it takes long to import

    return Markup(prose(text, pictures))


def _code(source: str) -> Markup:
    return highlighted(printable(source)[:LONGEST_CODE])


def _text(text: str) -> str:
    shown = printable(text)
    return shown if len(shown) <= LONGEST_TEXT else shown[:LONGEST_TEXT] + " … (cut)"
