"""Marking in the browser: what the formgrader's pages show of the gradebook and of the notebooks to be marked.

Here is what stands on the pages; `marking_server` answers the browser. The gradebook is read in a session of
nbgrader's; what a student wrote comes from the notebooks of `formgrader`, and the rubric with it.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from difflib import SequenceMatcher
from fractions import Fraction
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from markupsafe import Markup, escape

from autograder.course import Course, Homework, exact, format_points
from autograder.pages.formgrader import ANSWER, KIND, NOTE, autograded_path
from autograder.pages.marked import Snapshot, read_marked
from autograder.pages.prose import prose
from autograder.pages.rendering import highlighted
from autograder.records import GRADED, RecordError, printable, read_record

if TYPE_CHECKING:
    from nbgrader.api import Gradebook

MOST_POINTS = 1_000
LONGEST_DIFFERENCE = 20_000  # characters of either text
MOST_IN_BANK = 40
ROW = re.compile(r"^\|(?P<text>.+)\|\s*(?P<points>\d+(?:[.,]\d+)?)\s*\|\s*$")  # a line of the rubric; the sum is bold
TABLE = re.compile(r"^\|.*\|\s*$")


class TypedError(ValueError):
    """What was typed is no number of points; the sentence says why."""


def typed_points(typed: object) -> float | None:
    """The points that somebody typed, in any locale: 0.5, 0,5 and .5 are half a point, nothing is None.

    Raises TypedError.
    """
    if typed is None or (isinstance(typed, str) and not typed.strip()):
        return None
    text = str(typed).strip().replace("\u2212", "-").replace("\u066b", ",")
    if isinstance(typed, bool) or not re.fullmatch(r"[+-]?(\d+([.,]\d*)?|[.,]\d+)(e-?\d+)?", text):
        raise TypedError(f"{text[:20]} is no number of points")
    try:
        points = Decimal(text.replace(",", "."))
    except InvalidOperation:
        raise TypedError(f"{text[:20]} is no number of points") from None
    if not 0 <= points <= MOST_POINTS:
        raise TypedError(f"{text[:20]} is no number of points: it must be from 0 to {MOST_POINTS}")
    return float(points)


# --- the gradebook ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Cell:
    """One cell of one student in the gradebook. `grade` and `comment_id` are the ids that the browser writes to."""

    name: str
    grade: str
    auto: float | None
    manual: float | None
    extra: float | None
    needs: bool
    comment_id: str = ""
    comment: str = ""

    @property
    def unmarked(self) -> bool:
        return self.needs and self.manual is None

    @property
    def changed(self) -> bool:
        """Whether the answer, or its automatic score, is another one than that which was marked."""
        return self.needs and self.manual is not None

    @property
    def score(self) -> float:
        base = self.manual if self.manual is not None else self.auto
        return (base or 0.0) + (self.extra or 0.0)


@dataclass
class Submission:
    """What the gradebook has of one student's notebook; `id` is nbgrader's, in the address of its page."""

    id: str
    student: str
    flagged: bool
    cells: dict[str, Cell] = field(default_factory=dict)


def submissions(book: Gradebook, homework: str) -> dict[str, Submission]:
    """student -> what the gradebook has of that homework, by name. Empty where nobody knows of it."""
    from nbgrader.api import Comment, Grade, MissingEntry, SubmittedAssignment, SubmittedNotebook

    try:
        notebook = book.find_notebook(homework, homework)
    except MissingEntry:
        return {}
    db = book.db
    graded = {cell.id: cell.name for cell in notebook.grade_cells}
    spoken_of = {cell.id: cell.name.removesuffix("_code") for cell in notebook.solution_cells}
    rows = (
        db.query(SubmittedNotebook.id, SubmittedNotebook.flagged, SubmittedAssignment.student_id)
        .join(SubmittedAssignment, SubmittedNotebook.assignment_id == SubmittedAssignment.id)
        .filter(SubmittedNotebook.notebook_id == notebook.id)
    )
    found = {id_: Submission(id_, student, bool(flagged)) for id_, flagged, student in rows}
    comments = db.query(Comment.id, Comment.cell_id, Comment.notebook_id, Comment.manual_comment)
    said = {
        (owner, spoken_of[cell]): (id_, text or "")
        for id_, cell, owner, text in comments.filter(Comment.cell_id.in_(spoken_of))
    }
    columns = (Grade.id, Grade.cell_id, Grade.notebook_id, Grade.auto_score, Grade.manual_score, Grade.extra_credit)
    grades = db.query(*columns, Grade.needs_manual_grade).filter(Grade.cell_id.in_(graded))
    for id_, cell, owner, auto, manual, extra, needs in grades:
        if owner in found:
            comment = said.get((owner, graded[cell]), ("", ""))
            found[owner].cells[graded[cell]] = Cell(graded[cell], id_, auto, manual, extra, bool(needs), *comment)
    return {one.student: one for one in sorted(found.values(), key=lambda one: one.student.casefold())}


# --- the notebooks ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Line:
    """A line of a rubric: what earns the points, as HTML."""

    html: Markup
    points: Fraction


@dataclass(frozen=True)
class Work:
    """What a student wrote for one cell: its text, as Markdown or code, and both shown as HTML."""

    source: str
    html: Markup
    lines: tuple[Line, ...] = ()
    notes: Markup = Markup()
    missing: bool = False


NOTHING = Work("", Markup("<p>The notebook is not there; run <code>make grade</code>.</p>"), missing=True)


def work_of(folder: Path, homework: str, student: str, cell: str) -> Work:
    """What a student wrote for a theory problem or an exercise, from the notebook that `make grade` put together."""
    path = autograded_path(folder, homework, student)
    try:
        return _work(path, path.stat().st_mtime_ns, cell)
    except (OSError, ValueError, KeyError, TypeError):
        return NOTHING


@lru_cache(maxsize=4_000)
def _work(path: Path, _written: int, cell: str) -> Work:
    cells = _cells(path, _written)
    names = [_name(one) for one in cells]
    at = names.index(cell)
    rubric = next((one for one in cells if one["id"] == f"rubric-{cell}"), None)
    lines, notes = _rubric("" if rubric is None else rubric["source"])
    if cells[at]["cell_type"] == "code":  # an exercise: its answer, and what the checks said
        answer = cells[names.index(f"{cell}_code")]
        said = "".join(output.get("text", "") for output in cells[at].get("outputs", ()))
        shown = Markup("{}<pre class='said'>{}</pre>").format(highlighted(answer["source"]), said)
        return Work(answer["source"], shown)
    parts = [_shown(cells[at])]
    sources = [cells[at]["source"]]
    for one in cells[at + 1 :]:  # what the student added below
        if one["metadata"].get(KIND) not in (ANSWER, NOTE) or _name(one):
            break
        if one["metadata"][KIND] == ANSWER:
            parts.append(_shown(one))
            sources.append(one["source"])
    return Work("\n\n".join(sources), Markup("").join(parts), lines, notes)


@lru_cache(maxsize=8)
def _cells(path: Path, _written: int) -> list[dict[str, Any]]:
    return json.loads(path.read_text(encoding="utf-8"))["cells"]


def _shown(cell: dict[str, Any]) -> Markup:
    if cell["cell_type"] == "code":
        return highlighted(cell["source"])
    return Markup(prose(cell["source"], cell.get("attachments")))


def _rubric(source: str) -> tuple[tuple[Line, ...], Markup]:
    """The lines of a rubric's table that have points, and what stands around it."""
    found, around = [], []
    for text in source.splitlines():
        if row := ROW.match(text):
            words = " ".join(part.strip() for part in row["text"].split("|")).strip()
            shown = prose(words).strip().removeprefix("<p>").removesuffix("</p>")
            found.append(Line(Markup(shown), Fraction(row["points"].replace(",", "."))))
        elif not TABLE.match(text):
            around.append(text)
    return tuple(found), Markup(prose("\n".join(around[1:])))  # the first line says whose rubric it is


def _name(cell: dict[str, Any]) -> str:
    return cell["metadata"].get("nbgrader", {}).get("grade_id", "")


# --- pages -----------------------------------------------------------------------------------------------------------


def cells_to_mark(homework: Homework) -> dict[str, tuple[str, Fraction, bool]]:
    """cell -> its title, its points, and whether it is marked by hand from the start: theory, then exercises."""
    theory = {one.id: (one.title, one.manual_points, True) for one in homework.theory}
    return theory | {one.id: (one.title, one.points, False) for one in homework.exercises}


def homeworks_page(course: Course, book: Gradebook) -> dict[str, Any]:
    """The list of homeworks: what was handed in and what is left to mark."""
    rows = []
    for homework in course.given:
        found = submissions(book, homework.id)
        cells = cells_to_mark(homework)
        own = [one.cells[name] for one in found.values() for name in cells if name in one.cells]
        rows.append(
            {
                "id": homework.id,
                "title": homework.title,
                "due": homework.deadline.due.strftime("%a %d %b %Y, %H:%M") if homework.deadline else "no deadline",
                "count": len(found),
                "unmarked": sum(cell.unmarked for cell in own),
                "changed": sum(cell.changed for cell in own),
                "first": next(iter(cells), ""),
            }
        )
    return {"course": course.title, "homeworks": rows}


def class_page(homework: Homework, book: Gradebook, folder: Path, records: Path) -> dict[str, Any]:
    """One homework: its problems, with what is left of each, its students, and who handed in what nobody can grade."""
    found = submissions(book, homework.id)
    problems = []
    for name, (title, most, by_hand) in cells_to_mark(homework).items():
        own = [one.cells[name] for one in found.values() if name in one.cells]
        marked = sum(cell.manual is not None for cell in own)
        counts = {"marked": marked, "unmarked": sum(c.unmarked for c in own), "changed": sum(c.changed for c in own)}
        problems.append({"id": name, "title": title, "max": format_points(most), "by_hand": by_hand, **counts})
    students = [
        {
            "student": one.student,
            "id": one.id,
            "flagged": one.flagged,
            "there": autograded_path(folder, homework.id, one.student).exists(),
            "score": _points(sum(cell.score for cell in one.cells.values())),
            "unmarked": sum(cell.unmarked for cell in one.cells.values()),
            "changed": [cell.name for cell in one.cells.values() if cell.changed],
        }
        for one in found.values()
    ]
    others = sorted({one.id for one in book.students} - set(found))
    broken = [(student, why) for student in others if (why := _broken(records, homework, student))]
    return {"homework": homework, "problems": problems, "students": students, "broken": broken}


def _broken(records: Path, homework: Homework, student: str) -> str:
    """Why what a student handed in could not be graded; "" where it could, or there is nothing."""
    try:
        record = read_record(records, homework.id, student)
    except RecordError:
        return "its record is damaged; run make grade"
    return printable(record["reason"]) if record and record["state"] != GRADED else ""


def problem_page(
    homework: Homework, cell: str, book: Gradebook, autograded: Path, marked: Path, anonymous: bool, only_changed: bool
) -> dict[str, Any]:
    """One problem or exercise of everybody. Raises KeyError for one that is not there."""
    title, most, by_hand = cells_to_mark(homework)[cell]
    found = [one for one in submissions(book, homework.id).values() if cell in one.cells]
    if anonymous:
        found.sort(key=lambda one: hashlib.sha256(f"{cell} {one.student}".encode()).hexdigest())
    cards: list[dict[str, Any]] = []
    lines: tuple[Line, ...] = ()
    notes = Markup()
    for number, one in enumerate(found, start=1):
        own = one.cells[cell]
        if only_changed and not own.changed:
            continue
        work = work_of(autograded, homework.id, one.student, cell)
        lines, notes = (work.lines or lines), (work.notes or notes)
        kept = read_marked(marked, homework.id, one.student).get(cell)
        cards.append(
            {
                "number": number,
                "student": "" if anonymous else one.student,
                "notebook": "" if anonymous else one.id,
                "cell": own,
                "points": _points(own.manual),
                "auto": _points(own.auto),
                "html": work.html,
                "given": kept["lines"] if kept else [],
                "comment": Markup(prose(own.comment)) if own.comment else "",
                "before": _before(kept, own, work) if own.changed else None,
            }
        )
    said = Counter(one.cells[cell].comment.strip() for one in found)
    names = list(cells_to_mark(homework))
    at = names.index(cell)
    return {
        "homework": homework,
        "cell": cell,
        "title": title,
        "max": format_points(most),
        "by_hand": by_hand,
        "lines": [{"html": line.html, "points": format_points(line.points)} for line in lines],
        "notes": notes,
        "cards": cards,
        "bank": [text for text, _ in said.most_common() if text][:MOST_IN_BANK],
        "anonymous": anonymous,
        "only_changed": only_changed,
        "previous": names[at - 1] if at else "",
        "following": names[at + 1] if at + 1 < len(names) else "",
    }


def _before(kept: Snapshot | None, own: Cell, work: Work) -> dict[str, Any]:
    """What was marked, beside which the answer of today stands."""
    if kept is None:
        return {"known": False}
    shown = Markup(prose(kept["answer"])) if own.auto is None else highlighted(kept["answer"])
    return {
        "known": True,
        "when": kept["when"][:16].replace("T", " ") + " UTC",
        "auto": _points(kept["automatic"]),
        "html": shown,
        "same": kept["answer"].split() == work.source.split(),
        "difference": difference(kept["answer"], work.source),
    }


def difference(before: str, now: str) -> Markup:
    """Both texts as one, word by word: what went and what came."""
    old, new = (re.findall(r"\s+|[^\s]+", text[:LONGEST_DIFFERENCE]) for text in (before, now))
    parts: list[Markup] = []
    for what, a, b, c, d in SequenceMatcher(None, old, new).get_opcodes():
        if what == "equal":
            parts.append(escape("".join(old[a:b])))
            continue
        if a < b:
            parts.append(Markup("<del>{}</del>").format("".join(old[a:b])))
        if c < d:
            parts.append(Markup("<ins>{}</ins>").format("".join(new[c:d])))
    return Markup("").join(parts)


def _points(score: float | None) -> str:
    return "" if score is None else format_points(exact(round(score, 4)))
