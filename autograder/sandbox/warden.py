"""The warden of a guest: process 1 of a submission's namespaces. It never runs student code.

For each check it forks a child (see `runner.py`), hands it the check's socket, and watches what the child and all that
it starts use together. However a check ends, the warden then kills everything else in its pid namespace and tells the
judge how the child ended: that comes from the kernel, and no student code can forge it.

Nobody inside can signal, trace or stop it: the kernel drops signals to process 1, and it is not dumpable.
"""

from __future__ import annotations

import os
import select
import signal
import socket
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from . import control, kernel, runner

GUEST_USER = 1000
TICK_SECONDS = 0.1
PAGE = os.sysconf("SC_PAGE_SIZE")
CLOCK = os.sysconf("SC_CLK_TCK")


def main(judge_end: int, settings: dict[str, Any]) -> NoReturn:
    """Serve the judge's checks, one at a time, until it closes its end."""
    for number in signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP}:
        signal.signal(number, signal.SIG_DFL)  # process 1 is safe from signals that it has no handler for
    os.setsid()
    null = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1, 2):  # 0 was the zygote's own socket
        os.dup2(null, standard)
    os.dup2(judge_end, 3)
    os.closerange(4, 1 << 20)
    judge = socket.socket(fileno=3)
    try:
        if settings["namespaces"]:
            _furnish()
        else:
            kernel.adopt_orphans()
            kernel.die_with_parent()
        if settings["cpu"] is not None:
            os.sched_setaffinity(0, {settings["cpu"]})  # inherited; the guest is denied the call that widens it
        kernel.no_new_privileges()
        kernel.set_dumpable(False)
    except OSError as error:
        control.send(judge, {"failed": str(error)})
        os._exit(71)
    control.send(judge, {"ready": True})
    warden = Warden(judge, settings)
    try:
        while True:
            message, descriptors = control.receive(judge)
            if message["op"] == "check":  # an "end" that crossed with the end of its check needs no answer
                warden.check(message, descriptors[0])
    except (EOFError, OSError):
        warden.kill_everything()
        os._exit(0)


def _furnish() -> None:
    """In fresh namespaces: their own /proc, a name, and no further namespaces or flood of processes below."""
    kernel.mount("proc", "/proc")
    socket.sethostname("guest")
    for setting, value in (("user/max_user_namespaces", "0"), ("kernel/pid_max", "400")):
        try:
            Path("/proc/sys", setting).write_text(value)
        except OSError:
            pass  # rings behind other rings (seccomp, the limit on processes); older kernels lack the second


@dataclass
class Usage:
    """What a check used so far. Times in seconds, memory in bytes (resident, above what was there at the start).

    Threads count as processes, as they do for the kernel.
    """

    cpu: float = 0.0
    memory: int = 0
    processes: int = 0


class Warden:
    def __init__(self, judge: socket.socket, settings: dict[str, Any]) -> None:
        self.judge, self.settings = judge, settings
        self.child = 0

    def check(self, limits: dict[str, Any], descriptor: int) -> None:
        """Run one check's child to its end, whoever brings it about, and report."""
        reaped_before = _reaped_cpu()
        memory_before = _resident(os.getpid())
        self.child = os.fork()
        if self.child == 0:
            runner.main(descriptor, limits, self.settings)
        os.close(descriptor)
        reason, peak = self.watch(limits, reaped_before, memory_before)
        left = len(set(self.others()) - {self.child})
        status = self.kill_everything()
        self.child = 0
        control.send(
            self.judge,
            {
                "reason": reason,
                "status": status,
                "cpu": _reaped_cpu() - reaped_before,
                "memory": peak.memory,
                "processes": peak.processes,
                "left": left,
            },
        )

    def watch(self, limits: dict[str, Any], reaped_before: float, memory_before: int) -> tuple[str, Usage]:
        """Wait until the child ends, the judge says so, or the guest as a whole uses too much: why, and the peak."""
        descriptor, judge = os.pidfd_open(self.child), self.judge.fileno()
        peak = Usage()
        try:
            while True:
                ready, _, _ = select.select([descriptor, judge], [], [], TICK_SECONDS)
                if judge in ready:
                    control.receive(self.judge)  # the only message during a check is "end"; raises when it is gone
                    return "asked", peak
                if descriptor in ready:
                    return "exit", peak
                now = self.usage(memory_before)
                now.cpu += _reaped_cpu() - reaped_before
                peak = Usage(now.cpu, max(peak.memory, now.memory), max(peak.processes, now.processes))
                if now.cpu > limits["cpu_seconds"]:
                    return "cpu", peak
                if now.memory > limits["memory_bytes"]:
                    return "memory", peak
                if now.processes > limits["processes"]:
                    return "processes", peak
        finally:
            os.close(descriptor)

    def usage(self, memory_before: int) -> Usage:
        total = Usage()
        for process in self.others():
            cpu, threads = _cpu_and_threads(process)
            total.processes += threads
            total.cpu += cpu
            total.memory += max(0, _resident(process) - memory_before)  # what it shares with the zygote costs nothing
        return total

    def others(self) -> list[int]:
        """Every process of the guest but the warden."""
        if self.settings["namespaces"]:
            return [int(name) for name in os.listdir("/proc") if name.isdecimal() and name != "1"]
        return descendants(os.getpid())

    def kill_everything(self) -> int:
        """End and reap all that runs in the guest; returns the wait status of the check's child.

        A process that is being killed cannot fork, so the loop ends: every round sees at most what the last one missed.
        """
        status = 0
        while True:
            if self.settings["namespaces"]:
                try:
                    os.kill(-1, signal.SIGKILL)
                except ProcessLookupError:
                    pass
            else:
                for process in descendants(os.getpid()):
                    try:
                        os.kill(process, signal.SIGKILL)
                    except ProcessLookupError:
                        pass
            try:
                process, raw = os.waitpid(-1, os.WNOHANG)
                while process:
                    status = raw if process == self.child else status
                    process, raw = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return status
            time.sleep(0.001)


def children(process: int) -> list[int]:
    """The children of a process, those that ended and are not yet reaped included."""
    found: list[int] = []
    try:
        for thread in os.listdir(f"/proc/{process}/task"):
            found += map(int, Path(f"/proc/{process}/task/{thread}/children").read_text().split())
    except OSError:
        pass  # it ended meanwhile
    return found


def descendants(process: int) -> list[int]:
    found, queue = [], [process]
    while queue:
        below = children(queue.pop())
        found += below
        queue += below
    return found


def _reaped_cpu() -> float:
    times = os.times()
    return times.children_user + times.children_system


def _cpu_and_threads(process: int) -> tuple[float, int]:
    """CPU seconds of a process and of the children it has reaped, and its threads; nothing once it is gone."""
    try:
        # A process may call itself anything, also what is no text.
        fields = Path(f"/proc/{process}/stat").read_bytes().rpartition(b")")[2].split()
    except OSError:
        return 0.0, 0
    # proc(5): utime, stime, cutime and cstime are the fields 14 to 17, num_threads is field 20; the list starts at 3
    return sum(map(int, fields[11:15])) / CLOCK, int(fields[17])


def _resident(process: int) -> int:
    try:
        return int(Path(f"/proc/{process}/statm").read_text().split()[1]) * PAGE
    except OSError:
        return 0
