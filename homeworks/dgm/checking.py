"""Public checks: `check("masked_conv")` says what works already and what to fix. They cost and give no points.

The checks of an exercise are the functions marked `@public_check` in `checks/<homework>/<exercise>.py`. Each gets
`student`, whose attributes are the names of the notebook, and fails by an assertion whose message is the advice.
"""

import ctypes
import hashlib
import importlib
import importlib.util
import linecache
import math
import random
import signal
import sys
import threading
import traceback
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import wraps
from html import escape
from pathlib import Path
from types import FrameType, FunctionType, ModuleType, TracebackType
from typing import Any

import numpy as np
import torch

from dgm.notebook import OneLineError, ipython, show
from dgm.stubs import check_files, unwritten

PATIENCE = 20  # seconds a public check may take before it is stopped; they are written to need less than one
LONGEST = 400  # characters shown of an error's own text

GREEN, RED, AMBER = "#007a5e", "#b8320a", "#8a5a00"  # dark enough to be read as text on white


def check(exercise: str) -> None:
    """Run the public checks of an exercise on what the notebook defines now, and show one line for each.

    Random numbers, default dtype and gradient mode are afterwards what they were before. An exercise whose name
    occurs in several homeworks is found by the folder of the notebook, or written in full: "hw1/elbo".
    Raises ChecksFailed when something is not green yet, and UnknownExercise for a name that does not exist.
    """
    path = _find(exercise)
    namespace = sys._getframe(1).f_globals
    _warm_up(path)
    results = [_run(function, namespace, path) for function in _public_checks(path)]
    show(*_report(path.stem, results))
    if failed := sum(not result.passed for result in results):
        raise ChecksFailed(f"{path.stem}: {failed} of {len(results)} checks not passed yet (see above)")


def public_check(title: str) -> Callable[[Callable], Callable]:
    """Mark a function `(student) -> None` as a public check; the title says what holds when it passes."""

    def mark(function: Callable) -> Callable:
        vars(function)["public_title"] = title
        return function

    return mark


class ChecksFailed(OneLineError):  # noqa: N818, it is what a student reads
    """Some public checks of an exercise are not green yet."""


class UnknownExercise(OneLineError):  # noqa: N818
    """There are no public checks under that name."""


class MissingNameError(AttributeError):
    """The notebook does not define a name that a check needs."""


class Student:
    """The names of the notebook as attributes; `_gave_nan` collects the functions that returned NaN."""

    def __init__(self, namespace: dict[str, Any]) -> None:
        self._namespace = namespace
        self._gave_nan: list[str] = []

    def __getattr__(self, name: str) -> Any:
        try:
            value = self._namespace[name]
        except KeyError:
            raise MissingNameError(f"`{name}` is not defined: run the cell that defines it") from None
        return self._watched(name, value) if isinstance(value, FunctionType) else value

    def _watched(self, name: str, function: Callable) -> Callable:
        @wraps(function)
        def watched(*args: Any, **kwargs: Any) -> Any:
            answer = function(*args, **kwargs)
            if name not in self._gave_nan and _holds_nan(answer):
                self._gave_nan.append(name)
            return answer

        return watched


def _holds_nan(answer: object) -> bool:
    if isinstance(answer, torch.Tensor):
        return bool(answer.isnan().any())
    if isinstance(answer, dict):
        answer = list(answer.values())
    if isinstance(answer, list | tuple):
        return any(map(_holds_nan, answer))
    return isinstance(answer, float) and math.isnan(answer)


# --- running ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Result:
    """How one check ended. `code` is the student's line that raised, where there is one."""

    title: str
    passed: bool
    message: str = ""
    code: str = ""
    is_unwritten: bool = False


def _warm_up(path: Path) -> None:
    """Import what the first step of an optimiser imports: within a check's patience it could be stopped half-way."""
    if "optim" in path.read_text(encoding="utf-8"):
        importlib.import_module("torch._dynamo")


class _TooSlow(BaseException):
    """Not an Exception, so that a student's `except Exception` does not swallow it."""


def _run(function: Callable, namespace: dict[str, Any], path: Path) -> Result:
    title = vars(function)["public_title"]
    seed = int.from_bytes(hashlib.sha256(f"{path.stem}/{function.__name__}".encode()).digest()[:4], "big")
    student = Student(namespace)
    try:
        with _untouched(), _time_limit(PATIENCE):
            _start_afresh(seed)
            function(student)
    except MissingNameError as error:
        return Result(title, False, str(error))
    except _TooSlow:
        return Result(title, False, f"stopped after {PATIENCE} s: is there a loop that never ends?")
    except Exception as error:
        frame, line = _last_frame(error)
        in_notebook = frame.f_globals is namespace
        if isinstance(error, AssertionError) and not in_notebook:
            advice = _shorten(str(error)) or "this does not hold yet"
            if student._gave_nan and "NaN" not in advice:
                advice += f" ({', '.join(student._gave_nan)} returned NaN, which is no number)"
            return Result(title, False, advice)
        if task := unwritten(error):
            return Result(title, False, f"not written yet: {task.text}", is_unwritten=True)
        if isinstance(error, NotImplementedError) and in_notebook and not str(error):
            return Result(title, False, "not written yet", is_unwritten=True)
        message = f"{type(error).__name__}: {_shorten(str(error))}".rstrip(": ")
        code = _students_line(error.__traceback__, namespace)
        if not code and Path(frame.f_code.co_filename) == path:
            message += f" (in the check, at `{linecache.getline(str(path), line).strip()}`)"
        return Result(title, False, message, code)
    return Result(title, True)


def _start_afresh(seed: int) -> None:
    """What every check finds: its own seed, gradients on, float32. The same at each run, so that green stays green."""
    torch.manual_seed(seed)
    np.random.seed(seed)
    random.seed(seed)
    torch.set_grad_enabled(True)
    torch.set_default_dtype(torch.float32)


@contextmanager
def _untouched() -> Iterator[None]:
    """Put the student's random numbers, gradient mode and default dtype back, whatever happens."""
    before = torch.get_rng_state(), np.random.get_state(), random.getstate()
    grad, dtype = torch.is_grad_enabled(), torch.get_default_dtype()
    try:
        yield
    finally:
        torch.set_rng_state(before[0])
        np.random.set_state(before[1])
        random.setstate(before[2])
        torch.set_grad_enabled(grad)
        torch.set_default_dtype(dtype)


def _time_limit(seconds: float) -> AbstractContextManager[None]:
    """Raise _TooSlow inside after so many seconds.

    By an alarm where the system has them, which ends waiting too; elsewhere (on Windows, in threads) by another thread,
    and then between two steps of Python.
    """
    if hasattr(signal, "SIGALRM") and threading.current_thread() is threading.main_thread():
        return _alarm(seconds)
    return _watched(seconds)


@contextmanager
def _alarm(seconds: float) -> Iterator[None]:
    def stop(signum: int, frame: FrameType | None) -> None:
        raise _TooSlow

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


@contextmanager
def _watched(seconds: float) -> Iterator[None]:
    runner, over, lock = ctypes.c_ulong(threading.get_ident()), threading.Event(), threading.Lock()

    def stop() -> None:
        with lock:
            if not over.is_set():
                ctypes.pythonapi.PyThreadState_SetAsyncExc(runner, ctypes.py_object(_TooSlow))

    timer = threading.Timer(seconds, stop)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        with lock:
            over.set()
        timer.cancel()
        ctypes.pythonapi.PyThreadState_SetAsyncExc(runner, None)  # one that is still on its way


def _last_frame(error: BaseException) -> tuple[FrameType, int]:
    """Where it was raised; a wrong call shows where the check stands, not this module, which passes it on."""
    *_, last = (place for place in traceback.walk_tb(error.__traceback__) if place[0].f_code.co_filename != __file__)
    return last


def _students_line(trace: TracebackType | None, namespace: dict[str, Any]) -> str:
    """The innermost line of the notebook that the error went through, with its place; "" when there is none."""
    found = ""
    while trace:
        if trace.tb_frame.f_globals is namespace:
            name = trace.tb_frame.f_code.co_filename
            text = linecache.getline(name, trace.tb_lineno).strip()
            found = f"{_cell(name)}line {trace.tb_lineno}: {text}"
        trace = trace.tb_next
    return found


def _cell(file_name: str) -> str:
    """ "In[7], " when IPython knows the file as a cell."""
    name = getattr(getattr(ipython(), "compile", None), "format_code_name", lambda _: None)(file_name)
    return f"{name[1]}, " if name else ""


def _shorten(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= LONGEST else text[:LONGEST] + " ..."


# --- showing ------------------------------------------------------------------------------------------------------


def _report(exercise: str, results: list[Result]) -> tuple[str, str]:
    """The results as plain text and as HTML."""
    passed = sum(result.passed for result in results)
    count = f"{passed} of {len(results)} public checks passed"
    plain, rows = [f"{exercise}: {count}"], []
    for result in results:
        mark = "✓" if result.passed else "✗"
        colour = GREEN if result.passed else AMBER if result.is_unwritten else RED
        plain.append(f"{mark} {result.title}" + (f" — {result.message}" if result.message else ""))
        line = f'<span style="color: {colour}; font-weight: bold">{mark}</span> {escape(result.title)}'
        if result.message:
            line += f' <span style="color: {colour}">— {escape(result.message)}</span>'
        if result.code:
            plain.append(f"    {result.code}")
            line += f'<br><code style="margin-left: 1.6em">{escape(result.code)}</code>'
        rows.append(f"<div>{line}</div>")
    edge = GREEN if passed == len(results) else RED
    html = (
        f'<div style="border-left: 4px solid {edge}; padding: 4px 10px; line-height: 1.6">'
        f"<div><b>{escape(exercise)}</b>: {count}</div>{''.join(rows)}</div>"
    )
    return "\n".join(plain), html


# --- finding ------------------------------------------------------------------------------------------------------


def _find(exercise: object) -> Path:
    files = check_files()
    chosen = [path for path in files if exercise in (path.stem, f"{path.parent.name}/{path.stem}")]
    if len(chosen) > 1:  # theory problems have the same names in every homework
        here = Path.cwd().name
        chosen = [path for path in chosen if path.parent.name == here] or chosen
    if len(chosen) == 1:
        return chosen[0]
    if chosen:
        full = " or ".join(f'check("{path.parent.name}/{path.stem}")' for path in chosen)
        raise UnknownExercise(f"{exercise!r} occurs in several homeworks: write {full}")
    known = "; ".join(
        f"{homework}: {', '.join(path.stem for path in files if path.parent.name == homework)}"
        for homework in sorted({path.parent.name for path in files})
    )
    raise UnknownExercise(f"there are no public checks for {exercise!r}; there are some for {known or 'nothing yet'}")


def _public_checks(path: Path) -> list[Callable]:
    """The marked functions of a file, in its order. It is read anew each time and stays out of sys.modules."""
    spec = importlib.util.spec_from_file_location(f"dgm_public_checks_{path.stem}", path)
    if spec is None or spec.loader is None:
        raise ImportError(f"{path} is no Python file")
    module: ModuleType = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return [value for value in vars(module).values() if hasattr(value, "public_title")]
