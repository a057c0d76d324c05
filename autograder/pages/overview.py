"""What the staff look at when a homework or the course closes: which exercise was hard, and which check fails most.

A picture (`overview.png`: how points are spread in each homework, and how each exercise went) and a page
(`overview.html`, self-contained, with the picture on top) from records, gradebook and course grades. Names of students
appear only where somebody has to do something.
"""

from __future__ import annotations

import base64
import io
import statistics
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from textwrap import shorten
from typing import TYPE_CHECKING, Any

from autograder.course import Course, Homework, format_points
from autograder.marks.final import CourseGrade
from autograder.pages.rendering import template
from autograder.provenance import CHECKS
from autograder.records import GRADED, Record, points, printable, suspicions, write_atomically

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from autograder.marks.gradebook import CellScore

GREEN, AMBER, GREY = "#1a7f4b", "#e0a030", "#8a94a6"
BY_HAND = " (by hand)"
LONGEST_TITLE = 60  # characters of an exercise's title beside its bar
MOST_CHECKS = 15
MOST_MISTAKES = 4  # of the catalogue, beside a check that fails
# Who may need help: a share of the points that could be had, and a fall of it from one homework to the next.
LITTLE, FALL = Fraction(2, 5), Fraction(3, 10)
Scores = Mapping[str, Mapping[str, Mapping[str, "CellScore"]]]


@dataclass(frozen=True)
class Hardness:
    """How an exercise or theory problem went: shares of the class with all, some and no points, and the mean share."""

    id: str
    title: str
    full: float
    some: float
    none: float
    mean: float
    count: int


def write_overview(
    folder: Path,
    course: Course,
    records: Mapping[str, list[Record]],
    scores: Scores,
    grades: Iterable[CourseGrade],
) -> list[Path]:
    """Write `overview.png` and `overview.html`; `records` and `scores` are by homework. Returns the files."""
    grades = list(grades)
    picture = _picture(course, records, scores, grades)
    folder.mkdir(parents=True, exist_ok=True)
    part = folder / ".overview.png.part"
    part.write_bytes(picture)
    part.replace(folder / "overview.png")
    text = page(course, records, scores, grades, picture)
    write_atomically(folder / "overview.html", lambda file: file.write(text))
    return [folder / "overview.png", folder / "overview.html"]


def hardness(
    homework: Homework, records: Iterable[Record], scores: Mapping[str, Mapping[str, CellScore]]
) -> list[Hardness]:
    """Each exercise in the notebook's order, then each theory problem with its marks so far."""
    graded = [record for record in records if record["state"] == GRADED]
    found = []
    for exercise in homework.exercises:
        got = Counter(_points_of(record, exercise.id, scores) for record in graded)
        found.append(_hardness(exercise.id, exercise.title, got, exercise.points))
    for problem in homework.theory:
        cells = [own[problem.id] for own in scores.values() if problem.id in own]
        got = Counter(cell.counted for cell in cells if cell.manual is not None)
        found.append(_hardness(problem.id, problem.title + BY_HAND, got, problem.manual_points))
    return found


def failing(records: Iterable[Record]) -> list[dict[str, Any]]:
    """The checks that fail most among answers that were tried, with what they say most often."""
    seen: dict[str, dict[str, Any]] = {}
    for record in records:
        for check in record["checks"] if record["state"] == GRADED else ():
            entry = seen.setdefault(check["id"], {"id": check["id"], "title": check["title"], "states": [], "said": []})
            if check["state"] in ("missing", "not-attempted"):
                continue
            entry["states"].append(check["state"])
            if check["state"] not in ("passed", "blocked"):
                entry["said"].append(check["message"])
    rows = []
    for entry in seen.values():
        tried, lost = len(entry["states"]), len(entry["said"])
        if lost:
            says = max(sorted(set(entry["said"])), key=entry["said"].count)
            rows.append({**entry, "tried": tried, "lost": lost, "share": lost / tried, "says": says})
    return sorted(rows, key=lambda row: (-row["share"], -row["lost"], row["id"]))


def catalogued(homework: Homework) -> dict[str, list[str]]:
    """check id -> what the catalogues beside the hidden checks say goes wrong where it fails, a sentence each."""
    found: dict[str, list[str]] = {}
    for exercise in homework.exercises:
        path, check = CHECKS / homework.id / f"{exercise.id}.mistakes.md", ""
        for line in path.read_text(encoding="utf-8").splitlines() if path.exists() else ():
            if line.startswith("## "):
                check = f"{exercise.id}/{line.removeprefix('## ').strip()}"
            elif line.startswith("### ") and ":" in line:
                found.setdefault(check, []).append(line.partition(":")[2].strip())
    return found


def needing_help(course: Course, grades: Iterable[CourseGrade]) -> list[tuple[str, str]]:
    """(student, why) of those who may need somebody: little so far, a fall, or nothing handed in where most have."""
    grades, found = list(grades), []
    expected = {
        homework.id
        for homework in course.given
        if 2 * sum(homework.id in g.homeworks and g.homeworks[homework.id].handed_in for g in grades) > len(grades)
    }
    for grade in grades:
        # What is still open, theory that waits to be marked for instance, says nothing about a student.
        done = [
            (homework.id, score.points / homework.points)
            for homework in course.given
            if (score := grade.homeworks.get(homework.id)) and score.handed_in and not score.open
        ]
        missing = sorted(name for name in expected if not (score := grade.homeworks.get(name)) or not score.handed_in)
        why = [f"nothing handed in for {', '.join(missing)}"] if missing else []
        if done and sum((share for _, share in done), Fraction(0)) / len(done) < LITTLE:
            why.append(f"{_percent(sum((share for _, share in done), Fraction(0)) / len(done))} of the points so far")
        for (one, before), (other, now) in zip(done, done[1:], strict=False):
            if before - now > FALL:
                why.append(f"{_percent(before)} in {one}, {_percent(now)} in {other}")
        if why:
            found.append((grade.student, "; ".join(why)))
    return found


def _percent(share: Fraction) -> str:
    return f"{float(100 * share):.0f} %"


def page(
    course: Course, records: Mapping[str, list[Record]], scores: Scores, grades: list[CourseGrade], picture: bytes
) -> str:
    """The overview as HTML."""
    return template("overview.html.j2").render(
        course=course.title,
        picture=base64.b64encode(picture).decode("ascii"),
        homeworks=[
            _homework(course.homework(name), own, scores.get(name, {}), grades) for name, own in records.items() if own
        ],
        grades=_grades(course, grades),
        help=[(printable(student), why) for student, why in needing_help(course, grades)],
    )


def _homework(
    homework: Homework,
    records: list[Record],
    scores: Mapping[str, Mapping[str, CellScore]],
    grades: Iterable[CourseGrade],
) -> dict[str, Any]:
    graded = [record for record in records if record["state"] == GRADED]
    seconds = sorted(record["seconds"] for record in graded)
    rows = [
        {"title": item.title, "count": item.count, "mean": f"{100 * item.mean:.0f}"}
        | {name: f"{100 * getattr(item, name):.1f}" for name in ("full", "some", "none")}
        for item in hardness(homework, records, scores)
    ]
    known = catalogued(homework)
    late = [score.penalty for grade in grades if (score := grade.homeworks.get(homework.id)) and score.penalty]
    checks = [
        {"mistakes": known.get(row["id"], [])[:MOST_MISTAKES]}
        | {"title": printable(row["title"]), "id": row["id"], "lost": row["lost"], "tried": row["tried"]}
        | {"percent": f"{100 * row['share']:.0f}", "says": printable(row["says"])[:300]}
        for row in failing(records)[:MOST_CHECKS]
    ]
    slowest = sorted(graded, key=lambda record: -record["seconds"])[:5]
    return {
        "title": f"{homework.id}: {homework.title}",
        "count": len(records),
        "graded": len(graded),
        "mean": f"{statistics.fmean(float(points(r['total'])) for r in graded):.2f}" if graded else "–",
        "max": format_points(homework.automatic_points),
        "median_seconds": f"{statistics.median(seconds):.1f}" if seconds else "–",
        "total_minutes": f"{sum(seconds) / 60:.1f}",
        "slowest": [(printable(record["student"]), f"{record['seconds']:.1f}") for record in slowest],
        "exercises": sorted(rows, key=lambda row: (not row["count"], float(row["mean"]))),
        "late": len(late),
        "lost_by_lateness": format_points(sum(late, Fraction(0))),
        "checks": checks,
        "suspicions": [(printable(record["student"]), line) for record in records for line in suspicions(record)],
        "problems": [(printable(r["student"]), printable(r["reason"])) for r in records if r["state"] != GRADED],
        "unmarked": sum(
            any(p.id not in own or own[p.id].manual is None for p in homework.theory) for own in scores.values()
        ),
        "isolations": sorted({str(record["provenance"].get("isolation")) for record in graded}),
    }


def _grades(course: Course, grades: list[CourseGrade]) -> dict[str, Any]:
    marks = [grade.mark for grade in grades]
    return {
        "count": len(grades),
        "provisional": sum(grade.provisional for grade in grades),
        "mean": f"{statistics.fmean(float(grade.points) for grade in grades):.2f}" if grades else "–",
        "total": format_points(course.total_points),
        "marks": [(mark, marks.count(mark)) for mark in range(course.rule.highest_mark + 1) if mark in marks],
        "alarms": [(printable(grade.student), alarm) for grade in grades for alarm in map(printable, grade.alarms)],
    }


def _points_of(record: Record, exercise: str, scores: Mapping[str, Mapping[str, CellScore]]) -> Fraction:
    cell = scores.get(record["student"], {}).get(exercise)
    if cell is not None and cell.manual is not None:
        return cell.counted
    return next((points(entry["points"]) for entry in record["exercises"] if entry["id"] == exercise), Fraction(0))


def _short(title: str) -> str:
    """A title of a length that fits beside its bar, with what tells a problem's formula from what is marked by hand."""
    ending = next((ending for ending in (": the formula", BY_HAND) if title.endswith(ending)), "")
    return shorten(title.removesuffix(ending), LONGEST_TITLE - len(ending), placeholder=" …") + ending


def _hardness(name: str, title: str, got: Counter[Fraction], maximum: Fraction) -> Hardness:
    """`got` says how many have how many points."""
    count = got.total()
    full = sum(many for points, many in got.items() if points >= maximum)
    none = sum(many for points, many in got.items() if points <= 0)
    if not count:
        return Hardness(name, title, 0.0, 0.0, 0.0, 0.0, 0)
    mean = float(sum((points * many for points, many in got.items()), Fraction(0)) / count / maximum)
    return Hardness(name, title, full / count, (count - full - none) / count, none / count, mean, count)


def _picture(course: Course, records: Mapping[str, list[Record]], scores: Scores, grades: list[CourseGrade]) -> bytes:
    """How points are spread and how each exercise went, as a PNG file. The same data give the same bytes."""
    file, drawn = io.BytesIO(), figure(course, records, scores, grades)
    if layout := drawn.get_layout_engine():  # laid out here, it is drawn once: savefig would first draw it for nothing
        layout.execute(drawn)
        drawn.set_layout_engine("none")
    drawn.savefig(file, format="png", dpi=110, metadata={"Software": None})
    return file.getvalue()


def figure(course: Course, records: Mapping[str, list[Record]], scores: Scores, grades: list[CourseGrade]) -> Figure:
    """The picture: histograms of points, and a bar for each exercise of the homeworks that have records."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    from matplotlib.patches import Patch

    given = [(course.homework(name), own) for name, own in records.items() if own]
    found = [
        (homework, [item for item in hardness(homework, own, scores.get(homework.id, {})) if item.count])
        for homework, own in given
    ]
    columns = 1 if len(found) < 3 else 2
    tall = [0.7 + 0.24 * max(len(items), 3) for _, items in found]
    heights = [2.2, *(max(tall[at : at + columns]) for at in range(0, len(tall), columns))]
    drawn = Figure(figsize=(9.5 if columns == 1 else 15.0, sum(heights) + 0.8), layout="constrained", facecolor="white")
    FigureCanvasAgg(drawn)
    grid = drawn.add_gridspec(len(heights), columns, height_ratios=heights)
    top = drawn.add_subfigure(grid[0, :])
    parts = [drawn.add_subfigure(grid[1 + at // columns, at % columns]) for at in range(len(found))]
    exam = course.exam_points if any(grade.exam is not None for grade in grades) else Fraction(0)
    most = sum((homework.points for homework, _ in given), exam)  # of what has been given so far
    spread = [("all so far", [float(grade.points) for grade in grades], float(most) or 1.0)]
    for homework, _ in given:
        own = [score.points for g in grades if (score := g.homeworks.get(homework.id)) and score.handed_in]
        spread.append((homework.id, [float(points) for points in own], float(homework.points)))
    panels = top.subplots(1, len(spread), squeeze=False, width_ratios=[2, *[1] * len(given)])[0]
    for panel, (title, got, maximum) in zip(panels, spread, strict=True):
        panel.hist(got, bins=13, range=(0, maximum), color=GREEN, edgecolor="white")
        panel.set(xlim=(0, maximum), xlabel=f"points of {maximum:g}")
        panel.set_title(f"{title}: {len(got)}", loc="left", fontsize=9, parse_math=False)
        panel.yaxis.get_major_locator().set_params(integer=True)
        panel.tick_params(labelsize=8)
        panel.spines[["top", "right"]].set_visible(False)
    panels[0].set_ylabel("students")
    shares = (("full", GREEN, "all points"), ("some", AMBER, "some"), ("none", GREY, "none"))
    for part, (homework, items) in zip(parts, found, strict=True):
        axis = part.subplots()
        items = sorted(items, key=lambda item: item.mean, reverse=True)  # bars grow upwards: the hardest is on top
        left = [0.0] * len(items)
        for share, colour, _ in shares:
            widths = [100 * getattr(item, share) for item in items]
            axis.barh(range(len(items)), widths, left=left, color=colour, height=0.75)
            left = [a + b for a, b in zip(left, widths, strict=True)]
        axis.set_yticks(range(len(items)), [_short(item.title) for item in items], fontsize=8, parse_math=False)
        axis.set(xlim=(0, 100))
        axis.set_xlabel("% of the submissions", fontsize=8)
        axis.set_title(f"{homework.id}, the hardest on top", loc="left", fontsize=10, parse_math=False)
        axis.margins(y=0.01)
        axis.spines[["top", "right"]].set_visible(False)
    if found:  # outside of all axes, where no title is
        handles = [Patch(color=colour, label=label) for _, colour, label in shares]
        drawn.legend(handles=handles, loc="outside upper right", ncols=3, frameon=False, fontsize=9)
    return drawn
