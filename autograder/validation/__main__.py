"""`make validate`: how well the hidden checks tell right from wrong, as a table and as `autograder/VALIDATION.md`.

Exit code 0 when every goal is met: no false failure, no points for the stub, every named wrong answer loses points on
the check meant for it, every right one keeps all, 95 % of the mutants that are not equivalent lose points, and every
promise of a docstring has its check. 1 when one is not, 2 for wrong usage.
"""

from __future__ import annotations

import argparse
import csv
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from autograder.course import ROOT, CourseError, Exercise, Homework, load_course
from autograder.pages.terminal import console
from autograder.records import write_atomically
from autograder.sandbox import sandbox_problem
from autograder.validation.page import (
    KILL_RATE,
    MUTANT_COLUMNS,
    Summary,
    ValidationError,
    architecture_sentences,
    equivalents,
    kill_rate,
    mutant_rows,
    page,
    terminal_table,
)
from autograder.validation.promises import contract
from autograder.validation.trials import (
    ARCHITECTURE_SEEDS,
    KINDS,
    REFERENCE_SEEDS,
    Result,
    Shelf,
    Trial,
    Workers,
    run,
    trials,
)

PAGE = ROOT / "autograder" / "VALIDATION.md"
SHELVES = ROOT / "build" / "validation"


def main(arguments: list[str] | None = None) -> int:
    """Run the trials that are not on the shelf yet, print the tables and write the page. Returns the exit code."""
    options = _options(arguments)
    try:
        return validate(options)
    except (CourseError, ValidationError) as error:
        print(error, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("stopped; the next run goes on from here", file=sys.stderr)
        return 130


def validate(options: argparse.Namespace) -> int:
    """What `main` does. Raises CourseError, ValidationError."""
    isolation = "none" if sandbox_problem() else "bubblewrap"
    course = load_course()
    homeworks = [course.homework(options.hw)] if options.hw else list(course.given)
    chosen = [(homework, exercise) for homework in homeworks for exercise in homework.exercises]
    chosen = [(h, e) for h, e in chosen if options.exercise in (None, e.id)]
    if not chosen:
        raise ValidationError(f"no homework has an exercise {options.exercise}")
    reasons = {homework: equivalents(homework) for homework in homeworks}

    seeds = options.seeds, options.architectures
    wanted = {
        (homework, exercise): [t for t in trials(homework, exercise, *seeds) if t.kind in options.kinds]
        for homework, exercise in chosen
    }
    summaries: dict[Homework, list[Summary]] = {homework: [] for homework in homeworks}
    with _progress(sum(map(len, wanted.values()))) as tick, Workers(options.jobs, isolation) as workers:
        for (homework, exercise), its_trials in wanted.items():
            summary = Summary(homework, exercise, reasons[homework].get(exercise.id, {}))
            for result in run(its_trials, _shelf(homework, exercise, options.fresh), workers):
                summary.results.append(result)
                tick(f"{homework.id}/{exercise.id}")
            order = {_which(trial): place for place, trial in enumerate(its_trials)}
            summary.results.sort(key=lambda result: order[_which(result)])  # not as they became ready
            summaries[homework].append(summary)

    out = console()
    for homework, of_homework in summaries.items():
        out.print(terminal_table(homework, of_homework))
        for sentence in architecture_sentences(of_homework):
            out.print(sentence)
    problems = _problems(summaries, whole=set(options.kinds) == set(KINDS))
    for problem in problems:
        out.print(problem, soft_wrap=True)
    if options.alive:
        for summary in (summary for group in summaries.values() for summary in group):
            for result in summary.alive:
                out.print(f"{summary.homework.id}/{summary.exercise.id}: {result.name}", soft_wrap=True)
    everything = not options.hw and not options.exercise and set(options.kinds) == set(KINDS)
    if everything:
        text = page(summaries, _command(options))
        write_atomically(PAGE, lambda file: file.write(text))
        out.print(f"Written to {PAGE.relative_to(ROOT)}.")
    path = _write_mutants([summary for group in summaries.values() for summary in group])
    out.print(f"Each of these mutants, what it loses and which checks notice it: {os.path.relpath(path)}")
    return int(bool(problems))


def _command(options: argparse.Namespace) -> str:
    """The command as somebody would repeat it."""
    numbers = (("SEEDS", options.seeds, REFERENCE_SEEDS), ("ARCHITECTURES", options.architectures, ARCHITECTURE_SEEDS))
    return " ".join(["make validate", *(f"{name}={value}" for name, value, usual in numbers if value != usual)])


def _which(one: Trial | Result) -> tuple[str, str, int]:
    """Which of an exercise's trials it is, or is the result of."""
    return one.kind, one.name, one.seed


def _write_mutants(summaries: list[Summary]) -> Path:
    def write(file: TextIO) -> None:
        csv.writer(file).writerows([MUTANT_COLUMNS, *mutant_rows(summaries)])

    path = SHELVES / "mutants.csv"
    write_atomically(path, write, newline="")
    return path


def _shelf(homework: Homework, exercise: Exercise, fresh: bool) -> Shelf:
    path = SHELVES / homework.id / f"{exercise.id}.jsonl"
    if fresh:
        path.unlink(missing_ok=True)
    return Shelf(path)


def _problems(summaries: dict[Homework, list[Summary]], whole: bool) -> list[str]:
    problems = [problem for group in summaries.values() for summary in group for problem in summary.problems(whole)]
    for homework, group in summaries.items():
        contracts = {s.exercise.id: contract(homework, s.exercise) for s in group}
        problems += [f"{homework.id}/{e}: {breach}" for e, c in contracts.items() if c for breach in c.breaches()]
        killed, total = kill_rate(group)
        if killed < KILL_RATE * total:
            problems.append(f"{homework.id}: only {killed} of {total} wrong mutants lose points")
    return problems


@contextmanager
def _progress(total: int) -> Iterator[Callable[[str], None]]:
    out = console(to_stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=out, transient=True, disable=not out.is_terminal) as bar:
        task = bar.add_task("validating", total=total)
        yield lambda what: bar.update(task, advance=1, description=what)


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m autograder.validation", description=__doc__.splitlines()[0])
    parser.add_argument("--hw", help="one homework")
    parser.add_argument("--exercise", help="one exercise")
    parser.add_argument("--seeds", type=int, default=REFERENCE_SEEDS, help="how often the reference is tried")
    parser.add_argument(
        "--architectures", type=int, default=ARCHITECTURE_SEEDS, help="how often each architecture of a grid is tried"
    )
    parser.add_argument("--kinds", nargs="+", choices=KINDS, default=KINDS, help="only some kinds of trials")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="worker processes")
    parser.add_argument("--fresh", action="store_true", help="repeat what was tried before")
    parser.add_argument("--alive", action="store_true", help="list the mutants that live")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
