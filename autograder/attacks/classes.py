"""A, D and E with a whole class: names, links, files beside the notebook, a gradebook that was tampered with."""

from __future__ import annotations

import csv
import os
import sqlite3
import tempfile
from contextlib import closing
from pathlib import Path

from autograder.attacks import stages
from autograder.attacks.attack import HOMEWORK, Verdict
from autograder.course import Course

FORMULA, COMMA, TAG = "=HYPERLINK(1)", "a,b;c", "<b onmouseover=x>"


def run() -> list[Verdict]:
    """Grade a class of such folders, then tamper with its gradebook. One verdict per attack."""
    with tempfile.TemporaryDirectory(prefix="class-") as name, stages.small_course(sandbox=stages.Answering()) as small:
        folder = Path(name)
        _write_class(folder)
        summary = stages.grade(folder, small)
        reasons: dict[str, str] = {}
        for result in summary.results:
            if not result.graded:
                reasons.setdefault(result.submission.student, result.problem)
        graded = [result.record for result in summary.results if result.graded and result.record]
        totals = {record["student"]: record["total"] for record in graded}
        return [
            _verdict(
                "honest neighbour", "E", "an ordinary student in that class", stages.RIGHT_TOTAL, totals.get("honest")
            ),
            _refused("link out", "E", "a link to another student's notebook", "link", reasons.get("linker")),
            _refused("linked folder", "E", "the folder itself is a link", "link", reasons.get("shadow")),
            _refused("named pipe", "C", "a pipe that nobody writes to", "not an ordinary file", reasons.get("piper")),
            _refused("device", "D", "a link to /dev/zero", "link", reasons.get("zero")),
            _refused("renamed", "F", "hw1 (1).ipynb", "rename", reasons.get("renamer")),
            _refused("archive", "D", "a zip archive under the notebook's name", "zip archive", reasons.get("zipper")),
            _refused("same name", "E", "two ids that differ only in case", "differ only", reasons.get("Twin")),
            _refused(
                "escapes in a name", "E", "a name that turns the line around", "control", reasons.get("evil\u202ename")
            ),
            _verdict(
                "files beside",
                "A",
                "torch.py, conftest.py, results, a date, pickles beside it",
                stages.RIGHT_TOTAL,
                totals.get("shadower"),
            ),
            _spreadsheet(folder, totals),
            _page(folder),
            _trigger(folder, small),
        ]


def _write_class(folder: Path) -> None:
    solved = (stages.hand_in(folder, 1), (folder / "submissions/s00" / HOMEWORK / "hw1.ipynb").read_text())[1]
    for student in ("honest", "Twin", "twin", "shadower", "evil\u202ename", FORMULA, COMMA, TAG):
        stages.put(folder, student, solved)
    for name in (
        "torch.py",
        "conftest.py",
        "results.json",
        "sitecustomize.py",
        "timestamp.txt",
        "model.pt",
        ".OTTER_LOG",
    ):
        stages.put(folder, "shadower", solved).with_name(name).write_text("raise SystemExit(0)")
    target = folder / "submissions" / "honest" / HOMEWORK / "hw1.ipynb"
    for student, make in (
        ("linker", lambda path: path.symlink_to(target)),
        ("piper", os.mkfifo),
        ("zero", lambda path: path.symlink_to("/dev/zero")),
        ("renamer", lambda path: path.with_name("hw1 (1).ipynb").write_text(solved)),
        ("zipper", lambda path: path.write_bytes(b"PK\x03\x04" + bytes(99))),
    ):
        path = folder / "submissions" / student / HOMEWORK / "hw1.ipynb"
        path.parent.mkdir(parents=True)
        make(path)
    (folder / "submissions" / "shadow").symlink_to(target.parent.parent)


def _verdict(name: str, threat: str, story: str, expected: str, got: str | None, *problems: str) -> Verdict:
    wrong = problems or (() if got == expected else (f"{got} instead of {expected}",))
    return Verdict(name, threat, story, expected, str(got), tuple(wrong), 0.0)


def _refused(name: str, threat: str, story: str, word: str, reason: str | None) -> Verdict:
    problems = () if reason and word in reason else (f"the reason is {reason!r}",)
    return Verdict(name, threat, story, f"refused: {word}", f"refused: {reason}" if reason else "graded", problems, 0.0)


def _spreadsheet(folder: Path, totals: dict[str, str | None]) -> Verdict:
    """No cell of grades.csv may be a formula, and a comma in a name must not shift a column."""
    with open(folder / "grades.csv", encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    live = [value for row in rows for value in row.values() if str(value).startswith(("=", "+", "@", "\t"))]
    problems = [f"live cells: {live}"] if live else []
    if sum(row["student"] == COMMA for row in rows) != 1 or any(None in row for row in rows):
        problems.append("a comma in a name shifts the columns")
    if {totals.get(FORMULA), totals.get(COMMA)} != {stages.RIGHT_TOTAL}:
        problems.append("an odd name costs points")
    return _verdict(
        "spreadsheet formula", "E", "=HYPERLINK and commas as names", "plain cells", "plain cells", *problems
    )


def _page(folder: Path) -> Verdict:
    pages = list((folder / "feedback").rglob("*.html"))
    live = [str(page) for page in pages if "<b onmouseover" in page.read_text(encoding="utf-8")]
    return _verdict("a tag as a name", "G", "HTML in the student's id", "escaped", "escaped", *live)


def _trigger(folder: Path, small: Course) -> Verdict:
    """A trigger that gives everybody 99 points is noticed, and no score is written through it."""
    with closing(sqlite3.connect(folder / "gradebook.db")) as book:
        book.execute("CREATE TRIGGER t AFTER UPDATE ON grade BEGIN UPDATE grade SET auto_score = 99; END")
        book.commit()
    broken = stages.grade(folder, small).broken
    with closing(sqlite3.connect(folder / "gradebook.db")) as book:
        (highest,) = book.execute("SELECT max(auto_score) FROM grade").fetchone()
    problems = [] if broken and "trigger" in broken[0] and highest < 1 else [f"said: {broken}; highest score {highest}"]
    return _verdict("trigger in the gradebook", "A", "+99 for everybody", "refused", "refused", *problems)
