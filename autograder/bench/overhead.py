"""What grading one submission costs beyond the checks and the student's code, measured part by part.

Run in a folder with a course (`python -m autograder.bench.overhead FOLDER HOMEWORK`), it grades each notebook of the
folder once more in this one process, with the real sandbox, and writes as JSON the CPU seconds per submission of

judge      this process while a submission is graded, of which
check        the checks' own code: oracles, reference, comparison (with what carries data to and from the guest)
sandbox    the zygote and everything below it, of which
student      the student's code in the probes: what checks used in the guest above a check of an empty program
desk       record, gradebook, the formgrader's notebook, feedback page and grades

so that the overhead is judge - check + sandbox - student + desk.
"""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import Executor, Future
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from autograder import checking
from autograder.bench.measure import tree_cpu
from autograder.checking import Check, Limits, Outcome, Session
from autograder.course import load_course
from autograder.desk import whole_class as desk
from autograder.judging import batch, grading
from autograder.provenance import default_seed, digest
from autograder.records import Record
from autograder.sandbox import Sandbox, SandboxError

EMPTY_CHECKS = 60
DESK_COPIES = 10
NOTHING = "def nothing(student):\n    return 0\n"


def main(folder: Path, homework_id: str) -> dict[str, dict[str, float]]:
    """Kind of submission -> part -> CPU seconds per submission. A kind is what a student's name begins with."""
    course = load_course()
    homework = course.homework(homework_id)
    material = grading.load_material(homework_id)
    seed = default_seed(course, homework)
    with Sandbox() as sandbox:
        sandbox.describe()
        bare = _bare_check(sandbox)
        kinds: dict[str, list[Path]] = {}
        for path in sorted(folder.glob(f"*/{homework_id}/*.ipynb")):
            kinds.setdefault(path.parent.parent.name.partition("-")[0], []).append(path)
        for paths in kinds.values():  # what is done once, such as compiling probes, is start-up
            grading.grade_submission(paths[0].read_bytes(), material, seed, sandbox)
        found = {kind: _judge(paths, material, seed, sandbox, bare) for kind, paths in kinds.items()}
    desk_seconds = _desk(course, homework, folder, seed)
    for parts in found.values():
        parts["desk"] = desk_seconds
        parts["overhead"] = parts["judge"] - parts["check"] + parts["sandbox"] - parts["student"] + desk_seconds
        parts["without_student"] = parts["judge"] + parts["sandbox"] - parts["student"] + desk_seconds
    return found


def _bare_check(sandbox: Sandbox) -> float:
    """CPU seconds in the guest of a check of an empty program whose probe does nothing."""
    total = 0.0
    with sandbox.guest() as guest:
        for _ in range(EMPTY_CHECKS):
            with guest.session([], Limits()) as session:
                session.call(NOTHING, "nothing", (), {})
            if session.usage is None:
                raise SandboxError("a guest ended without a report of what it used")
            total += session.usage["cpu"]
    return total / EMPTY_CHECKS


def _judge(paths: list[Path], material: grading.Material, seed: int, sandbox: Sandbox, bare: float) -> dict[str, float]:
    zygote = sandbox._zygote().process.pid
    with _Timed() as timed:
        before = time.process_time(), tree_cpu(zygote)
        guest = 0.0
        for path in paths:
            record = grading.grade_submission(path.read_bytes(), material, seed, sandbox)
            guest += record["cpu_seconds"]["guest"]
        after = time.process_time(), tree_cpu(zygote)
    n = len(paths)
    parts = {"judge": (after[0] - before[0]) / n, "check": timed.seconds / n, "sandbox": (after[1] - before[1]) / n}
    return parts | {"student": max(0.0, guest - timed.checks * bare) / n, "checks": timed.checks / n}


class _Timed:
    """Counts the CPU seconds of this process inside checks."""

    def __enter__(self) -> _Timed:
        self.seconds, self.checks, self._run = 0.0, 0, checking.run_check

        def run(check: Check, session: Session, reference: SimpleNamespace, seed: int) -> Outcome:
            begin = time.process_time()
            outcome = self._run(check, session, reference, seed)
            self.seconds += time.process_time() - begin
            self.checks += 1
            return outcome

        checking.run_check = run
        return self

    def __exit__(self, *_: object) -> None:
        checking.run_check = self._run


class _Kept(Executor):
    """An executor that knows the answer: so that the desk does all its work, and nothing is judged."""

    def __init__(self, record: Record) -> None:
        self.record = record

    def submit(self, function: Any, /, *args: Any, **kwargs: Any) -> Future:
        future: Future = Future()
        if function is batch.preflight:
            future.set_result(("", 0.0))
        else:
            submission = {"submission": digest(args[0])}
            copy = json.loads(json.dumps(self.record))
            future.set_result(copy | {"provenance": copy["provenance"] | submission})
        return future


def _desk(course: Any, homework: Any, folder: Path, seed: int) -> float:
    """CPU seconds per submission of everything that the desk does with a record."""
    material = grading.load_material(homework.id)
    with Sandbox() as sandbox:
        path = next(_notebooks(folder, homework.id))
        record = grading.grade_submission(path.read_bytes(), material, seed, sandbox)
    orders = desk.Orders("bubblewrap", 1, make_pool=lambda workers: _Kept(record), public_seeds=True)
    seconds = {}
    for copies in (1, 1, DESK_COPIES):  # the first time nbgrader is imported and much else is done once
        with tempfile.TemporaryDirectory() as place:
            submissions = Path(place, "submissions")
            for path in _notebooks(folder, homework.id):
                for copy in range(copies):
                    student = submissions / f"{path.parent.parent.name}-{copy}" / homework.id
                    student.mkdir(parents=True)
                    shutil.copy(path, student)
            begin = time.process_time()
            desk.grade_class(course, [homework], desk.Places(Path(place), submissions), orders)
            seconds[copies] = time.process_time() - begin
    size = sum(1 for _ in _notebooks(folder, homework.id)) * (DESK_COPIES - 1)
    return (seconds[DESK_COPIES] - seconds[1]) / size  # a new database and all else that a run does once is start-up


def _notebooks(folder: Path, homework_id: str) -> Iterator[Path]:
    return iter(sorted(folder.glob(f"*/{homework_id}/*.ipynb")))


if __name__ == "__main__":
    print(json.dumps(main(Path(sys.argv[1]), sys.argv[2]), indent=1))
