"""Hidden checks under plain pytest, for whoever writes or debugs one:

    pytest autograder/checks/hw1 -k masked_conv                          the reference
    pytest autograder/checks/hw1 -k masked_conv --submission x.ipynb     a student's notebook
    pytest autograder/checks/hw2 -k vae --mistake kl_sign                a mistake of the catalogue
    pytest autograder/checks/hw2 -k vae --seed 7 -x --pdb                other random numbers, and a look at the judge

Each check gets a session of its own in the sandbox, and ends in the state that `make grade` gives it. What the student
would read is printed first. The batch never comes here: pytest would cost it 4.6 ms a check.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest
import torch

from autograder import checking
from autograder.checking import Check, Grade, GuestFailure
from autograder.course import Course, Exercise, Homework, load_course
from autograder.notebooks import READY, Notebook, NotebookError, read_notebook, slice_exercise
from autograder.provenance import default_seed
from autograder.sandbox import Sandbox, sandbox_problem
from autograder.validation import proof

if TYPE_CHECKING:
    from autograder.sandbox import Session

collect_ignore_glob = ["*/right/*", "*/stories.py"]


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("hidden checks")
    group.addoption("--submission", metavar="FILE.ipynb", type=Path, help="judge this notebook (else the reference)")
    group.addoption("--mistake", metavar="NAME", help="judge this mistake of the exercise's catalogue, or right answer")
    group.addoption("--seed", type=int, help="other random numbers than those of `make grade`")
    group.addoption("--isolation", choices=("bubblewrap", "none"), help="default: bubblewrap where it works")


def pytest_configure(config: pytest.Config) -> None:
    if config.getoption("submission") and config.getoption("mistake"):
        raise pytest.UsageError("--submission and --mistake exclude each other: which answer is to be judged?")


@cache
def _course() -> Course:
    return load_course()


@cache
def _reference(homework: Homework) -> SimpleNamespace:
    torch.set_num_threads(1)  # as in `make grade`
    return checking.reference_namespace(homework)


def _exercise(path: Path) -> tuple[Homework, Exercise]:
    """What a check file belongs to."""
    homework = _course().homework(path.parent.name)
    return homework, homework.exercise(path.stem.removeprefix("test_"))


@pytest.fixture(scope="session")
def sandbox(request: pytest.FixtureRequest) -> Iterator[Sandbox]:
    isolation = request.config.getoption("isolation") or ("none" if sandbox_problem() else "bubblewrap")
    with Sandbox(isolation) as sandbox:
        yield sandbox


@cache
def _submitted(path: Path) -> Notebook:
    try:
        return read_notebook(path.read_bytes())
    except (OSError, NotebookError) as error:
        raise pytest.UsageError(f"{path} cannot be judged: {error}") from None


def _notebook(config: pytest.Config, homework: Homework, exercise: Exercise) -> Notebook:
    if path := config.getoption("submission"):
        return _submitted(path)
    if not (name := config.getoption("mistake")):
        return proof.submission(homework)
    known = [answer for kind in proof.KINDS for answer in proof.answers(homework, exercise, kind)]
    chosen = next((answer for answer in known if answer.name == name), None)
    if chosen is None:
        pytest.skip(f"{exercise.id} has no mistake and no right answer called {name}")
    return proof.submission(homework, chosen.source)


@pytest.fixture
def session(request: pytest.FixtureRequest, sandbox: Sandbox) -> Iterator[Session]:
    """A process for one check, with what the submission has of its exercise."""
    homework, exercise = _exercise(request.path)
    sliced = slice_exercise(_notebook(request.config, homework, exercise), exercise, proof.empty_submission(homework))
    if sliced.state != READY:
        pytest.fail(f"{sliced.state}: {sliced.message}", pytrace=False)
    with sandbox.guest() as guest, guest.session(sliced.parts, _check(request).limits) as session:
        yield session


def _check(request: pytest.FixtureRequest) -> Check:
    """The check as the grader knows it."""
    homework, exercise = _exercise(request.path)
    name = f"{exercise.id}/{request.function.__name__.removeprefix('test_')}"
    return next(check for check in checking.load_checks(homework, exercise) if check.id == name)


@pytest.fixture
def grade(request: pytest.FixtureRequest, session: Session) -> Grade:
    """The judge's side of a check."""
    homework, _ = _exercise(request.path)
    check, chosen = _check(request), request.config.getoption("seed")
    seed = default_seed(_course(), homework) if chosen is None else chosen
    return Grade(session, _reference(homework), check.module, checking.check_seed(seed, check))


@pytest.hookimpl(wrapper=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> Iterator[None]:
    """The batch's own function: pytest's copy of a file has rewritten asserts, and probes of a module of its own."""
    if "grade" in pyfuncitem.fixturenames:
        homework, exercise = _exercise(pyfuncitem.path)
        checks = {f"test_{check.id.partition('/')[2]}": check for check in checking.load_checks(homework, exercise)}
        pyfuncitem.obj = checks[pyfuncitem.originalname].run
    return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo) -> Iterator[pytest.TestReport]:
    """What the student reads comes first; a guest's failure shows no traceback of ours."""
    report = yield
    if call.excinfo is None or call.when != "call" or not hasattr(item.obj, "share"):
        return report
    outcome = checking.outcome_of(call.excinfo.value, inspect.getdoc(item.obj))
    said = [f"{outcome.state}: {outcome.message}"]
    if hint := getattr(item.obj, "hint", ""):
        said.append(f"hint: {hint}")
    if isinstance(call.excinfo.value, GuestFailure):
        report.longrepr = "\n".join([*said, "", "for staff only:", outcome.detail or "(nothing more)"])
    else:
        report.longrepr = "\n".join([*said, "", str(report.longrepr)])
    return report
