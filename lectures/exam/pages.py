"""Tickets, the examiner's key and exam.csv as files.

Formulas are drawn by the same KaTeX as in the lectures: a page of tickets is a page of the site that has no cells.
"""

from __future__ import annotations

import csv
import shutil
from collections.abc import Sequence
from pathlib import Path

from lectures import printing
from lectures.build import html
from lectures.environment import BUILD, NOTES, chromium
from lectures.exam.bank import Question
from lectures.exam.tickets import Ticket

EXAM = BUILD.parent / "exam"
# On paper every ticket begins a page, and the theme's table of contents is left out.
PAPER = """```{raw} html
<style>
.onlyprint { display: none !important; }
@media print { section > section { break-before: page; } section > section:first-of-type { break-before: auto; } }
</style>
```
"""
CSV_COLUMNS = ("ticket", "student", "points")  # `make final` reads the last two


def points(number: object) -> str:
    return f"{number} point{'' if number == 1 else 's'}"


def tickets_page(tickets: Sequence[Ticket], seed: int) -> str:
    """What students get: a page per ticket, in MyST."""
    parts = ["# Exam tickets\n", PAPER, f"*Seed {seed}, {len(tickets)} tickets.*\n"]
    for number, ticket in enumerate(tickets, start=1):
        total = sum(question.points for question in ticket)
        parts.append(f"## Ticket {number}\n\n*{points(total)}*\n")
        for place, question in enumerate(ticket, start=1):
            parts.append(f"**{place}. {question.title}** ({points(question.points)})\n\n{question.text}\n")
    return "\n".join(parts)


def key_page(tickets: Sequence[Ticket], seed: int) -> str:
    """What examiners get: which ticket asks what, and every question that was drawn, with its answer and rubric."""
    rows = ["| ticket | " + " | ".join(str(place) for place in range(1, len(tickets[0]) + 1)) + " |"]
    rows.append("|" + "---|" * (len(tickets[0]) + 1))
    rows += [f"| {n} | " + " | ".join(q.id for q in ticket) + " |" for n, ticket in enumerate(tickets, start=1)]
    parts = ["# Examiner's key\n", f"*Seed {seed}. Not for students.*\n", "\n".join(rows) + "\n"]
    drawn = sorted({question for ticket in tickets for question in ticket}, key=lambda q: q.id)
    return "\n".join([*parts, *(_keyed(question) for question in drawn)])


def _keyed(question: Question) -> str:
    rubric = "\n".join(f"| {what} | {worth} |" for what, worth in question.rubric)
    return (
        f"## {question.id}: {question.title}\n\n*{question.grade}, {points(question.points)}*\n\n{question.text}\n\n"
        f"**Answer.** {question.answer}\n\n| what earns points | points |\n|---|---|\n{rubric}\n"
    )


def write_csv(path: Path, count: int) -> bool:
    """A row per ticket, to fill in; whether it was written. One that is there already is somebody's work."""
    if path.exists():
        return False
    with path.open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file)
        table.writerow(CSV_COLUMNS)
        table.writerows((number, "", "") for number in range(1, count + 1))
    return True


def write(tickets: Sequence[Ticket], seed: int, folder: Path = EXAM) -> list[Path]:
    """All files of an exam into `folder`; those that were written. Raises MissingError when there is no chromium.

    Tickets and key are sites of their own: nothing of the key, not even its search index, lies beside the tickets.
    """
    written, jobs = [], {}
    for name, page in {"tickets": tickets_page(tickets, seed), "key": key_page(tickets, seed)}.items():
        source = folder / "source" / name
        shutil.rmtree(source, ignore_errors=True)
        source.mkdir(parents=True)
        (source / "index.md").write_text(page, encoding="utf-8")
        shutil.copy(NOTES / "references.bib", source)
        html(source, folder / name)
        written.append(folder / name / "index.html")
        jobs[folder / name / "index.html"] = folder / f"{name}.pdf"
    if write_csv(folder / "exam.csv", len(tickets)):
        written.append(folder / "exam.csv")
    printing.pdfs(jobs, chromium())
    return [*written, *jobs.values()]
