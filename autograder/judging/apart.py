"""Work on what a student sent in a process of its own, which may cost only so much and may even crash.

Reading a notebook runs none of its code, but Python's own compiler can be led to spend minutes on a page of text, and
nobody knows all the ways. The process is a fork, so that it starts in milliseconds with all that is needed; it holds no
more rights than its parent, and ends with it.
"""

from __future__ import annotations

import gc
import json
import os
import resource
import select
import signal
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from autograder.sandbox import kernel

NO_MEMORY = 86  # exit code
PIECE = 1 << 20


class CostsTooMuchError(Exception):
    """The work went over a limit or crashed; the sentence says which, as the end of "it ..."."""


@dataclass(frozen=True)
class Allowance:
    """What the work may use: processor time, memory beside what the process had before, and time on the clock."""

    cpu_seconds: int = 20
    memory_bytes: int = 2 << 30
    wall_seconds: float = 120.0


def run_apart(work: Callable[[], Any], allowance: Allowance) -> tuple[Any, float]:
    """What `work()` returns, made in a fork, as JSON holds it; and the CPU seconds it took.

    Raises CostsTooMuchError, or RuntimeError with the traceback of what `work` raised.
    """
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        _be_the_child(work, allowance, writer)
    os.close(writer)
    answer = None
    try:
        answer = _read_to_the_end(reader, allowance.wall_seconds)
    finally:
        os.close(reader)
        if answer is None:
            os.kill(child, signal.SIGKILL)
        _, status, usage = os.wait4(child, 0)
    code = os.waitstatus_to_exitcode(status)
    if answer is None:
        raise CostsTooMuchError(f"did not end within {allowance.wall_seconds:g} s")
    if code != 0:
        raise CostsTooMuchError(_ending(code, allowance))
    document = json.loads(answer)
    if "failed" in document:
        raise RuntimeError(document["failed"])
    return document["done"], usage.ru_utime + usage.ru_stime


def _ending(code: int, allowance: Allowance) -> str:
    if code in (-signal.SIGXCPU, -signal.SIGKILL):
        return f"took more than {allowance.cpu_seconds} s of processor time"
    if code == NO_MEMORY:
        return f"took more than {allowance.memory_bytes >> 20} MiB of memory"
    return f"ended Python itself ({'signal' if code < 0 else 'exit code'} {abs(code)})"


def _read_to_the_end(reader: int, seconds: float) -> bytes | None:
    """What is written until the other end closes; None if that takes longer."""
    until = time.monotonic() + seconds
    pieces: list[bytes] = []
    while (left := until - time.monotonic()) > 0:
        if select.select([reader], [], [], left)[0]:
            if not (piece := os.read(reader, PIECE)):
                return b"".join(pieces)
            pieces.append(piece)
    return None


def _be_the_child(work: Callable[[], Any], allowance: Allowance, writer: int) -> NoReturn:
    """Never returns. Whatever this process shares with its parent, such as sockets, is left alone or closed."""
    try:
        kernel.die_with_parent()
        os.closerange(3, writer)
        os.closerange(writer + 1, 1 << 16)
        signal.signal(signal.SIGXCPU, signal.SIG_DFL)
        gc.disable()  # it would touch, and so copy, all that the parent holds
        _limit(resource.RLIMIT_CORE, 0)
        _limit(resource.RLIMIT_CPU, allowance.cpu_seconds)
        _limit(resource.RLIMIT_AS, _address_space() + allowance.memory_bytes)
        with os.fdopen(writer, "wb") as file:
            file.write(_answer(work))
        os._exit(0)
    except MemoryError:
        os._exit(NO_MEMORY)
    finally:
        os._exit(1)


def _answer(work: Callable[[], Any]) -> bytes:
    try:
        document = {"done": work()}
    except MemoryError:
        raise
    except Exception:
        document = {"failed": traceback.format_exc()}
    return json.dumps(document).encode("ascii")


def _limit(which: int, most: int) -> None:
    """Lower a limit; one that is lower already stays."""
    _, highest = resource.getrlimit(which)
    most = most if highest == resource.RLIM_INFINITY else min(most, highest)
    resource.setrlimit(which, (most, highest))


def _address_space() -> int:
    return int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
