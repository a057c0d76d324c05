"""Grade many submissions in worker processes; one that takes a worker down costs only itself.

The task is (bytes, homework id, seed, isolation) -> record, on any `concurrent.futures` executor: a process pool here,
a cluster elsewhere. A worker makes its sandbox when it first needs one and keeps it.
"""

from __future__ import annotations

import contextlib
import faulthandler
import os
import platform
import threading
import time
import traceback
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, Executor, Future, ProcessPoolExecutor, wait
from dataclasses import dataclass
from multiprocessing import get_context, parent_process
from multiprocessing.util import Finalize
from typing import Any

from autograder import course, provenance
from autograder.provenance import Fingerprints
from autograder.records import OF_GRADER, Decides, Record, ungraded

# A worker that is still busy so long after a submission's own budget is stuck in the judge: its process ends.
GRACE_SECONDS = 120


_one_at_a_time = threading.Lock()  # a process has one sandbox, and its threads share it


class WorkersDiedError(Exception):
    """An executor that replaces dead workers by itself has tried a task often enough. The other tasks go on."""


@dataclass(frozen=True)
class Task:
    """One submission to grade. `key` says whose it is and stays here."""

    key: tuple[str, str]
    data: bytes
    homework: str
    seed: int
    isolation: str


def process_pool(workers: int) -> ProcessPoolExecutor:
    """Fresh processes that inherit nothing of this one's memory: no gradebook, no other submission.

    They end when the thread that asked for them ends, however it does, and their sandboxes with them.
    """
    return ProcessPoolExecutor(workers, mp_context=get_context("spawn"), initializer=_end_with_parent)


def _end_with_parent() -> None:
    from autograder.sandbox import kernel  # brings torch along, which a worker needs and its parent does not

    kernel.die_with_parent()
    parent = parent_process()
    if parent is None or os.getppid() != parent.pid:  # it ended before this process could say so
        os._exit(1)


def grade_all(
    tasks: Iterable[Task], pool: Executor, workers: int, make_pool: Callable[[int], Executor] = process_pool
) -> Iterator[tuple[Task, Record]]:
    """Grade every task in `pool`, which is shut down at the end; records come as they are ready.

    Large notebooks go first: where more was filled in, more is checked, and no worker should be left with a long one
    when the others have nothing more to do.

    When workers die, each task that was with them runs once more in a pool of its own; if that dies too, it is
    ungraded. The others go on in a new pool.
    """
    waiting = deque(sorted(tasks, key=lambda task: len(task.data), reverse=True))
    running: dict[Future[Record], Task] = {}
    blamed: list[Task] = []
    try:
        while waiting or running:
            while waiting and len(running) < 2 * workers:
                task = waiting.popleft()
                running[_submit(pool, task)] = task
            finished, _ = wait(running, return_when=FIRST_COMPLETED)
            suspects = []
            for future in finished:
                task = running.pop(future)
                try:
                    yield task, future.result()
                except WorkersDiedError:
                    blamed.append(task)  # perhaps only because it waited on workers that another one took down
                except BrokenExecutor:
                    suspects.append(task)
            if suspects:
                suspects += running.values()
                running = {}
                pool.shutdown(wait=True, cancel_futures=True)
                for task in suspects:
                    yield task, _alone(task, make_pool)
                pool = make_pool(workers)
        for task in blamed:  # now that each is the only one, there is no doubt
            try:
                yield task, _submit(pool, task).result()
            except (BrokenExecutor, WorkersDiedError):
                yield task, _took_down(task)
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def grade_task(data: bytes, homework_id: str, seed: int, isolation: str) -> Record:
    """What a worker does. Never raises: what breaks here is the grader's fault and is in the record."""
    from autograder.judging import grading

    with _one_at_a_time, _deadline(grading.WALL_SECONDS + GRACE_SECONDS):
        record = _grade(grading, data, homework_id, seed, isolation)
        if (
            record["fault"] == OF_GRADER
        ):  # perhaps the sandbox was hurt; a new one either helps or shows who is to blame
            _close_sandbox()
            record = _grade(grading, data, homework_id, seed, isolation)
        return record


def start(pool: Executor, workers: int, isolation: str, decides: Mapping[str, Fingerprints]) -> list[Future]:
    """Ask workers for a `preflight`: every one where the executor can say so, else as many times as there are workers.

    A process pool starts a process for each call that finds none idle, so that all of them start side by side.
    """
    if everywhere := getattr(pool, "everywhere", None):
        return everywhere(preflight, sorted(decides), isolation, decides)
    return [pool.submit(preflight, sorted(decides), isolation, decides) for _ in range(workers)]


def preflight(
    homework_ids: list[str], isolation: str, decides: Mapping[str, Fingerprints] | None = None
) -> tuple[str, float]:
    """In a worker: load the checks and references and start the sandbox.

    `decides` are the fingerprints of each homework where it was asked to grade: a worker elsewhere must have the same.
    Returns why that fails, or an empty text; and the CPU seconds of the worker so far, which are its start-up.
    """
    problem = ""
    try:
        from autograder.judging import grading
        from autograder.sandbox import SandboxError, below_minimum, missing_protection

        for homework_id in homework_ids:
            material = grading.load_material(homework_id)
            if decides and (differs := _differs(material.fingerprints, decides[homework_id])):
                return f"{platform.node()} has another {differs} for {homework_id}; install the same there", 0.0
        with _one_at_a_time:
            sandbox = open_sandbox(isolation)
            if isolation != "none":
                problem = below_minimum(sandbox, course.load_course().minimum) or missing_protection(sandbox) or ""
    except SandboxError as error:
        problem = f"{error} (ISOLATION=none grades without protection, at your own risk)"
    except Exception as error:
        problem = f"{type(error).__name__}: {error}"
    return problem, time.process_time()


def _differs(here: Mapping[str, object], there: Mapping[str, object]) -> str:
    """Which fingerprints are not the same, in words."""
    return " and another ".join(name for name, mark in here.items() if there[name] != mark)


def _grade(grading: Any, data: bytes, homework_id: str, seed: int, isolation: str) -> Record:
    try:
        return grading.grade_submission(data, grading.load_material(homework_id), seed, open_sandbox(isolation))
    except Exception:
        return broken(data, homework_id, seed, isolation, "the grader itself failed on it", traceback.format_exc())


def broken(data: bytes, homework_id: str, seed: int, isolation: str, sentence: str, detail: str = "") -> Record:
    """The record of a submission on which the grader broke."""
    homework = course.load_course().homework(homework_id)
    decides: Decides = {**provenance.fingerprints(homework), "seed": seed, "isolation": isolation}
    return ungraded(homework, data, decides, f"{sentence}; no points were lost", OF_GRADER, detail)


def _submit(pool: Executor, task: Task) -> Future[Record]:
    try:
        return pool.submit(grade_task, task.data, task.homework, task.seed, task.isolation)
    except BrokenExecutor as error:
        future: Future[Record] = Future()
        future.set_exception(error)
        return future


def _alone(task: Task, make_pool: Callable[[int], Executor]) -> Record:
    with make_pool(1) as pool:
        try:
            return _submit(pool, task).result()
        except BrokenExecutor:
            return _took_down(task)


def _took_down(task: Task) -> Record:
    sentence = "it took the grader's process down twice"
    return broken(task.data, task.homework, task.seed, task.isolation, sentence)


_sandbox: tuple[str, Any, Finalize] | None = None


def open_sandbox(isolation: str) -> Any:
    """This process's sandbox, started when first asked for and kept until the process ends."""
    global _sandbox
    if _sandbox is not None and _sandbox[0] != isolation:
        _close_sandbox()
    if _sandbox is None:
        from autograder.sandbox import Sandbox

        stack = contextlib.ExitStack()
        sandbox = stack.enter_context(Sandbox(isolation))
        # Runs at the end of an ordinary process and of a pool's worker alike, which atexit does not.
        _sandbox = isolation, sandbox, Finalize(None, stack.close, exitpriority=10)
    return _sandbox[1]


def _close_sandbox() -> None:
    global _sandbox
    if _sandbox is not None:
        finalizer, _sandbox = _sandbox[2], None
        with contextlib.suppress(Exception):
            finalizer()


@contextlib.contextmanager
def _deadline(seconds: float) -> Iterator[None]:
    """End this process if the block takes longer; the pool notices and the submission is tried once more.

    Works in any thread, and says on stderr what the judge was doing. The user's own process is never ended.
    """
    if parent_process() is None:
        yield
        return
    faulthandler.dump_traceback_later(seconds, exit=True)
    try:
        yield
    finally:
        faulthandler.cancel_dump_traceback_later()
