"""Trials: one answer to one exercise, judged once through the real reader, guest and judge.

A trial is plain data and its result too, so that they run in any process pool and are kept in a file. Its key is made
of everything that decides the result: what ran before under the same key is not run again.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from dataclasses import asdict, dataclass
from fractions import Fraction
from functools import cache
from itertools import islice
from multiprocessing import get_context
from pathlib import Path
from types import SimpleNamespace

import torch

from autograder import checking
from autograder.course import Exercise, Homework, load_course
from autograder.judging import batch
from autograder.notebooks import Notebook
from autograder.provenance import check_file, fingerprints
from autograder.validation import proof
from autograder.validation.architectures import architectures
from autograder.validation.mutants import mutants
from autograder.validation.proof import RIGHT, WRONG

REFERENCE, STUB, MUTANT, ARCHITECTURE = "reference", "stub", "mutant", "architecture"
KINDS = (REFERENCE, STUB, WRONG, RIGHT, MUTANT, ARCHITECTURE)

REFERENCE_SEEDS, WRONG_SEEDS, RIGHT_SEEDS, MUTANT_SEEDS, ARCHITECTURE_SEEDS = 50, 3, 5, 1, 10


@dataclass(frozen=True)
class Trial:
    """An answer and a seed. `added` follows the reference, or `replaced` stands for the exercise's cell of it."""

    homework: str
    exercise: str
    kind: str
    name: str
    seed: int
    added: str = ""
    replaced: str = ""
    only: str = ""  # the one check to run, if not all


@dataclass(frozen=True)
class Result:
    """How each check that ran ended, by its id."""

    key: str
    homework: str
    exercise: str
    kind: str
    name: str
    seed: int
    states: dict[str, str]

    @property
    def lost(self) -> tuple[str, ...]:
        return tuple(check for check, state in self.states.items() if state != checking.PASSED)

    @property
    def broke(self) -> bool:
        return checking.GRADER_ERROR in self.states.values()

    def points_lost(self, worth: dict[str, Fraction]) -> Fraction:
        return sum((worth[check] for check in self.lost), Fraction(0))


def trials(
    homework: Homework, exercise: Exercise, seeds: int = REFERENCE_SEEDS, architecture_seeds: int = ARCHITECTURE_SEEDS
) -> Iterator[Trial]:
    """All that is tried on one exercise; `seeds` is how often the reference is, and then each other architecture."""

    def trial(kind: str, name: str, seed: int, **program: str) -> Trial:
        return Trial(homework.id, exercise.id, kind, name, seed, **program)

    yield trial(STUB, "what students receive", 0)
    for answer in proof.answers(homework, exercise, WRONG):
        for seed in range(WRONG_SEEDS):
            yield trial(WRONG, answer.name, seed, added=answer.source, only=answer.caught_by)
    for answer in proof.answers(homework, exercise, RIGHT):
        for seed in range(RIGHT_SEEDS):
            yield trial(RIGHT, answer.name, seed, added=answer.source)
    for mutant in mutants(proof.solved_cells(homework)[exercise.id]):
        for seed in range(MUTANT_SEEDS):
            yield trial(MUTANT, mutant.name, seed, replaced=mutant.source)
    for seed in range(seeds):
        yield trial(REFERENCE, "reference", seed)
    for name, program in architectures(homework, exercise):
        for seed in range(architecture_seeds):
            yield trial(ARCHITECTURE, name, seed, added=program)


def key(trial: Trial) -> str:
    """The same while neither the answer nor the exercise's checks, nor what they run on, have changed."""
    decides = json.dumps([asdict(trial), _surroundings(trial.homework, trial.exercise)], sort_keys=True)
    return hashlib.sha256(decides.encode()).hexdigest()[:24]


@cache
def _surroundings(homework_id: str, exercise_id: str) -> list:
    """What decides a result besides the trial: the check file, all references, grader, toolkit and versions."""
    homework = load_course().homework(homework_id)
    exercise = next(exercise for exercise in homework.exercises if exercise.id == exercise_id)
    deciding = fingerprints(homework)
    checks = check_file(homework, exercise).read_text(encoding="utf-8")
    ours = [deciding[what] for what in ("grader", "toolkit", "environment")]
    stubs = [cell.source for cell in proof.empty_submission(homework).cells]
    return [checks, stubs, proof.solved_cells(homework), repr(exercise), *ours]


def run_trial(trial: Trial, trial_key: str, isolation: str) -> Result:
    """Judge one answer. Called in a worker process, which keeps its sandbox from trial to trial."""
    course = load_course()
    homework = course.homework(trial.homework)
    exercise = next(exercise for exercise in homework.exercises if exercise.id == trial.exercise)
    checks = [check for check in checking.load_checks(homework, exercise) if trial.only in ("", check.id)]
    outcomes = proof.judge(
        homework,
        exercise,
        _notebook(trial, homework),
        trial.seed,
        batch.open_sandbox(isolation),
        _reference(homework.id),
        checks,
    )
    states = {check: outcome.state for check, outcome in outcomes.items()}
    return Result(trial_key, trial.homework, trial.exercise, trial.kind, trial.name, trial.seed, states)


@cache
def _reference(homework_id: str) -> SimpleNamespace:
    torch.set_num_threads(1)  # as in `make grade`; two per worker get in each other's way
    return checking.reference_namespace(load_course().homework(homework_id))


def _notebook(trial: Trial, homework: Homework) -> Notebook:
    if trial.kind == STUB:
        return proof.empty_submission(homework)
    if trial.replaced:
        return proof.submission(homework, replaced={trial.exercise: trial.replaced})
    return proof.submission(homework, trial.added)


class Shelf:
    """Results kept in a file, one on a line; the last line may be torn when a run was interrupted."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.results: dict[str, Result] = {}
        text = path.read_text(encoding="utf-8") if path.exists() else ""
        for line in text.splitlines():
            try:
                result = Result(**json.loads(line))
            except (ValueError, TypeError):
                continue
            self.results[result.key] = result
        path.parent.mkdir(parents=True, exist_ok=True)
        self._new_line = "\n" if text and not text.endswith("\n") else ""

    def add(self, result: Result) -> None:
        self.results[result.key] = result
        with self.path.open("a", encoding="utf-8") as file:
            file.write(f"{self._new_line}{json.dumps(asdict(result))}\n")
        self._new_line = ""


class Workers:
    """Processes that judge, started when the first trial asks for them; each keeps its sandbox and its references."""

    def __init__(self, jobs: int, isolation: str) -> None:
        self.jobs, self._isolation = jobs, isolation
        self._pool: ProcessPoolExecutor | None = None

    def __enter__(self) -> Workers:
        return self

    def __exit__(self, *_: object) -> None:
        if self._pool:
            self._pool.shutdown(cancel_futures=True)

    def submit(self, trial: Trial, trial_key: str) -> Future[Result]:
        if self._pool is None:
            self._pool = ProcessPoolExecutor(self.jobs, mp_context=get_context("spawn"))
        return self._pool.submit(run_trial, trial, trial_key, self._isolation)


def run(wanted: Iterable[Trial], shelf: Shelf, workers: Workers) -> Iterator[Result]:
    """The result of every trial as it is ready; those on the shelf come first and cost nothing."""
    waiting = []
    for trial in wanted:
        known = shelf.results.get(trial_key := key(trial))
        if known is None:
            waiting.append((trial, trial_key))
        else:
            yield known
    queue = iter(waiting)
    running = {workers.submit(*item) for item in islice(queue, 2 * workers.jobs)}
    while running:
        finished, running = wait(running, return_when=FIRST_COMPLETED)
        for future in finished:
            result = future.result()
            shelf.add(result)
            yield result
        running |= {workers.submit(*item) for item in islice(queue, len(finished))}
