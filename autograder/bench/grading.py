"""The graders side by side, on the light homework and on homework 1; and what our own overhead is made of."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path
from typing import Any

from autograder.bench import light, measure, peers
from autograder.bench.light import KINDS
from autograder.bench.measure import Usage
from autograder.bench.places import BUILD, LOGS, Sizes, environment
from autograder.checks.hw1.stories import half_done
from autograder.course import ROOT, load_course
from autograder.desk import demo

HEAVY = "hw1"

Document = dict[str, Any]


def ours(course: Path, submissions: Path, output: Path, log: str, *options: str) -> Usage:
    """`python -m autograder grade` as a TA runs it, on a class that was never graded. `course` is a folder with it."""
    shutil.rmtree(output, ignore_errors=True)
    command: list[str | Path] = [sys.executable, "-m", "autograder", "grade", *options]
    command += ["--submissions", submissions, "--output", output]
    return measure.run(command, LOGS / f"{log}.txt", cwd=course, env=environment(course))


def totals(output: Path) -> dict[str, str]:
    """student -> points, from the records of a run."""
    records = [json.loads(path.read_text()) for path in sorted(output.glob("records/*/*.json"))]
    return {record["student"]: record["total"] for record in records}


def light_class(sizes: Sizes) -> dict[str, Any]:
    """The light homework: one command of ours and of nbgrader for the class, one of otter for each submission."""
    course = BUILD / "light"
    light.write_course(course)
    light.write_class(course / "submissions", sizes.light)
    used = ours(course, course / "submissions", course / "graded", "ours-light", "--jobs", "1")
    require(totals(course / "graded"), {"perfect": "13", "half": "6", "empty": "0"}, sizes.light)
    kinds = [number % len(KINDS) for number in range(sizes.light)]
    theirs = {light.student(n): light.notebook(light.SOLVED[KINDS[kind]]) for n, kind in enumerate(kinds)}
    solved = light.notebook(len(light.EXERCISES), markers=True)
    nbgrader = peers.nbgrader(light.HOMEWORK, solved, theirs)
    few = dict(list(theirs.items())[: max(len(KINDS), sizes.light // 10)])  # each is a command of its own: no start-up
    plain = {student: without_tests(document) for student, document in few.items()}
    tests = {exercise.id: light.otter_test(exercise) for exercise in light.EXERCISES}
    otter = peers.otter(light.HOMEWORK, tests, plain)
    return {
        "ours": row([used], sizes.light),
        "nbgrader": row([nbgrader], sizes.light),
        "otter": row(otter, len(otter)),
        "overhead": overhead(course, light.HOMEWORK),
    }


def heavy_class(sizes: Sizes) -> dict[str, Any]:
    """Homework 1, whose notebook trains several models. Ours grades more copies than the peers, who train them all."""
    homework = load_course().homework(HEAVY)
    folder = BUILD / HEAVY
    documents = heavy_submissions(folder / "submissions", sizes.heavy_ours)
    used = ours(ROOT, folder / "submissions", folder / "graded", "ours-hw1", "--hw", HEAVY, "--jobs", "1")
    theirs = {light.student(number): documents[KINDS[number % len(KINDS)]] for number in range(sizes.heavy)}
    solved = json.loads((ROOT / "solutions" / HEAVY / f"{HEAVY}.ipynb").read_text(encoding="utf-8"))
    nbgrader = peers.nbgrader(HEAVY, solved, theirs)
    tests = {e.id: light.as_otter_test(e.id, float(e.points), [f'>>> check("{e.id}")']) for e in homework.exercises}
    otter = peers.otter(HEAVY, tests, {student: without_tests(document) for student, document in theirs.items()})
    return {
        "ours": row([used], sizes.heavy_ours),
        "nbgrader": row([nbgrader], sizes.heavy),
        "otter": row(otter, sizes.heavy),
        "points": {student.partition("-")[0]: points for student, points in totals(folder / "graded").items()},
        "overhead": overhead(ROOT, HEAVY, folder / "submissions"),
    }


def heavy_submissions(folder: Path, size: int) -> dict[str, Document]:
    """Copies of the perfect, the half-done and the empty submission of homework 1 in turn; returns one of each."""
    homework = load_course().homework(HEAVY)
    make = {"perfect": demo.solved, "half": half_done, "empty": demo.released}
    documents = {kind: make[kind](homework) for kind in KINDS}
    shutil.rmtree(folder, ignore_errors=True)
    for number in range(size):
        light.write(folder, light.student(number), HEAVY, documents[KINDS[number % len(KINDS)]])
    return documents


def without_tests(document: Document) -> Document:
    """The notebook without its check cells, for otter, which brings its tests along."""

    def is_test(cell: Document) -> bool:
        return bool(cell["metadata"].get("nbgrader", {}).get("grade")) and cell["cell_type"] == "code"

    return document | {"cells": [cell for cell in document["cells"] if not is_test(cell)]}


def row(used: list[Usage], submissions: int) -> dict[str, float]:
    """Per submission: CPU and wall seconds; and the highest memory seen, in MiB."""
    return {
        "submissions": submissions,
        "cpu": sum(one.cpu for one in used) / submissions,
        "wall": sum(one.wall for one in used) / submissions,
        "memory": max(one.memory for one in used),
    }


def overhead(course: Path, homework: str, submissions: Path | None = None) -> dict[str, dict[str, float]]:
    """See `overhead.py`; on at most four submissions of a kind of the light homework, one of the heavy."""
    folder = BUILD / f"overhead-{homework}"
    shutil.rmtree(folder, ignore_errors=True)
    copies = 1 if submissions else 4
    for path in sorted((submissions or course / "submissions").glob(f"*/{homework}/*.ipynb")):
        kind, _, number = path.parent.parent.name.partition("-")
        if int(number) < copies * len(KINDS):
            light.write(folder, f"{kind}-{number}", homework, json.loads(path.read_text(encoding="utf-8")))
    # The grader is that of `course`; the instruments are this package, by its own name beside it.
    instruments = course / "autograder" / "bench"
    if course != ROOT:
        shutil.copytree(ROOT / "autograder" / "bench", instruments, ignore=shutil.ignore_patterns("__pycache__"))
    command: list[str | Path] = [sys.executable, "-m", "autograder.bench.overhead", folder, homework]
    log = LOGS / f"overhead-{homework}.json"
    measure.run(command, log, cwd=course, env=environment(course), sample=False)
    return json.loads(log.read_text())


def require(points: dict[str, str], wanted: dict[str, str], number: int) -> None:
    """A benchmark of wrong grades is worth nothing. Raises CommandFailedError."""
    wrong = [student for student, got in points.items() if got != wanted[student.partition("-")[0]]]
    if wrong or len(points) != number:
        raise measure.CommandFailedError(f"{len(points)} of {number} graded, wrongly: {', '.join(wrong) or 'none'}")
