"""A small course, a judge that can be killed, and a guest that costs nothing: what whole-class attacks play on.

The course is homework 1 with a few cheap exercises; records, gradebook, pages and the pool of workers are real.
`Answering` stands in for the sandbox where not the guest but the judge is under attack: it answers every probe with
the reference, and runs no student code at all.
"""

from __future__ import annotations

import contextlib
import json
import os
import sqlite3
from collections.abc import Iterator
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from dataclasses import replace
from fractions import Fraction
from multiprocessing import get_context
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest import mock

import torch

from autograder import checking, provenance, records
from autograder.attacks.attack import HOMEWORK, course, reduced
from autograder.course import Course, format_points
from autograder.desk import demo
from autograder.desk import whole_class as desk
from autograder.judging import batch, grading
from autograder.marks.gradebook import Book, sqlite_url
from autograder.sandbox import kernel

EXERCISES = ("f_divergence", "beta_bernoulli")
RIGHT_TOTAL = format_points(sum((course().homework(HOMEWORK).exercise(name).points for name in EXERCISES), Fraction(0)))
WRONG_TOTAL = "0"


@contextlib.contextmanager
def small_course(
    exercises: tuple[str, ...] = EXERCISES, sandbox: Any = None, limits: dict[str, Any] | None = None
) -> Iterator[Course]:
    """Let the desk of this process, and of those it forks, know only these exercises. `sandbox` replaces its own."""
    torch.set_num_threads(1)  # a fork of a process that computes in several waits for threads which it does not have
    material = reduced(grading.load_material(HOMEWORK), exercises, limits)
    small = replace(course(), homeworks=(material.homework,))
    fingerprints_then = provenance.fingerprints(
        material.homework
    )  # once: files that change meanwhile are another matter
    material = replace(material, fingerprints=fingerprints_then)
    with contextlib.ExitStack() as stack:
        patch = mock.patch.object
        stack.enter_context(patch(grading, "load_material", lambda homework: material))
        stack.enter_context(patch(provenance, "fingerprints", lambda homework: dict(fingerprints_then)))
        stack.enter_context(mock.patch("autograder.course.load_course", lambda: small))
        if sandbox is not None:
            stack.enter_context(patch(batch, "open_sandbox", lambda isolation: sandbox))
        yield small


class Inline(Executor):
    """Does the work when it is handed over, in this process."""

    def submit(self, function: Any, /, *args: Any, **kwargs: Any) -> Future:
        future: Future = Future()
        try:
            future.set_result(function(*args, **kwargs))
        except Exception as error:
            future.set_exception(error)
        return future


def forked(workers: int) -> ProcessPoolExecutor:
    """Workers that know the small course, as they are forked from who made it, and that end with it.

    A process that ends by `os._exit`, as `in_child` does, may not have told its workers that there is nothing more;
    they would wait for ever, as each of them holds both ends of the pipe.
    """
    return ProcessPoolExecutor(workers, mp_context=get_context("fork"), initializer=kernel.die_with_parent)


class Answering:
    """Takes the place of a Sandbox: every probe is answered by the reference, or not at all for a stub."""

    isolation = "none"

    def __init__(self) -> None:
        self.reference = checking.reference_namespace(course().homework(HOMEWORK))

    def describe(self) -> dict[str, Any]:
        return {"isolation": self.isolation}

    @contextlib.contextmanager
    def guest(self) -> Iterator[Answering]:
        yield self

    @contextlib.contextmanager
    def session(self, parts: Any, limits: checking.Limits, watch: Any = ()) -> Iterator[_Answers]:
        yield _Answers(self.reference)


class _Answers:
    usage = {"cpu": 0.0, "left": 0}
    manners: frozenset[tuple[str, str]] = frozenset()

    def __init__(self, reference: SimpleNamespace) -> None:
        self.reference = reference

    def call(self, probes: str, name: str, args: tuple, kwargs: dict) -> Any:
        space: dict[str, Any] = {"torch": torch, "nn": torch.nn, "F": torch.nn.functional, "math": __import__("math")}
        exec(probes, space)
        return checking.plain(space[name](self.reference, *args, **kwargs))


def hand_in(folder: Path, count: int) -> dict[str, str]:
    """`count` students, every second one with nothing written: student -> points deserved."""
    homework = course().homework(HOMEWORK)
    files = {RIGHT_TOTAL: json.dumps(demo.solved(homework)), WRONG_TOTAL: json.dumps(demo.released(homework))}
    deserved = {f"s{number:02d}": (RIGHT_TOTAL, WRONG_TOTAL)[number % 2] for number in range(count)}
    for student, total in deserved.items():
        put(folder, student, files[total])
    return deserved


def put(folder: Path, student: str, text: str) -> Path:
    path = folder / "submissions" / student / HOMEWORK / f"{HOMEWORK}.ipynb"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8", errors="surrogatepass")
    return path


def grade(folder: Path, small: Course, isolation: str = "none", jobs: int = 1, pool: Any = None) -> desk.Summary:
    """What `make grade` does, in a folder."""
    places = desk.Places(folder, folder / "submissions")
    orders = desk.Orders(isolation, jobs, make_pool=pool or (lambda workers: Inline()))
    return desk.grade_class(small, small.given, places, orders)


def written(folder: Path) -> dict[str, records.Record]:
    """student -> record, of the records that are there."""
    return {path.stem: json.loads(path.read_text()) for path in sorted((folder / "records").rglob("[!.]*.json"))}


def complaints(folder: Path, small: Course, deserved: dict[str, str]) -> list[str]:
    """What is not as it should be in records and gradebook after a whole run."""
    found = []
    kept = written(folder)
    if kept.keys() != deserved.keys():
        found.append(f"records of {sorted(kept)} instead of {sorted(deserved)}")
    for record in records.all_records(folder / "records", HOMEWORK):
        wanted = deserved.get(record["student"])
        if record["total"] != wanted:
            found.append(f"{record['student']} has {record['total']} instead of {wanted}: {record['reason']}")
    return found + gradebook_complaints(folder / "gradebook.db", small, deserved)


def gradebook_complaints(path: Path, small: Course, deserved: dict[str, str]) -> list[str]:
    found = []
    with contextlib.closing(sqlite3.connect(path)) as book:
        if (state := book.execute("PRAGMA integrity_check").fetchone()[0]) != "ok":
            found.append(f"the gradebook is not whole: {state}")
        homework = small.homework(HOMEWORK)
        cells = len(homework.exercises) + len(homework.theory)
        rows = book.execute("SELECT count(*), count(DISTINCT notebook_id || cell_id) FROM grade").fetchone()
        if rows != (cells * len(deserved), cells * len(deserved)):
            found.append(f"the gradebook has {rows} rows and different rows of {cells * len(deserved)} grades")
    with Book(sqlite_url(path), small) as book:
        scores = book.scores(homework)
    for student, total in deserved.items():
        got = sum((scores.get(student, {})[e.id].auto or 0) for e in homework.exercises) if student in scores else None
        if got != records.points(total):
            found.append(f"{student} has {got} in the gradebook instead of {total}")
    return found


def in_child(work: Any) -> int:
    """Start `work()` in a process that leads a group of its own; returns its number. Its exit code says how it went."""
    child = os.fork()
    if child:
        return child
    code = 70
    try:
        os.setsid()
        null = os.open(os.devnull, os.O_RDWR)
        for standard in (1, 2):
            os.dup2(null, standard)
        code = work() or 0
    except BaseException:
        import traceback

        if where := os.environ.get("ATTACK_LOG"):
            with open(where, "a") as file:
                traceback.print_exc(file=file)
    finally:
        os._exit(code)
