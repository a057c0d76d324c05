"""What a TA reads in the terminal: a progress bar, a table with one line per student, and what needs attention.

Names and messages come from outside: every one is shown as text, without markup, control characters or changes of
direction.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from fractions import Fraction

from rich import box
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from autograder.course import Course, Homework, format_points
from autograder.desk.whole_class import Result, Summary
from autograder.marks.final import CourseGrade
from autograder.marks.gradebook import Change
from autograder.marks.late import Late
from autograder.pages.terminal import safe
from autograder.records import Record, fell_in_a_check, first_of, points, printable, suspicions

FULL, PARTIAL, NONE, UNTRIED = "●", "◐", "○", "·"
STYLES = {FULL: "green", PARTIAL: "yellow", NONE: "red", UNTRIED: "dim"}
MOST_AS_BEFORE = 100  # rows of a homework's table in which nothing is new
NOTICED = "⚠"
MOST_FALLEN = 20  # checks that are listed, those in which most students fell first
UNTRIED_STATES = {"missing", "not-attempted"}


@contextmanager
def progress(out: Console) -> Iterator[Callable[[int, int, str], None]]:
    """A bar in a terminal, a line per submission elsewhere."""
    if not out.is_terminal:
        yield lambda done, total, name: out.print(safe(f"graded {done} of {total}: {name}"), soft_wrap=True)
        return
    columns = (
        TextColumn("grading"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.fields[name]}", markup=False),
    )
    with Progress(*columns, console=out, transient=True) as bar:
        job = bar.add_task("", total=None, name="starting")
        yield lambda done, total, name: bar.update(job, completed=done, total=total, name=printable(name))


def show_class(out: Console, course: Course, summary: Summary) -> None:
    """The tables of a run, what changed, and what could not be graded."""
    for homework in course.given:
        own = (result for result in summary.results if result.submission.homework == homework.id)
        if results := [(result, result.record) for result in own if result.record]:
            _show_homework(out, homework, results, summary)
    _show_changes(out, summary)
    unnamed = [result for result in summary.results if not result.graded]
    if unnamed:
        out.print()
        out.print(Text(f"Could not be graded ({len(unnamed)}), and got no automatic points:", style="bold"))
        for result in unnamed:
            where = "/".join(filter(None, (result.submission.student, result.submission.homework)))
            blame = " [the grader's fault]" if result.graders_fault else ""
            out.print(
                Text("  ").append(safe(where, "bold")).append(": ").append(safe(result.problem)).append(blame),
                soft_wrap=True,
            )
    _show_attempts(out, summary)
    _show_fallen_in_checks(out, summary)
    if summary.to_look_at:
        places = Counter(f"{homework} {cell}" for homework, cell in summary.to_look_at)
        many = len(summary.to_look_at)
        listed = ", ".join(f"{place} ({count})" for place, count in places.items())
        sentence = f"{many} mark{' needs' if many == 1 else 's need'} another look: the answer or its automatic score"
        out.print(f"{sentence} has changed; `make formgrader` shows both: {listed}.", soft_wrap=True)
    for result in summary.results:
        if result.submission.remark:
            out.print(
                Text("  ").append(safe(f"{result.submission.student}: {result.submission.remark}")), soft_wrap=True
            )
    for sentence in summary.warnings:
        out.print(Text("warning: ", style="yellow").append(safe(sentence)), soft_wrap=True)
    for sentence in summary.broken:
        out.print(Text("broken: ", style="bold red").append(safe(sentence)), soft_wrap=True)
    _show_costs(out, summary)


def show_grades(out: Console, course: Course, grades: list[CourseGrade]) -> None:
    """The course grades of everybody; provisional marks carry a star, and the reasons follow."""
    table = Table(box=box.SIMPLE_HEAD, title=Text(f"{course.title}: grades"), title_justify="left")
    table.add_column("student")
    for homework in course.homeworks:
        table.add_column(homework.id, justify="right")
    for name in ("exam", "points", "grade", "mark"):
        table.add_column(name, justify="right")
    for grade in grades:
        homeworks = [grade.homeworks.get(homework.id) for homework in course.homeworks]
        table.add_row(
            safe(grade.student),
            *("–" if score is None else format_points(score.points) for score in homeworks),
            "–" if grade.exam is None else format_points(grade.exam),
            format_points(grade.points),
            format_points(grade.grade),
            f"{grade.mark}{'*' if grade.provisional else ' '}",
        )
    out.print(table)
    reasons = _students_by((reason, grade.student) for grade in grades for reason in grade.reasons)
    if reasons:
        out.print(Text("* provisional:", style="bold"))
    for reason, students in reasons.items():
        whom = "everybody" if len(students) == len(grades) > 1 else ", ".join(students)
        out.print(Text("  ").append(safe(reason)).append(": ").append(safe(whom)), soft_wrap=True)
    remarks = _students_by((remark, grade.student) for grade in grades for remark in grade.remarks)
    for remark, students in remarks.items():
        said = f"{students[0]}: {remark}" if len(students) == 1 else f"{remark}: {', '.join(students)}"
        out.print(Text("  ").append(safe(said)), soft_wrap=True)


def _students_by(found: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    """What holds of somebody, with all of whom it holds, out of pairs of what and whom."""
    students: dict[str, list[str]] = {}
    for what, student in found:
        students.setdefault(what, []).append(student)
    return students


def _show_homework(out: Console, homework: Homework, results: list[tuple[Result, Record]], summary: Summary) -> None:
    table = Table(box=box.SIMPLE_HEAD, title=Text(f"{homework.id}: {homework.title}"), title_justify="left")
    table.add_column("student", overflow="fold")
    table.add_column("points", justify="right")
    table.add_column(f"of {format_points(homework.automatic_points)}", min_width=10)
    table.add_column("exercises", no_wrap=True, min_width=len(homework.exercises))
    table.add_column("checks", overflow="fold")
    table.add_column("s", justify="right")
    late = {student: found for (of, student), found in summary.late.items() if of == homework.id and found.days}
    if late:
        table.add_column("late")
    new = [(result, record) for result, record in results if not (result.kept and result.graded) or suspicions(record)]
    left_out = len(results) - len(new)
    for result, record in new if left_out > MOST_AS_BEFORE else results:
        who = safe(result.submission.student, "" if result.graded else "red")
        if suspicions(record):
            who.append(f" {NOTICED}", style="bold red")
        if not result.graded:
            table.add_row(who, "–", "", "", Text("could not be graded", style="red"), "", *_late(late, result))
            continue
        states = Counter(check["state"] for check in record["checks"])
        counts = ", ".join(f"{count} {state}" for state, count in states.most_common())
        took = "kept" if result.kept else f"{record['seconds']:.1f}"
        table.add_row(who, record["total"], _bar(record), _glyphs(record), Text(counts), took, *_late(late, result))
    for student in summary.absent.get(homework.id, ()):
        table.add_row(safe(student, "dim"), "–", "", "", Text("handed in nothing", style="dim"), "")
    out.print(table)
    if left_out > MOST_AS_BEFORE:
        out.print(f"  and {left_out:,} as they were before: grades.csv has all of them", soft_wrap=True)
    legend = Text("  exercises in the order of the notebook: ")
    for glyph, meaning in ((FULL, "all"), (PARTIAL, "some"), (NONE, "nothing"), (UNTRIED, "not attempted")):
        legend.append(glyph, style=STYLES[glyph]).append(f" {meaning}  ")
    if any(suspicions(record) for _, record in results):
        legend.append(NOTICED, style="bold red").append(" did what honest answers hardly ever do: see below")
    out.print(legend)


def _late(late: Mapping[str, Late], result: Result) -> list[str]:
    """The field of a table's column of days late and what they cost; none where nobody is late, and no such column."""
    found = late.get(result.submission.student)
    said = f"{found.days} d, -{format_points(found.penalty)}" if found else ""
    return [said] if late else []


def _bar(record: Record, width: int = 10) -> Text:
    share = points(record["total"]) / (points(record["max"]) or Fraction(1))
    filled = int(share * width)
    return Text("█" * filled, style="green").append("░" * (width - filled), style="dim")


def _glyphs(record: Record) -> Text:
    shown = Text()
    for exercise in record["exercises"]:
        states = {check["state"] for check in record["checks"] if check["exercise"] == exercise["id"]}
        got, most = points(exercise["points"]), points(exercise["max"])
        glyph = FULL if got == most else PARTIAL if got else UNTRIED if states <= UNTRIED_STATES else NONE
        shown.append(glyph, style=STYLES[glyph])
    return shown


def _show_attempts(out: Console, summary: Summary) -> None:
    """What submissions did that honest ones hardly ever do. For staff: whoever tries it learns nothing from it."""
    noticed = [(result, found) for result in summary.results if result.record and (found := suspicions(result.record))]
    if not noticed:
        return
    out.print()
    out.print(Text(f"Did what honest answers hardly ever do ({len(noticed)}); look at the notebook:", style="bold"))
    for result, found in noticed:
        where = f"{result.submission.student}/{result.submission.homework}"
        for line in found:
            out.print(Text("  ").append(safe(where, "bold")).append(": ").append(safe(line)), soft_wrap=True)


def _show_fallen_in_checks(out: Console, summary: Summary) -> None:
    """Checks whose own code raised while it used an answer: as a rule the answer's fault, and now and then ours."""
    fell = _students_by(
        (f"{result.submission.homework}/{check['id']}", result.submission.student)
        for result in summary.results
        for check in (result.record["checks"] if result.record else ())
        if fell_in_a_check(check)
    )
    if not fell:
        return
    out.print()
    out.print(
        Text("Fell in a check's own code, and not in a line of the student's;", style="bold"),
        "as a rule the answer is of another kind than the docstring says, but look at one whether it is the check:",
        soft_wrap=True,
    )
    for name, students in sorted(fell.items(), key=lambda item: (-len(item[1]), item[0]))[:MOST_FALLEN]:
        whom = safe(first_of(students, 3))
        out.print(Text("  ").append(safe(name, "bold")).append(": ").append(whom), soft_wrap=True)


def _show_changes(out: Console, summary: Summary) -> None:
    kept = sum(result.kept for result in summary.results)
    if kept:
        out.print(
            f"{kept} of {len(summary.results)} unchanged since last time: their results stand (FORCE=1 grades all)."
        )
    graded = [(result, result.old, result.record) for result in summary.results if not result.kept]
    again = [(result, old, new) for result, old, new in graded if old and new]
    if not again:
        return
    table = Table(box=box.SIMPLE_HEAD, title="graded again", title_justify="left")
    for name in ("student", "homework", "before", "now", "because of", "exercises that changed"):
        table.add_column(name, overflow="fold")
    changes: dict[tuple[str, str], list[Change]] = {}
    for change in summary.changes:
        changes.setdefault((change.student, change.homework), []).append(change)
    for result, old, new in again:
        key = (result.submission.student, result.submission.homework)
        listed = ", ".join(
            f"{c.cell} {'–' if c.old is None else format_points(c.old)}→{format_points(c.new)}"
            for c in changes.get(key, [])
        )
        before, now = (record["total"] or "–" for record in (old, new))
        table.add_row(
            safe(key[0]), key[1], before, now, ", ".join(result.why) or "what was handed in", Text(listed or "none")
        )
    out.print(table)


def _show_costs(out: Console, summary: Summary) -> None:
    fresh = sum(1 for result in summary.results if result.record and not result.kept and result.record["checks"])
    if not fresh:
        return
    parts = ", ".join(f"{part} {seconds / fresh:.2f}" for part, seconds in summary.cpu_seconds.items())
    out.print(f"{fresh} graded in {summary.wall_seconds:.0f} s; CPU seconds per submission: {parts}.")
