"""The proof that the checks check: answers whose verdict is known, sent through the real reader, guest and judge.

Beside the hidden checks lie `wrong/<exercise>__<mistake>.py`, each a plausible wrong answer that must lose points on
the check named in its docstring ("Caught by: ..."), and `right/<exercise>__<what differs>.py`, each a correct
alternative that must keep them all. Both hold only what changes: they stand for a cell that a student added below the
reference's.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from types import SimpleNamespace

from autograder import checking
from autograder.checking import Check, CheckFileError, Outcome
from autograder.course import Exercise, Homework
from autograder.notebooks import READY, Cell, Notebook, slice_exercise
from autograder.provenance import CHECKS
from autograder.releasing.release import reference_cells, stub_cells
from autograder.sandbox import Sandbox

WRONG, RIGHT = KINDS = ("wrong", "right")


@dataclass(frozen=True)
class Answer:
    """An answer to one exercise whose verdict is known. `caught_by` names the check meant for a wrong one."""

    kind: str
    name: str
    exercise: str
    source: str
    caught_by: str = ""


def answers(homework: Homework, exercise: Exercise, kind: str) -> list[Answer]:
    """The wrong or right answers that lie beside the checks of an exercise. Raises CheckFileError for a bad file."""
    folder = CHECKS / homework.id / kind
    found = []
    for path in sorted(folder.glob(f"{exercise.id}__*.py")):
        source = path.read_text(encoding="utf-8")
        caught_by = ""
        if kind == "wrong":
            named = re.search(r"^Caught by: (\w+)\.?$", ast.get_docstring(ast.parse(source)) or "", re.MULTILINE)
            if named is None:
                raise CheckFileError(f"{kind}/{path.name}: its docstring does not say which check it is `Caught by: `")
            caught_by = f"{exercise.id}/{named[1]}"
        found.append(Answer(kind, path.stem.partition("__")[2], exercise.id, source, caught_by))
    return found


def strays(homework: Homework) -> list[str]:
    """Files in wrong/ and right/ that belong to no exercise: they would prove nothing."""
    ids = {exercise.id for exercise in homework.exercises}
    paths = [path for kind in KINDS for path in (CHECKS / homework.id / kind).glob("*.py")]
    return sorted(str(path) for path in paths if path.stem.partition("__")[0] not in ids)


def submission(homework: Homework, added: str = "", replaced: Mapping[str, str] | None = None) -> Notebook:
    """The reference as a student's notebook, with a cell added at the end or some exercises' cells replaced."""
    cells = _reference(homework) | (replaced or {})
    return _notebook([*cells.items(), *([("added", added)] if added else [])])


@cache
def empty_submission(homework: Homework) -> Notebook:
    """The notebook as students receive it."""
    return _notebook(stub_cells(homework))


def judge(
    homework: Homework,
    exercise: Exercise,
    notebook: Notebook,
    seed: int,
    sandbox: Sandbox,
    reference: SimpleNamespace,
    checks: Iterable[Check] | None = None,
    timeouts: int | None = None,
) -> dict[str, Outcome]:
    """The outcome of each check of one exercise, by check id.

    After so many `timeouts` the other checks are not waited for; they end as timeouts too.
    """
    checks = checking.load_checks(homework, exercise) if checks is None else tuple(checks)
    sliced = slice_exercise(notebook, exercise, empty_submission(homework))
    if sliced.state != READY:
        return {check.id: Outcome(sliced.state, sliced.message) for check in checks}
    outcomes = {}
    with sandbox.guest() as guest:
        for check in checks:
            if [outcome.state for outcome in outcomes.values()].count(checking.TIMEOUT) == timeouts:
                outcomes[check.id] = Outcome(checking.TIMEOUT, "not waited for")
                continue
            with guest.session(sliced.parts, check.limits) as session:
                outcomes[check.id] = checking.run_check(check, session, reference, seed)
    return outcomes


@cache
def _reference(homework: Homework) -> dict[str, str]:
    return dict(reference_cells(homework))


def _notebook(cells: Iterable[tuple[str, str]]) -> Notebook:
    return Notebook(tuple(Cell(index, "code", source) for index, (_, source) in enumerate(cells, start=1)))
