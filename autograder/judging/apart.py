"""Work on what students sent in a process of its own, which may cost only so much and may even crash.

Reading a notebook runs none of its code, but Python's own compiler can be led to spend minutes on a page of text, and
nobody knows all the ways. The process is a fork, so that it starts in milliseconds with all that is needed; it holds no
more rights than its parent, and ends with it. It is kept from one piece of work to the next: a fork of a process that
holds torch costs more than most notebooks.
"""

from __future__ import annotations

import gc
import json
import math
import os
import resource
import signal
import socket
import struct
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from autograder.sandbox import kernel

NO_MEMORY = 86  # exit code
PIECE = 1 << 20
LENGTH = struct.Struct(">Q")


class CostsTooMuchError(Exception):
    """The work went over a limit or crashed; the sentence says which, as the end of "it ..."."""


@dataclass(frozen=True)
class Allowance:
    """What a piece of work may use: processor time, memory beside what the process began with, time on the clock."""

    cpu_seconds: int = 20
    memory_bytes: int = 2 << 30
    wall_seconds: float = 120.0


class Apart:
    """One kind of work, done apart. `work` is called with bytes and gives what JSON can hold.

    A process that went over the allowance, crashed or grew is replaced at the next call.
    """

    def __init__(self, work: Callable[[bytes], Any], allowance: Allowance) -> None:
        self._work = work
        self._allowance = allowance
        self._child: int | None = None
        self._connection: socket.socket | None = None
        self._parent = 0

    def __call__(self, data: bytes) -> tuple[Any, float]:
        """What `work(data)` returns, as JSON holds it, and the CPU seconds it took.

        Raises CostsTooMuchError, or RuntimeError with the traceback of what `work` raised.
        """
        until = time.monotonic() + self._allowance.wall_seconds
        try:
            try:
                _send(self._connected(), data, until)
            except (BrokenPipeError, ConnectionResetError):  # it ended since the last call: out of memory, perhaps
                self.close()
                _send(self._connected(), data, until)
            answer = _receive(self._connected(), until)
        except TimeoutError:
            self.close()
            raise CostsTooMuchError(f"did not end within {self._allowance.wall_seconds:g} s") from None
        except BaseException:
            self.close()  # an answer that nobody waited for would be taken for the next one
            raise
        if answer is None:
            raise CostsTooMuchError(_ending(self.close(), self._allowance))
        document = json.loads(answer)
        if document["grown"]:
            self.close()
        if "failed" in document:
            raise RuntimeError(document["failed"])
        return document["done"], document["cpu"]

    def close(self) -> int:
        """End the process, if there is one; how it ended, as `os.waitstatus_to_exitcode` says it."""
        connection, self._connection = self._connection, None
        child, self._child = self._child, None
        if connection is None or child is None:
            return 0
        if self._parent != os.getpid():  # a fork of its parent leaves it to its parent
            connection.detach()
            return 0
        connection.close()
        try:
            # What ended by itself has closed its end before; the kernel keeps how, whatever is sent to it now.
            os.kill(child, signal.SIGKILL)
            return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        except (ProcessLookupError, ChildProcessError):  # somebody waited for all children
            return -signal.SIGKILL

    def _connected(self) -> socket.socket:
        if self._parent != os.getpid():
            self.close()
        if self._connection is None:
            self._connection, theirs = socket.socketpair()
            self._parent = os.getpid()
            self._child = os.fork()
            if self._child == 0:
                _be_the_child(self._work, self._allowance, theirs)
            theirs.close()
        return self._connection


def _ending(code: int, allowance: Allowance) -> str:
    if code in (-signal.SIGXCPU, -signal.SIGKILL):
        return f"took more than {allowance.cpu_seconds} s of processor time"
    if code == NO_MEMORY:
        return f"took more than {allowance.memory_bytes >> 20} MiB of memory"
    return f"ended Python itself ({'signal' if code < 0 else 'exit code'} {abs(code)})"


# --- messages: a length, and as many bytes --------------------------------------------------------------------------


def _send(connection: socket.socket, data: bytes, until: float | None = None) -> None:
    _wait_until(connection, until)
    connection.sendall(LENGTH.pack(len(data)) + data)


def _receive(connection: socket.socket, until: float | None = None) -> bytes | None:
    """The next message; None where the other end closes first. Raises TimeoutError."""
    length = _exactly(connection, LENGTH.size, until)
    return None if length is None else _exactly(connection, LENGTH.unpack(length)[0], until)


def _exactly(connection: socket.socket, size: int, until: float | None) -> bytes | None:
    pieces = bytearray()
    while len(pieces) < size:
        _wait_until(connection, until)
        try:
            piece = connection.recv(min(PIECE, size - len(pieces)))
        except ConnectionResetError:
            return None
        if not piece:
            return None
        pieces += piece
    return bytes(pieces)


def _wait_until(connection: socket.socket, until: float | None) -> None:
    if until is not None:
        left = until - time.monotonic()
        if left <= 0:
            raise TimeoutError
        connection.settimeout(left)


# --- in the process -------------------------------------------------------------------------------------------------


def _be_the_child(work: Callable[[bytes], Any], allowance: Allowance, connection: socket.socket) -> NoReturn:
    """Never returns. Whatever this process shares with its parent, such as sockets, is left alone or closed."""
    try:
        kernel.die_with_parent()
        os.closerange(3, connection.fileno())
        os.closerange(connection.fileno() + 1, 1 << 16)
        signal.signal(signal.SIGXCPU, signal.SIG_DFL)
        gc.freeze()  # a collection would touch, and so copy, all that the parent holds
        _limit(resource.RLIMIT_CORE, 0)
        begin = _address_space()
        _limit(resource.RLIMIT_AS, begin + allowance.memory_bytes)
        while (data := _receive(connection)) is not None:
            _limit(resource.RLIMIT_CPU, math.ceil(time.process_time()) + allowance.cpu_seconds)
            document = _answer(work, data)
            grown = _address_space() - begin > allowance.memory_bytes // 8  # what is left behind is the next one's
            _send(connection, json.dumps({**document, "grown": grown}).encode("ascii"))
        os._exit(0)
    except MemoryError:
        os._exit(NO_MEMORY)
    finally:
        os._exit(1)


def _answer(work: Callable[[bytes], Any], data: bytes) -> dict[str, Any]:
    begin = time.process_time()
    try:
        document = {"done": work(data)}
    except MemoryError:
        raise
    except Exception:
        document = {"failed": traceback.format_exc()}
    return {**document, "cpu": time.process_time() - begin}


def _limit(which: int, most: int) -> None:
    """Set a limit, but not above what this process may have."""
    _, highest = resource.getrlimit(which)
    most = most if highest == resource.RLIM_INFINITY else min(most, highest)
    resource.setrlimit(which, (most, highest))


def _address_space() -> int:
    return int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
