"""A whole course: every student has handed in every homework. What a run costs that grades them, and one that need not.

The notebooks are as students receive them, so that next to nothing runs in the sandbox and what is left is the desk:
reading, records, gradebook, pages, grades. All three commands must grow as the class does, and no faster.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import Any

from autograder.bench import light, measure
from autograder.bench.grading import require, totals
from autograder.bench.measure import Usage
from autograder.bench.places import BUILD, LOGS, Sizes, environment
from autograder.course import ROOT, load_course
from autograder.desk import demo


def whole_course(sizes: Sizes) -> dict[str, Any]:
    """CPU and wall seconds of the first run, of a run in which nothing changed, and of the closing, by class size."""
    return {"homeworks": len(load_course().given), "line": [_measured(size) for size in sizes.course]}


def _measured(students: int) -> dict[str, Any]:
    folder = BUILD / "whole-course"
    shutil.rmtree(folder, ignore_errors=True)
    _hand_in(folder / "submissions", students)
    first, again = (_grade(folder, f"course-{students}-{name}") for name in ("first", "again"))
    require(totals(folder), {"empty": "0"}, students)
    final = _run(["final", "--output", folder], f"course-{students}-final")
    runs = {"first": first, "again": again, "final": final}
    return {"students": students, **{name: {"cpu": used.cpu, "wall": used.wall} for name, used in runs.items()}}


def _hand_in(folder: Path, students: int) -> None:
    for homework in load_course().given:
        document = demo.released(homework)
        for number in range(students):
            light.write(folder, f"empty-{number:05}", homework.id, document)


def _grade(folder: Path, log: str) -> Usage:
    return _run(["grade", "--submissions", folder / "submissions", "--output", folder], log)


def _run(arguments: list[str | Path], log: str) -> Usage:
    command: list[str | Path] = [sys.executable, "-m", "autograder", *arguments]
    return measure.run(command, LOGS / f"{log}.txt", cwd=ROOT, env=environment(ROOT))
