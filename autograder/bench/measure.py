"""CPU seconds, wall seconds and memory of a command and everything that it starts.

CPU seconds are the kernel's own account of processes that were waited for (wait4). Orphans come here, for this process
adopts them, and count as well. Memory is the sum over all processes of their proportional set size, in which a page
that several share counts once; where the kernel does not show that of somebody, the resident set stands in for it.
"""

from __future__ import annotations

import ctypes
import os
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

PR_SET_CHILD_SUBREAPER = 36
SAMPLE_SECONDS = 0.5  # at the least, between two looks at the memory
SHARE_OF_LOOKING = 0.01  # of a processor: what is measured shall not miss it where all are busy
MIB = 1 << 20
PAGE = os.sysconf("SC_PAGE_SIZE")
CLOCK = os.sysconf("SC_CLK_TCK")


class CommandFailedError(Exception):
    """A command of the benchmark did not do its work; the sentence names its log."""


@dataclass(frozen=True)
class Usage:
    """CPU and wall in seconds; memory in MiB, the highest that was seen."""

    cpu: float
    wall: float
    memory: float


def run(
    command: Sequence[str | Path],
    log: Path,
    *,
    cwd: Path,
    env: Mapping[str, str],
    allowed: Sequence[int] = (0,),
    sample: bool = True,
) -> Usage:
    """Run a command to its end; what it prints goes to `log`. Raises CommandFailedError. Not for several threads."""
    _adopt_orphans()
    log.parent.mkdir(parents=True, exist_ok=True)
    begin = time.monotonic()
    with log.open("wb") as out:
        process = subprocess.Popen(
            [str(part) for part in command], cwd=cwd, env=dict(env), stdin=subprocess.DEVNULL, stdout=out, stderr=out
        )
        peak = _Peak(process.pid)
        if sample:
            peak.start()
        _, status, used = os.wait4(process.pid, 0)
        wall = time.monotonic() - begin
        process.returncode = os.waitstatus_to_exitcode(status)
        peak.stop()
    cpu = used.ru_utime + used.ru_stime + _reap_orphans()
    if process.returncode not in allowed:
        raise CommandFailedError(f"{Path(str(command[0])).name} ended with {process.returncode}; see {log}")
    return Usage(cpu, wall, peak.bytes / MIB)


def tree_cpu(root: int) -> float:
    """CPU seconds of a process, its living descendants, and all these waited for; exact while none comes or goes."""
    return sum(_cpu(process) for process in [root, *descendants(root)])


def tree_memory(root: int) -> int:
    """Bytes of memory of a process and its descendants, shared pages counted once."""
    return sum(memory(process) for process in [root, *descendants(root)])


def memory(process: int) -> int:
    """The proportional set size of a process in bytes, or its resident set where that is not shown."""
    try:
        for line in Path(f"/proc/{process}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) * 1024
    except OSError:
        pass
    try:
        return int(Path(f"/proc/{process}/statm").read_text().split()[1]) * PAGE
    except OSError:
        return 0  # it ended meanwhile


def descendants(root: int) -> list[int]:
    found, queue = [], [root]
    while queue:
        process = queue.pop()
        try:
            for thread in os.listdir(f"/proc/{process}/task"):
                below = list(map(int, Path(f"/proc/{process}/task/{thread}/children").read_text().split()))
                found += below
                queue += below
        except OSError:
            continue
    return found


def _cpu(process: int) -> float:
    try:
        fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return sum(map(int, fields[11:15])) / CLOCK  # proc(5): utime, stime, cutime, cstime


class _Peak(threading.Thread):
    """Looks at the memory of a tree now and then: the more it costs, the less often."""

    def __init__(self, root: int) -> None:
        super().__init__(daemon=True)
        self.root, self.bytes, self.done = root, 0, threading.Event()

    def run(self) -> None:
        pause = SAMPLE_SECONDS
        while not self.done.wait(pause):
            begin = time.thread_time()
            self.bytes = max(self.bytes, tree_memory(self.root))
            pause = max(SAMPLE_SECONDS, (time.thread_time() - begin) / SHARE_OF_LOOKING)

    def stop(self) -> None:
        self.done.set()
        if self.is_alive():
            self.join()


def _adopt_orphans() -> None:
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def _reap_orphans(patience: float = 2.0) -> float:
    """CPU seconds of adopted processes; those that go on after the command ended are waited for a little."""
    total, until = 0.0, time.monotonic() + patience
    while True:
        try:
            process, _, used = os.wait4(-1, os.WNOHANG)
        except ChildProcessError:
            return total
        if process:
            total += used.ru_utime + used.ru_stime
        elif time.monotonic() > until:
            return total
        else:
            time.sleep(0.02)
