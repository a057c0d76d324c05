"""Grade one submission: from the bytes of a notebook, a homework and a seed to a record that JSON can hold.

A pure function but for time: once `load_material` has run nothing is read from disk or written to it, so it can run
in a process pool here or on machines far away (see `batch`). All points are exact fractions; the record holds their
decimals.

The submission is sliced per exercise, gets one guest, and each check a session of its own. Every check ends in one of
`checking.STATES`. A `grader-error` leaves the whole submission ungraded: what the grader broke costs nobody points.
"""

from __future__ import annotations

import atexit
import hashlib
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from fractions import Fraction
from functools import cache
from types import SimpleNamespace
from typing import Any

from autograder import checking, provenance
from autograder.checking import Check, Outcome
from autograder.course import Exercise, Homework, format_points, load_course
from autograder.judging.apart import Allowance, Apart, CostsTooMuchError
from autograder.judging.exercise import Judged, judge_exercise
from autograder.judging.pieces import Part, bound_early, standing_in
from autograder.notebooks import READY, Notebook, NotebookError, Slice, read_notebook, slice_exercise
from autograder.notebooks.matching import answers
from autograder.provenance import Fingerprints
from autograder.records import (
    GRADED,
    OF_GRADER,
    OF_SUBMISSION,
    CheckEntry,
    ExerciseEntry,
    Provenance,
    Record,
    TheoryEntry,
    blank,
    without_grade,
)

WALL_SECONDS = 600.0  # one submission at most, so that a batch ends
READING = Allowance()  # an honest notebook takes half a second and a few megabytes

# How a check may end because of the student's code as it ran: advice helps, and another exercise may be the cause.
RAN_AND_FELL = {
    checking.FAILED,
    checking.ERROR,
    checking.TIMEOUT,
    checking.MEMORY,
    checking.CRASHED,
    checking.NOT_ATTEMPTED,
}


@dataclass(frozen=True)
class Material:
    """What a homework is graded with: its checks by exercise, the reference, the notebook that students received."""

    homework: Homework
    checks: dict[str, tuple[Check, ...]]
    reference: SimpleNamespace
    released: Notebook
    fingerprints: Fingerprints
    pieces: dict[str, tuple[Part, ...]] = field(default_factory=dict)  # the reference's program of each needed exercise


@cache
def load_material(homework_id: str) -> Material:
    """All that grading a homework needs. Raises CourseError, CheckFileError, NotebookError, OSError, ImportError."""
    homework = load_course().homework(homework_id)
    released = read_notebook(provenance.released_notebook(homework).read_bytes())
    slice_exercise(released, homework.exercises[0], released)  # what is known of the release serves every reading
    return Material(
        homework=homework,
        checks={exercise.id: checking.load_checks(homework, exercise) for exercise in homework.exercises},
        reference=checking.reference_namespace(homework),
        released=released,
        fingerprints=provenance.fingerprints(homework),
        pieces=_pieces(homework, released),
    )


def _pieces(homework: Homework, released: Notebook) -> dict[str, tuple[Part, ...]]:
    """The programs of the exercises that others need, out of the solved notebook."""
    needed = {need for exercise in homework.exercises for need in exercise.needs}
    if not needed:
        return {}
    solved = read_notebook(provenance.solved_path(homework).read_bytes())
    return {e.id: slice_exercise(solved, e, released).parts for e in homework.exercises if e.id in needed}


def grade_submission(
    data: bytes,
    material: Material,
    seed: int,
    sandbox: Any,
    *,
    wall_seconds: float = WALL_SECONDS,
    now: Callable[[], float] = time.monotonic,
) -> Record:
    """Grade the bytes of a notebook in a started `Sandbox`; the record lacks only the student's name.

    A notebook that cannot be read gives an ungraded record with the sentence. Raises what a broken sandbox raises.
    """
    begin, cpu = now(), _Stopwatch()
    record = blank(material.homework, made_from(data, material.fingerprints, seed, sandbox))
    try:
        found, spent = _reader(material)(data)
    except CostsTooMuchError as error:
        sentence = f"the notebook cannot be read: Python {error}; ask for one without what no homework needs"
        return without_grade(record, sentence, OF_SUBMISSION)
    if "problem" in found:
        return without_grade(record, found["problem"], OF_SUBMISSION)
    slices = {
        name: Slice(state, tuple((label, source) for label, source in parts), said)
        for name, (state, parts, said) in found["slices"].items()
    }
    cpu.lap("read", beside=spent)

    judged = _judge(material, slices, found["bound"], seed, sandbox, lambda: wall_seconds - (now() - begin))
    outcomes = judged.outcomes
    cpu.lap("judge")
    record["checks"] = [
        _check_entry(check, outcomes[check.id], slices[check.exercise].state == READY)
        for check in _all(material.checks)
    ]
    record["exercises"] = [
        _exercise_entry(exercise, material.checks[exercise.id], outcomes, slices[exercise.id])
        for exercise in material.homework.exercises
    ]
    record["theory"] = found["theory"]
    record["suspicions"] = judged.noticed
    record["seconds"] = round(now() - begin, 3)
    record["cpu_seconds"] = {**cpu.laps, "guest": round(judged.guest_seconds, 3)}
    if broken := [check.id for check in _all(material.checks) if outcomes[check.id].state == checking.GRADER_ERROR]:
        return without_grade(record, f"the grader failed in {', '.join(broken)}; no points were lost", OF_GRADER)
    return record | {"state": GRADED, "total": format_points(_passed(_all(material.checks), outcomes))}


_readers: list[tuple[Material, Apart]] = []  # at most one: it serves as long as the same homework is graded


def _reader(material: Material) -> Apart:
    if not (_readers and _readers[0][0] is material):
        close_reader()
        _readers.append((material, Apart(lambda data: _read(data, material), READING)))
    return _readers[0][1]


@atexit.register
def close_reader() -> None:
    """End the process that reads notebooks, if there is one; the next submission starts another."""
    while _readers:
        _readers.pop()[1].close()


def _read(data: bytes, material: Material) -> dict[str, Any]:
    """All that grading takes from a notebook, as JSON holds it: in a process of its own, see `apart`."""
    try:
        notebook = read_notebook(data)
    except NotebookError as error:
        return {"problem": str(error)}
    homework = material.homework
    slices = {e.id: slice_exercise(notebook, e, material.released) for e in homework.exercises}
    return {
        "bound": {
            e.id: [need for need in e.needs if bound_early(slices[e.id].parts, homework.exercise(need).names)]
            for e in homework.exercises
        },
        "slices": {name: (sliced.state, sliced.parts, sliced.message) for name, sliced in slices.items()},
        "theory": _theory_entries(material, notebook),
    }


def made_from(data: bytes, decides: Fingerprints, seed: int, sandbox: Any) -> Provenance:
    """What a result was made from: `records.DECIDES`, what the sandbox says of itself, and when."""
    return {
        "submission": provenance.digest(data),
        **decides,
        "seed": seed,
        "isolation": sandbox.isolation,
        "sandbox": sandbox.describe(),
        "started": datetime.now(UTC).isoformat(timespec="seconds"),
    }


def _judge(
    material: Material,
    slices: dict[str, Slice],
    bound: dict[str, list[str]],
    seed: int,
    sandbox: Any,
    left: Callable[[], float],
) -> Judged:
    """Every check of the homework; `left` says how much time there still is.

    `bound` has for each exercise the needed ones whose piece its code fixes while it is loaded.
    """
    judged, right = Judged(), set[str]()
    with sandbox.guest() as guest:
        for exercise in material.homework.exercises:
            checks = material.checks[exercise.id]
            judged |= judge_exercise(checks, slices[exercise.id], guest, material.reference, seed, left)
            lacking = [need for need in exercise.needs if need not in right]
            fell = [c for c in checks if judged.outcomes[c.id].state in RAN_AND_FELL and c.id not in judged.unjudged]
            if lacking and fell and slices[exercise.id].state == READY:
                again = Judged()
                if all(material.pieces.get(need) and need not in bound[exercise.id] for need in lacking):
                    program = _with_pieces(material, slices[exercise.id], lacking)
                    again = judge_exercise(fell, program, guest, material.reference, seed, left)
                again.outcomes = {c.id: _judged_twice(judged.outcomes[c.id], again, c, lacking) for c in fell}
                judged |= again
            if all(judged.outcomes[check.id].state == checking.PASSED for check in checks):
                right.add(exercise.id)
    return judged


def _with_pieces(material: Material, sliced: Slice, lacking: list[str]) -> Slice:
    """An exercise's program with the course's pieces over those that are not right."""
    pieces = (standing_in(material.homework.exercise(need), material.pieces[need]) for need in lacking)
    return replace(sliced, parts=(*sliced.parts, *pieces))


def _judged_twice(first: Outcome, again: Judged, check: Check, lacking: list[str]) -> Outcome:
    """How a check ended that fell with the student's pieces and ran `again` with the course's.

    No text of the student's is taken from the second run, whose code could read the course's piece. Where there was no
    second run a TA decides what the exercise is worth.
    """
    pieces = ", ".join(lacking)
    second = again.outcomes.get(check.id)
    if second is None or check.id in again.unjudged:
        before = f"{first.state}: {first.message}\n{first.detail}".rstrip()
        return replace(first, state=checking.BLOCKED, message=f"blocked: needs {pieces}", detail=before)
    if second.state in (checking.PASSED, checking.GRADER_ERROR):
        return second
    return replace(second, message=f"{second.message} (with the course's {pieces} in place of yours, too)", detail="")


def _check_entry(check: Check, outcome: Outcome, ran: bool) -> CheckEntry:
    passed = outcome.state == checking.PASSED
    advise = ran and (outcome.state in RAN_AND_FELL or outcome.state == checking.BLOCKED)
    return {
        "id": check.id,
        "exercise": check.exercise,
        "title": check.title,
        "points": format_points(check.points if passed else Fraction(0)),
        "max": format_points(check.points),
        "state": outcome.state,
        "message": outcome.message,
        "hint": check.hint if advise else "",
        "detail": outcome.detail,
        "seconds": round(outcome.seconds, 3),
    }


def _exercise_entry(
    exercise: Exercise, checks: Iterable[Check], outcomes: dict[str, Outcome], sliced: Slice
) -> ExerciseEntry:
    blocked = any(outcomes[check.id].state == checking.BLOCKED for check in checks)
    return {
        "id": exercise.id,
        "title": exercise.title,
        "points": format_points(_passed(checks, outcomes)),
        "max": format_points(exercise.points),
        "blocked_by": list(exercise.needs) if blocked else [],
        "remark": sliced.message if sliced.state == READY else "",  # a broken cell nearby, perhaps
    }


def _theory_entries(material: Material, notebook: Notebook) -> list[TheoryEntry]:
    """Each theory problem: whether anything was written about it; a hash tells when an answer changed."""
    texts = answers(material.homework, material.released, notebook)
    return [
        {
            "id": problem.id,
            "title": problem.title,
            "max": format_points(problem.manual_points),
            "answered": bool(texts.get(problem.id)),
            "answer": hashlib.sha256(texts.get(problem.id, "").encode(errors="backslashreplace")).hexdigest(),
        }
        for problem in material.homework.theory
    ]


def _passed(checks: Iterable[Check], outcomes: dict[str, Outcome]) -> Fraction:
    return sum((check.points for check in checks if outcomes[check.id].state == checking.PASSED), Fraction(0))


def _all(checks: dict[str, tuple[Check, ...]]) -> list[Check]:
    return [check for group in checks.values() for check in group]


class _Stopwatch:
    """CPU seconds of this process between laps."""

    def __init__(self) -> None:
        self.laps: dict[str, float] = {}
        self._last = time.process_time()

    def lap(self, name: str, beside: float = 0.0) -> None:
        """The seconds since the last lap, and those of another process."""
        now = time.process_time()
        self.laps[name] = round(now - self._last + beside, 3)
        self._last = now
