"""The judge's side of the sandbox: Sandbox (one zygote), Guest (one submission), Session (one check).

The judge owns the clock, the sockets and the verdict. What it believes about the end of a process comes from the
warden (see `warden.py`); what comes from the student's process is data, read under caps and never evaluated.
"""

from __future__ import annotations

import select
import socket
import subprocess
import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from types import TracebackType
from typing import Any, NoReturn

from autograder.checking import CRASHED, GuestFailure, Limits
from autograder.sandbox import channel, control, groups, launch, messages
from autograder.sandbox.inspection import INSPECTION, own_namespaces
from autograder.sandbox.launch import SandboxError
from autograder.sandbox.messages import Parts
from autograder.sandbox.warden import descendants

ISOLATIONS = ("bubblewrap", "none")
GRACE_SECONDS = 10.0  # for the trusted processes to answer; a machine under load needs some
EXIT_SECONDS = 0.5
PROCESSES = 32  # processes and threads of one check


class Sandbox:
    """One warm zygote. Starts at the first use or in `with`; a zygote that dies is replaced.

    Use one per worker, from the thread that made it: the kernel ends the zygote together with that thread.
    """

    def __init__(self, isolation: str = "bubblewrap") -> None:
        if isolation not in ISOLATIONS:
            raise SandboxError(f"there is no isolation {isolation!r}; choose one of: {', '.join(ISOLATIONS)}")
        self.isolation = isolation
        self._launched: launch.Launched | None = None
        self._claim: socket.socket | None = None
        self._group: groups.Group | None = None
        self._description: dict[str, Any] | None = None
        self._guests = 0

    def __enter__(self) -> Sandbox:
        self._zygote()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the zygote and everything below it."""
        if self._launched is not None:
            launch.stop(self._launched)
            self._launched = None
        if self._claim is not None:
            self._claim.close()
            self._claim = None
        if self._group is not None:
            self._group.remove()
            self._group = None

    @contextmanager
    def guest(self) -> Iterator[Guest]:
        """A guest for one submission; gone at the end, with all that it started. Raises SandboxError."""
        guest = Guest(self)
        try:
            yield guest
        finally:
            guest.close()

    def describe(self) -> dict[str, Any]:
        """Which protections are active, for the records: measured from inside a guest, not promised."""
        if self._description is None:
            with self.guest() as guest, guest.session([], Limits()) as session:
                found = session.call(INSPECTION, "inspect", (own_namespaces(),), {})
                limited = self._group is not None and self._group.holds(self._processes())
                # Without groups the warden sums what processes hold; shared memory that none has mapped is not seen.
                counts = {"cgroup": limited, "shared_memory_counted": limited}
                self._description = {"isolation": self.isolation, **found, **counts}
        return dict(self._description)

    def _is_running(self) -> bool:
        return self._launched is not None and self._launched.process.poll() is None

    def _has_ended(self, patience: float) -> bool:
        with suppress(subprocess.TimeoutExpired):
            if self._launched is not None:
                self._launched.process.wait(patience)
        return not self._is_running()

    def _zygote(self) -> launch.Launched:
        launched = self._launched
        if launched is None or not self._is_running():
            self.close()
            self._description = None
            cpu, self._claim = launch.claim_cpu()
            try:
                self._group = groups.make()
                entrances = [] if self._group is None else self._group.entrances
                launched = self._launched = launch.launch(self.isolation, cpu, entrances)
                if self._group is not None:
                    self._group.settle(_with_descendants(launched.process.pid))
            except BaseException:
                self.close()
                raise
        return launched

    def _processes(self) -> set[int]:
        """Those of the sandbox, with bubblewrap around it."""
        return _with_descendants(self._zygote().process.pid)

    def _ask(self, message: dict[str, Any], descriptors: tuple[int, ...] = ()) -> dict[str, Any]:
        """One question to the zygote. When it does not answer, it is replaced, and SandboxError says so."""
        zygote = self._zygote()
        try:
            zygote.judge_end.settimeout(GRACE_SECONDS)
            control.send(zygote.judge_end, message, descriptors)
            return control.receive(zygote.judge_end)[0]
        except (OSError, EOFError):
            self.close()
            raise SandboxError("the sandbox stopped answering and was ended") from None

    def _open(self) -> tuple[int, socket.socket]:
        """A new guest: its number, and the judge's end of its warden's socket."""
        self._guests += 1
        judge_end, warden_end = control.pair()
        try:
            with warden_end:
                answer = self._ask({"op": "guest", "guest": self._guests}, (warden_end.fileno(),))
            if "refused" in answer:
                raise SandboxError(launch.explain_refusal(answer["refused"]) or answer["refused"])
            judge_end.settimeout(GRACE_SECONDS)
            ready, _ = control.receive(judge_end)
            if "failed" in ready:
                raise SandboxError(f"a guest could not be set up: {ready['failed']}")
        except (OSError, EOFError) as error:
            judge_end.close()
            raise SandboxError(f"a guest did not start: {error}") from None
        except SandboxError:
            judge_end.close()
            raise
        return self._guests, judge_end


class Guest:
    """What one submission may run in: its own namespaces, its own files; a process for each check."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox
        self._number, self._warden = self._open()

    def session(self, parts: Parts, limits: Limits, watch: Collection[str] = ()) -> Session:
        """A check's process, with the program `parts` (label, source) loaded at the first call. Use it in `with`.

        `watch` has the names of the functions and classes whose manners are looked at.
        """
        return Session(self, parts, limits, watch)

    def close(self) -> None:
        """End whatever runs in this guest."""
        if not _is_closed(self._warden):
            self._warden.close()
            if self._sandbox._is_running():  # if the zygote has gone, so have its guests
                with suppress(SandboxError):
                    self._sandbox._ask({"op": "close", "guest": self._number})

    def sandbox_has_ended(self) -> bool:
        """Whether the zygote itself is gone. Its end and its guests' come together, so it is given a moment."""
        return self._sandbox._has_ended(EXIT_SECONDS)

    def _open(self) -> tuple[int, socket.socket]:
        try:
            return self._sandbox._open()
        except SandboxError:
            return self._sandbox._open()  # a zygote that had died unnoticed is replaced at the second attempt

    def _begin(self, limits: Limits) -> tuple[socket.socket, socket.socket, groups.Allowance | None]:
        """Start a check: the judge's end of its own socket, the warden's, and what it may take of the sandbox's group.

        A guest that has died is replaced.
        """
        message = {
            "op": "check",
            "cpu_seconds": limits.cpu_seconds,
            "memory_bytes": limits.memory_bytes,
            "answer_bytes": limits.answer_bytes,
            "processes": PROCESSES,
        }
        for _ in range(2):
            if _is_closed(self._warden):
                self._number, self._warden = self._open()
            group = self._sandbox._group
            allowance = None if group is None else group.begin(limits.memory_bytes, PROCESSES)
            judge_end, child_end = socket.socketpair()
            with child_end:
                try:
                    control.send(self._warden, message, (child_end.fileno(),))
                    judge_end.setblocking(False)
                    return judge_end, self._warden, allowance
                except OSError:
                    if allowance is not None:
                        allowance.end()
                    judge_end.close()
                    self.close()
        raise SandboxError("a guest stopped answering between two checks, twice")


class _OutOfTimeError(Exception):
    pass


class _EndedError(Exception):
    """The check's process ended, or closed its socket."""


class Session:
    """One check's process. Implements checking.Session.

    The wall clock runs while the judge waits for the guest, not while the judge computes. After a failure that ended
    the process every further call fails in the same way. `usage` holds the warden's report once the session is over,
    `manners` what the guest says of the watched names: pairs of a name and a kind of breach.
    """

    def __init__(self, guest: Guest, parts: Parts, limits: Limits, watch: Collection[str] = ()) -> None:
        self._guest, self._parts, self._limits, self._watch = guest, list(parts), limits, sorted(watch)
        self._wall_left = limits.wall_seconds
        self._failure: tuple[str, str, str] | None = None
        self._loaded = False
        self._earlier: list[dict[str, Any]] = []
        self.usage: dict[str, Any] | None = None
        self.manners: set[tuple[str, str]] = set()

    def __enter__(self) -> Session:
        """Start the check's process. Raises SandboxError when it cannot be had confined as it should be."""
        self._caps = channel.Caps(total_bytes=self._limits.answer_bytes)
        for _ in range(2):
            self._socket, self._warden, self._allowance = self._guest._begin(self._limits)
            try:
                start = self._read(time.monotonic() + GRACE_SECONDS)
            except (_EndedError, _OutOfTimeError):  # no student code has run yet, so the fault is ours: a new guest
                self._end()
                self._guest.close()
                self.usage = None
                continue
            if start == {"ready": True}:
                return self
            self._end()
            raise SandboxError(f"a check's process could not be confined: {start}")
        raise SandboxError("a guest ended before its check began, twice")

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end()
        self.usage = _together([*self._earlier, *([self.usage] if self.usage else [])])

    def renew(self) -> None:
        """End the check's process and start another, which remembers nothing of what was asked before.

        The wall clock goes on from where it was. After a failure that ended the process nothing is started.
        """
        if self._failure is not None:
            return
        self._end()
        self._earlier += [self.usage] if self.usage else []
        self.usage, self._loaded = None, False
        self.__enter__()

    def call(self, probes: str, name: str, args: tuple, kwargs: dict) -> Any:
        """Run probe `name` beside the program.

        Raises GuestFailure, or SandboxError when the fault is not the student's.
        """
        if self._failure is not None:
            raise GuestFailure(*self._failure)
        request = {"op": "call", "probes": probes, "name": name, "args": list(args), "kwargs": dict(kwargs)}
        frame = channel.pack(request, channel.TRUSTED, strict=True)
        if not self._loaded:
            self._load()
        return self._exchange(frame)

    def _load(self) -> None:
        self._loaded = True
        try:
            request = {"op": "load", "parts": self._parts, "watch": self._watch}
            self._exchange(channel.pack(request, channel.TRUSTED, strict=True))
        except GuestFailure as failure:
            self._fail(failure)  # without its program the process is of no use

    def _exchange(self, frame: list[bytes | memoryview]) -> Any:
        """Send a request and give the answer. Raises GuestFailure."""
        reply = self._within_limits(frame)
        if self._had_too_much():
            self._fail(messages.out_of_memory())
        if isinstance(reply, dict) and {"answer"} <= reply.keys() <= {"answer", "manners"}:
            self.manners |= messages.breaches(reply.get("manners"), self._watch)
            return reply["answer"]
        if isinstance(reply, dict) and reply.keys() == {"failure"}:
            raise messages.from_report(reply["failure"], self._parts)
        self._fail(messages.malformed("a frame that is neither an answer nor a failure"))

    def _within_limits(self, frame: list[bytes | memoryview]) -> Any:
        start = time.monotonic()
        try:
            return self._send_and_read(frame, start + self._wall_left)
        except _OutOfTimeError:
            self._fail(messages.out_of_time(self._limits))
        except channel.ChannelError as error:
            self._fail(messages.malformed(str(error)))
        except _EndedError:
            self._end(patience=EXIT_SECONDS)
            self._fail(self._verdict())
        finally:
            self._wall_left -= time.monotonic() - start

    def _verdict(self) -> GuestFailure:
        """How the process ended. Raises SandboxError when not it but the whole sandbox was ended, by whomever."""
        if self.usage is None:
            if self._guest.sandbox_has_ended():
                raise SandboxError("the sandbox was ended from outside while a check was running")
            return GuestFailure(CRASHED, "your code's process was ended from outside", "the warden is gone")
        return messages.from_ending(self.usage, self._limits)

    def _had_too_much(self) -> bool:
        """Whether the kernel ended a process of this check for want of memory, be it one that the check started."""
        return self._allowance is not None and self._allowance.exceeded()

    def _fail(self, failure: GuestFailure) -> NoReturn:
        self._end()
        if self._had_too_much():  # whatever came of it: a process killed, an answer missing, a wait without end
            failure = messages.out_of_memory()
        if self.usage is not None and not failure.detail:
            failure.detail = messages.from_ending(self.usage, self._limits).detail
        self._failure = (failure.state, failure.message, failure.detail)
        raise failure

    def _end(self, patience: float = 0.0) -> None:
        """End the check's process and all it started, and keep the warden's report; harmless when done already.

        With `patience` a process that has closed its socket has that many seconds to end by itself and show how.
        """
        if _is_closed(self._socket):
            return
        try:
            self._collect(patience)
        finally:
            self._socket.close()  # not before: a process that finds it closed ends, and the report would say "exit"
            if self._allowance is not None:
                self._allowance.end()

    def _collect(self, patience: float) -> None:
        if self.usage is not None:
            return
        try:
            if not select.select([self._warden], [], [], patience)[0]:
                with suppress(OSError):  # it may be gone; then the next line says so
                    control.send(self._warden, {"op": "end"})
            self._warden.settimeout(GRACE_SECONDS)
            self.usage, _ = control.receive(self._warden)
        except (OSError, EOFError, ValueError):  # ValueError: closed here already
            self._guest.close()  # the warden is gone or stuck; the zygote ends it, and the next check gets a new guest

    # --- the socket, by the judge's clock

    def _send_and_read(self, frame: list[bytes | memoryview], deadline: float) -> Any:
        for buffer in frame:
            self._send(memoryview(buffer), deadline)
        return self._read(deadline)

    def _read(self, deadline: float) -> Any:
        return channel.read_frame(partial(self._receive, deadline=deadline), self._caps, messages.opaque)

    def _send(self, data: memoryview, deadline: float) -> None:
        while data:
            self._wait(select.POLLOUT, deadline)
            try:
                data = data[self._socket.send(data) :]
            except BlockingIOError:
                continue
            except OSError:
                raise _EndedError from None

    def _receive(self, size: int, deadline: float) -> bytearray:
        data = bytearray(size)
        view = memoryview(data)
        while view:
            self._wait(select.POLLIN, deadline)
            try:
                count = self._socket.recv_into(view)
            except BlockingIOError:
                continue
            except OSError:
                raise _EndedError from None
            if count == 0:
                raise _EndedError
            view = view[count:]
        return data

    def _wait(self, event: int, deadline: float) -> None:
        """Return when the check's socket is ready. Raises _OutOfTimeError, or _EndedError if the process ended first.

        What was sent before the end still counts: the socket is looked at first.
        """
        left = deadline - time.monotonic()
        if left <= 0:  # also for one that keeps sending, a byte at a time
            raise _OutOfTimeError
        poll = select.poll()
        poll.register(self._socket, event)
        if self.usage is None:
            poll.register(self._warden, select.POLLIN)
        ready = dict(poll.poll(left * 1000))
        if ready.get(self._socket.fileno(), 0) & (event | select.POLLHUP | select.POLLERR):
            return
        if ready:
            try:
                self.usage, _ = control.receive(self._warden)
            except (OSError, EOFError):
                self._guest.close()
        if ready or self.usage is not None:
            raise _EndedError
        raise _OutOfTimeError


def _with_descendants(process: int) -> set[int]:
    return {process, *descendants(process)}


def _is_closed(end: socket.socket) -> bool:
    """Whether it was closed here; what the other side did does not count."""
    return end.fileno() == -1


def _together(reports: list[dict[str, Any]]) -> dict[str, Any] | None:
    """The warden's reports of one check's processes as one: the last one's end, and the CPU seconds of all."""
    if not reports:
        return None
    return reports[-1] | {
        "cpu": sum(float(report.get("cpu", 0.0)) for report in reports),
        "left": max(report.get("left") or 0 for report in reports),
    }
