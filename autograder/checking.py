"""What a hidden check is made of: probes that run beside the student's code, and the judge's side of it.

A check is a function `test_*(grade)` in `autograder/checks/<homework>/test_<exercise>.py`. What must run beside the
student's code is a function marked `@probe`: its source is sent to the guest, and what it returns comes back as plain
data. A probe holds no expected value and no tolerance; measuring and comparing happen here, in the judge.

The first argument of an `assert` that fails is the feedback which the student reads. Use `tensor` and `number` to
take an answer in: whatever the guest sent, they give back a float64 tensor or a float, or fail with a sentence.
"""

from __future__ import annotations

import ast
import copy
import hashlib
import importlib.util
import inspect
import math
import sys
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import cache, lru_cache
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any, Protocol

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from autograder.course import ROOT, Exercise, Homework
from autograder.errors import GRADER_BROKE, AutograderError
from autograder.provenance import check_file

PASSED, FAILED, ERROR, TIMEOUT, MEMORY, CRASHED = "passed", "failed", "error", "timeout", "memory", "crashed"
MISSING, NOT_ATTEMPTED, BLOCKED, GRADER_ERROR = "missing", "not-attempted", "blocked", "grader-error"
STATES = (PASSED, FAILED, ERROR, TIMEOUT, MEMORY, CRASHED, MISSING, NOT_ATTEMPTED, BLOCKED, GRADER_ERROR)


LARGEST = 1e12  # of an answer, where a check says nothing else: the references stay far below, and squares are finite


class CheckFileError(AutograderError):
    """A file of hidden checks breaks the rules; the sentence says which and where."""

    exit_code = GRADER_BROKE


class Failed(AssertionError):
    """The answer is wrong; the message says what about it, in the student's terms."""


class GuestFailure(Exception):
    """The guest gave no answer. `state` is one of STATES, `message` may be shown to the student.

    `detail` comes from the guest and may hold anything: staff only, never unescaped, never evaluated.
    """

    def __init__(self, state: str, message: str, detail: str = "") -> None:
        super().__init__(message)
        self.state, self.message, self.detail = state, message, detail


@dataclass(frozen=True)
class Limits:
    """What one check may use. `answer_bytes` caps one answer on the channel; CPU time counts what the guest uses."""

    cpu_seconds: float = 20.0
    wall_seconds: float = 60.0
    memory_bytes: int = 4 << 30
    answer_bytes: int = 64 << 20


class Session(Protocol):
    """One check's process in the guest (see `autograder.sandbox`)."""

    def call(self, probes: str, name: str, args: tuple, kwargs: dict) -> Any:
        """Run probe `name` of the source `probes` beside the student's code. Raises GuestFailure."""

    def renew(self) -> None:
        """Go on in another process, which remembers nothing."""


# --- what check files use -----------------------------------------------------------------------------------------


def probe(function: Callable) -> Callable:
    """Mark a function that runs in the guest: `function(student, *args)` -> numbers, strings, arrays, lists, dicts.

    It sees `student` (the student's definitions), `torch`, `nn`, `F`, `np`, `math`, and the other probes of its file;
    nothing else of the file it stands in. Arguments must be plain data as well.
    """
    vars(function)["is_probe"] = True
    return function


def points(share: str) -> Callable[[Callable], Callable]:
    """The share of its exercise's points that a check is worth, such as "1/2". The shares of a file make 1."""

    def mark(check: Callable) -> Callable:
        vars(check)["share"] = Fraction(share)
        return check

    return mark


def hint(text: str) -> Callable[[Callable], Callable]:
    """Advice shown below the message of a failed check; it must not give the answer away."""

    def mark(check: Callable) -> Callable:
        vars(check)["hint"] = text
        return check

    return mark


def limits(
    *,
    cpu_seconds: float = Limits.cpu_seconds,
    wall_seconds: float = Limits.wall_seconds,
    memory_bytes: int = Limits.memory_bytes,
    answer_bytes: int = Limits.answer_bytes,
) -> Callable[[Callable], Callable]:
    """Change the default Limits of a check: about ten times what the reference needs."""

    def mark(check: Callable) -> Callable:
        vars(check)["limits"] = Limits(cpu_seconds, wall_seconds, memory_bytes, answer_bytes)
        return check

    return mark


def tensor(
    answer: object, shape: tuple[int, ...], what: str, *, finite: bool = True, largest: float = LARGEST
) -> Tensor:
    """The answer as a float64 tensor of that shape. Raises Failed with a sentence about `what` otherwise.

    Numbers count as tensors of shape (), lists of numbers as tensors; NaN and infinity are refused when `finite`, and
    with them numbers beyond `largest`: give what the inputs allow, so that no truth that is computed from an answer
    overflows.
    """
    if isinstance(answer, bool | int | float) or _is_numbers(answer):
        try:
            answer = torch.tensor(answer, dtype=torch.float64)
        except (ValueError, TypeError, OverflowError, RuntimeError):
            raise Failed(f"{what} should be a tensor of shape {_shape(shape)}, but it is a ragged list") from None
    if not isinstance(answer, Tensor):
        raise Failed(f"{what} should be a tensor of shape {_shape(shape)}, but it is {describe(answer)}")
    if answer.is_complex():
        raise Failed(f"{what} should be real, but it has complex numbers")
    if tuple(answer.shape) != tuple(shape):
        raise Failed(f"{what} should have shape {_shape(shape)}, but it has {shown_shape(answer, shape)}")
    answer = answer.to(torch.float64)
    if finite and not answer.isfinite().all():
        raise Failed(f"{what} should be finite, but it has a NaN or an infinity")
    if finite and answer.numel() and answer.abs().max() > largest:
        raise Failed(f"{what} has far larger numbers than can be right")
    return answer


def number(answer: object, what: str, *, finite: bool = True, largest: float = LARGEST) -> float:
    """The answer as a float: a Python number, or a tensor with one element. Raises Failed as `tensor` does."""
    if isinstance(answer, Tensor) and answer.numel() == 1:
        answer = answer.reshape(())
    if isinstance(answer, Tensor) and answer.dim() > 0:
        raise Failed(f"{what} should be one number, but it is a tensor with {answer.dim()} dimensions")
    if not isinstance(answer, bool | int | float | Tensor):
        raise Failed(f"{what} should be one number, but it is {describe(answer)}")
    return tensor(answer, (), what, finite=finite, largest=largest).item()


def sequence(answer: object, length: int | None, what: str) -> list:
    """The answer as a list (of that length). Raises Failed with a sentence otherwise."""
    if not isinstance(answer, list):
        raise Failed(f"{what} should be a list or tuple, but it is {describe(answer)}")
    if length is not None and len(answer) != length:
        raise Failed(f"{what} should have {length} entries, but it has {len(answer)}")
    return answer


def describe(answer: object) -> str:
    """A few words on what kind of thing an answer is; never its value."""
    if answer is None:
        return "None (is a return missing?)"
    if isinstance(answer, Tensor):
        return f"a tensor with {answer.dim()} dimensions"
    if isinstance(answer, Opaque):
        return f"an object of another type ({answer.type_name})"
    kinds = {bool: "a bool", int: "a number", float: "a number", str: "a text", list: "a list", dict: "a dictionary"}
    return kinds.get(type(answer), "something else")


@dataclass(frozen=True)
class Opaque:
    """Stands for a thing that the guest returned and that is not plain data."""

    type_name: str


class Grade:
    """What a check receives: its random numbers, and a way to ask the submission and the reference.

    `rng` is a torch.Generator that is seeded for this check and this run: use it for every random number, so that a
    result can be repeated and cannot be hard-coded.
    """

    def __init__(self, session: Session, reference: SimpleNamespace, module: ModuleType, seed: int) -> None:
        self._session, self._reference, self._module, self._seed = session, reference, module, seed
        self.rng = torch.Generator().manual_seed(seed)

    def guest_seed(self) -> int:
        """A seed for a probe. Unlike the seed of `rng`, it tells the guest nothing about what else the judge draws."""
        return int(torch.randint(2**31, (), generator=self.rng))

    def prepared(self, make: Callable[[torch.Generator], Any]) -> Any:
        """What `make(rng)` returns, made once per worker and seed: for inputs and truths that take long to compute.

        Every submission of a run meets the same numbers, so that only the first of a worker waits for them. `make` is
        a function of its check file with no other input than `rng`, a generator of its own; each call gives a copy.
        """
        return copy.deepcopy(_prepared(make, self._seed))

    def submission(self, probe: Callable, *args: object, **kwargs: object) -> Any:
        """What the probe returns beside the submission's code: None, numbers, texts, tensors, lists, dicts, Opaque.

        Tuples and sets come back as lists. The guest may lie about everything: take answers in with `tensor` and
        `number`. Raises GuestFailure when there is no answer.
        """
        _require_probe(probe)
        return self._session.call(probes_source(self._module), probe.__name__, args, kwargs)

    def fresh_session(self) -> None:
        """Ask the submission in a new process from now on: wherever one answer is held against another.

        A guest that is asked twice in one process can make its second answer fit its first.
        """
        self._session.renew()

    def twice(self, probe: Callable, *args: object, what: str) -> Any:
        """What the probe returns, which must be the same when a fresh process is asked again."""
        first = self.submission(probe, *args)
        self.fresh_session()
        if not _same(first, self.submission(probe, *args)):
            raise Failed(f"{what} is another one when your code is asked the same again")
        return first

    def reference(self, probe: Callable, *args: object, **kwargs: object) -> Any:
        """What the probe returns beside the reference, here in the judge."""
        _require_probe(probe)
        return plain(_probes(self._module)[probe.__name__](self._reference, *_copy(args), **_copy(kwargs)))


# --- what the grader uses -----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Check:
    """One hidden check of an exercise. `title` is the first line of its docstring and is shown to students."""

    id: str
    exercise: str
    title: str
    points: Fraction
    hint: str
    limits: Limits
    run: Callable[[Grade], None] = field(repr=False)
    module: ModuleType = field(repr=False)
    names: tuple[str, ...] = ()  # of the exercise: the functions and classes whose manners are looked at

    def may(self, name: str, kind: str) -> bool:
        """Whether the docstring of `name` lets it do what is bad manners elsewhere: MAY in the file of checks."""
        return kind in getattr(self.module, "MAY", {}).get(name, ())


@dataclass(frozen=True)
class Outcome:
    """How one check ended. `message` may be shown to the student, `detail` to staff only."""

    state: str
    message: str = ""
    detail: str = ""
    seconds: float = 0.0


@cache
def load_checks(homework: Homework, exercise: Exercise) -> tuple[Check, ...]:
    """The checks of an exercise, in the order of the file. Raises CheckFileError when the file breaks the rules."""
    path = check_file(homework, exercise)
    if not path.exists():
        raise CheckFileError(f"{path.relative_to(ROOT)} is missing: {homework.id}/{exercise.id} has no hidden checks")
    module = _import(path, f"autograder.checks.{homework.id}.{path.stem}")
    functions = [f for name, f in vars(module).items() if name.startswith("test_") and inspect.isfunction(f)]
    if unmarked := [f.__name__ for f in functions if not hasattr(f, "share")]:
        raise CheckFileError(f"{path.name}: {', '.join(unmarked)} has no @points")
    docs = [inspect.getdoc(f) or "" for f in functions]
    if untitled := [f.__name__ for f, doc in zip(functions, docs, strict=True) if not doc]:
        raise CheckFileError(f"{path.name}: {', '.join(untitled)} has no docstring to show as its title")
    shares = [vars(f)["share"] for f in functions]
    if sum(shares) != 1:
        raise CheckFileError(f"{path.name}: the shares in @points make {sum(shares)}, not 1")
    checks = tuple(
        Check(
            id=f"{exercise.id}/{f.__name__.removeprefix('test_')}",
            exercise=exercise.id,
            title=doc.splitlines()[0],
            points=exercise.points * share,
            hint=getattr(f, "hint", ""),
            limits=getattr(f, "limits", Limits()),
            run=f,
            module=module,
            names=exercise.names,
        )
        for f, doc, share in zip(functions, docs, shares, strict=True)
    )
    if uneven := [check.id for check in checks if (check.points * 10_000).denominator != 1]:
        raise CheckFileError(f"{path.name}: {', '.join(uneven)} is not worth a whole number of 1/10000 points")
    return checks


def reference_namespace(homework: Homework) -> SimpleNamespace:
    """Every name of the homework, as the reference has it."""
    namespace: dict[str, Any] = {}
    for exercise in homework.exercises:
        module = importlib.import_module(f"solutions.{homework.id}.{exercise.module}")
        namespace |= {name: getattr(module, name) for name in exercise.names}
    return SimpleNamespace(**namespace)


def check_seed(seed: int, check: Check) -> int:
    """The seed of one check: it does not depend on which other checks run."""
    return _derived(seed, check.id)


def _derived(seed: int, name: str) -> int:
    """Another seed for everything of another name."""
    return int.from_bytes(hashlib.sha256(f"{seed}/{name}".encode()).digest()[:6], "big")


def run_check(check: Check, session: Session, reference: SimpleNamespace, seed: int) -> Outcome:
    """Run one check against an open session of the guest. Never raises: what the grader broke is a grader-error."""
    start = time.perf_counter()
    try:
        check.run(Grade(session, reference, check.module, check_seed(seed, check)))
        outcome = Outcome(PASSED)
    except Exception as error:
        outcome = outcome_of(error, check.title)
    return replace(outcome, seconds=time.perf_counter() - start)


def outcome_of(error: BaseException, title: str) -> Outcome:
    """How a check ends that raised this: the guest's failure, a wrong answer, or a fault of ours."""
    if isinstance(error, GuestFailure):
        return Outcome(error.state, error.message, error.detail)
    if isinstance(error, AssertionError):
        return Outcome(FAILED, str(error.args[0]) if error.args else title)
    detail = "".join(traceback.format_exception(error))
    return Outcome(GRADER_ERROR, "the grader failed here; no points were lost", detail)


@lru_cache(maxsize=100)  # of the run's checks; only `make validate` has more seeds than one
def _prepared(make: Callable[[torch.Generator], Any], seed: int) -> Any:
    """See Grade.prepared. The generator's numbers are not those of the check's own `rng`."""
    return make(torch.Generator().manual_seed(_derived(seed, make.__name__)))


@cache
def probes_source(module: ModuleType) -> str:
    """The source of all probes of a check file, which is all that the guest sees of it."""
    tree = ast.parse(inspect.getsource(module))
    chosen: list[ast.stmt] = []
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and getattr(vars(module).get(node.name), "is_probe", False):
            node.decorator_list = []
            signature = node.args
            listed = [*signature.posonlyargs, *signature.args, *signature.kwonlyargs]
            for argument in [*listed, *filter(None, (signature.vararg, signature.kwarg))]:
                argument.annotation = None
            node.returns = None
            chosen.append(node)
    return ast.unparse(ast.Module(body=chosen, type_ignores=[]))


@cache
def _probes(module: ModuleType) -> dict[str, Any]:
    """The probes of a check file, with the names that the guest gives them and no others."""
    namespace: dict[str, Any] = {"torch": torch, "nn": nn, "F": F, "np": np, "math": math}
    exec(compile(probes_source(module), f"probes of {module.__name__}", "exec"), namespace)
    return namespace


def plain(value: object) -> Any:
    """The same plain data that an answer of the guest becomes on its way through the channel."""
    if isinstance(value, Tensor):
        return value.detach().clone()
    if isinstance(value, bool | int | float | str | None):
        return value
    if isinstance(value, list | tuple | set):
        return [plain(item) for item in value]
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if hasattr(value, "__array__"):
        return torch.as_tensor(value.__array__()).clone()
    return Opaque(type(value).__name__)


def _same(one: Any, other: Any) -> bool:
    """Whether two answers are equal in kind, shape, dtype and every bit that counts; NaN equals NaN."""
    if isinstance(one, Tensor) and isinstance(other, Tensor):
        alike = one.dtype == other.dtype and one.shape == other.shape
        return (
            alike
            and torch.equal(torch.nan_to_num(one), torch.nan_to_num(other))
            and torch.equal(one.isnan(), other.isnan())
        )
    if type(one) is not type(other):
        return False
    if isinstance(one, list):
        return len(one) == len(other) and all(map(_same, one, other))
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(_same(value, other[key]) for key, value in one.items())
    return one == other or (one != one and other != other)


def _require_probe(function: Callable) -> None:
    if not getattr(function, "is_probe", False):
        raise CheckFileError(f"{function.__name__} is sent to the guest but not marked @probe")


def _copy(value: Any) -> Any:
    if isinstance(value, Tensor):
        return value.clone()
    if isinstance(value, list | tuple):
        return type(value)(_copy(item) for item in value)
    if isinstance(value, dict):
        return {key: _copy(item) for key, item in value.items()}
    return value


def _import(path: Path, name: str) -> ModuleType:
    if name in sys.modules:
        return sys.modules[name]
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise ImportError(f"{path} is no Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    return module


def _is_numbers(answer: object, depth: int = 4) -> bool:
    """Whether the answer is a list of numbers (nested a few levels), and not an empty one."""
    if not isinstance(answer, list) or not answer or depth == 0:
        return False
    return all(isinstance(item, bool | int | float) or _is_numbers(item, depth - 1) for item in answer)


def _shape(shape: tuple[int | str, ...]) -> str:
    return "(" + ", ".join(str(size) for size in shape) + ("," if len(shape) == 1 else "") + ")"


def shown_shape(answer: Tensor, expected: tuple[int, ...]) -> str:
    """The shape of an answer for the student's eyes: sizes that the question does not hold are a question mark.

    A size could carry a hidden input to the page; what is needed to find a mistake are the sizes that were expected.
    """
    if answer.dim() > len(expected) + 1:
        return f"{len(expected) + 2} dimensions or more"
    known = {1, math.prod(expected), *expected}
    return f"shape {_shape(tuple(size if size in known else '?' for size in answer.shape))}"
