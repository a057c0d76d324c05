"""The judge is killed at random moments of a batch, again and again; the next run must find everything in order.

Each round: a fresh folder with a class, a run in a process group of its own that gets SIGKILL at a random moment, then
a run to the end. Records, gradebook and what was graded twice are then compared with what they should be. Where
starting takes most of a run, as with the sandbox, every second moment is drawn from the time after the first record.
"""

from __future__ import annotations

import os
import random
import shutil
import signal
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

from autograder.attacks import stages
from autograder.judging import grading
from autograder.records import Record
from autograder.sandbox import kernel
from autograder.sandbox.warden import children

STUDENTS = 6
START_SECONDS = 60.0
LINGER_SECONDS = 10.0  # for a zygote to notice that its judge is gone
KEPT = ("submission", "seed", "started", "checks", "grader")


@dataclass
class Rounds:
    """What came of the kills: how many fell into the middle of a batch, and every complaint."""

    kills: int = 0
    in_the_middle: int = 0
    problems: list[str] = field(default_factory=list)


def survive(kills: int, seed: int, isolation: str = "none", jobs: int = 2) -> Rounds:
    """Kill that many runs. With isolation "none" no student code runs; with "bubblewrap" it does, in real sandboxes."""
    kernel.adopt_orphans()  # what a killed run leaves behind becomes ours, and is noticed
    before = set(children(os.getpid()))
    chance, rounds = random.Random(seed), Rounds()
    stand_in = stages.Answering() if isolation == "none" else None
    with (
        stages.small_course(sandbox=stand_in) as small,
        tempfile.TemporaryDirectory(prefix="kill-") as name,
    ):
        folder = Path(name)
        _warm_up(folder / "warm")
        template = folder / "template.db"
        stages.Book(stages.sqlite_url(template), small).close()

        def fresh(number: int) -> tuple[Path, dict[str, str]]:
            place = folder / f"round{number}"
            deserved = stages.hand_in(place, STUDENTS)
            if number % 4:  # every fourth time the gradebook is not there yet
                shutil.copy(template, place / "gradebook.db")
            return place, deserved

        def run(place: Path) -> int:
            tempfile.tempdir = os.environ["TMPDIR"] = str(place)  # what is being written there when it is killed
            return stages.grade(place, small, isolation, jobs, stages.forked).exit_code

        begin = time.monotonic()
        place, deserved = fresh(1)
        child = stages.in_child(lambda: run(place))
        _await_record(place)
        started = time.monotonic() - begin
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        whole = time.monotonic() - begin
        rounds.problems += [f"without any kill: {c}" for c in stages.complaints(place, small, deserved)]
        rounds.problems += [f"without any kill it ended with {code}"] if code else []
        shutil.rmtree(place)
        for number in range(kills):
            late = isolation != "none" and number % 2 == 1
            delay = chance.uniform(0.0, whole - started) if late else chance.uniform(0.05, 1.0) * whole
            _round(number, fresh, run, small, delay, late, rounds)
            if left := lingering(before):
                rounds.problems.append(f"still running after a kill: {left}")
    return rounds


def _warm_up(folder: Path) -> None:
    """Grade once in this process, so that the forked ones find every module loaded."""
    with stages.small_course(sandbox=stages.Answering()) as small:
        stages.hand_in(folder, 1)
        stages.grade(folder, small)
    grading.close_reader()  # it belongs to this process, which nobody kills


def _await_record(place: Path) -> None:
    """Wait for the first record of a run, but not for ever: it may never come."""
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until and not any((place / "records").rglob("[!.]*.json")):
        time.sleep(0.01)


def _round(number: int, fresh, run, small, delay: float, late: bool, rounds: Rounds) -> None:  # noqa: ANN001
    place, deserved = fresh(number)
    child = stages.in_child(lambda: run(place))
    if late:
        _await_record(place)
    time.sleep(delay)
    os.killpg(child, signal.SIGKILL)
    os.waitpid(child, 0)
    rounds.kills += 1
    try:
        before = stages.written(place)
    except ValueError as error:
        rounds.problems.append(f"kill {number}: a record was cut off: {error}")
        before = {}
    rounds.in_the_middle += 0 < len(before) < len(deserved)
    again = stages.in_child(lambda: run(place))
    code = os.waitstatus_to_exitcode(os.waitpid(again, 0)[1])
    found = [f"the next run ended with {code}"] if code else []
    found += stages.complaints(place, small, deserved)
    after = stages.written(place)
    repeated = [s for s, old in before.items() if s in after and _marks(old) != _marks(after[s])]
    found += [f"graded a second time: {', '.join(repeated)}"] if repeated else []
    rounds.problems += [f"kill {number} after {delay:.2f} s: {complaint}" for complaint in found]
    shutil.rmtree(place)


def _marks(record: Record) -> tuple:
    return tuple(record["provenance"].get(key) for key in KEPT), record["seconds"], tuple(record["cpu_seconds"].items())


def lingering(before: set[int]) -> list[int]:
    """What a run that is over had started, and what does not end by itself, soon: children of this process.

    `before` are those that were there already. What ended is reaped.
    """
    until = time.monotonic() + LINGER_SECONDS
    while (left := set(children(os.getpid())) - before) and time.monotonic() <= until:
        for process in left:
            os.waitpid(process, os.WNOHANG)
        time.sleep(0.02)
    return sorted(left)
