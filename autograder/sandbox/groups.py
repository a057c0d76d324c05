"""Control groups: the kernel's limits on the memory and the processes of a whole sandbox, where the host offers them.

A group holds one zygote and everything below it, and nobody else. What the warden sums ten times a second the kernel
then holds at every moment. Both controllers, `memory` and `pids`, or no group at all.

Version 1  a child of the judge's own group, in the hierarchy of each controller. Root can make one.
Version 2  a sibling of the judge's own group: a group with processes cannot have children that are limited, and only
           the sandbox's own processes are moved. Root can make one under systemd, everybody else where the group above
           is theirs: `systemd-run --user --scope make grade`.

No name and no number in here comes from a submission. Source: the kernel's admin-guide, cgroup-v1 and cgroup-v2.
"""

from __future__ import annotations

import errno
import itertools
import os
import re
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from autograder.sandbox.runner import DISK_BYTES

NAME = "dgm-sandbox"  # followed by the judge's process and a number
CONTROLLERS = ("memory", "pids")
REMOVE_SECONDS = 1.0  # for the last process to be reaped
PAGE = os.sysconf("SC_PAGE_SIZE")

# What a check may take of the group's memory beyond its limit: its /tmp and /dev/shm, and what the warden does not
# count (pages that were the zygote's until it wrote to them, page tables, pipes, what the disk's files occupy).
SLACK_BYTES = DISK_BYTES + DISK_BYTES // 4 + (256 << 20)
TRUSTED_PROCESSES = 32  # bubblewrap, the zygote, and the wardens of the guests that are open


@dataclass(frozen=True)
class Version:
    """How the files are called in which the kernel tells and takes numbers of a group."""

    usage: str
    limit: str
    limit_with_swap: str | None  # the sum of both; never below `limit`, or the kernel refuses
    swap: str | None  # swap alone
    kills: str  # among other lines, "oom_kill" and how often


VERSION_1 = Version(
    "memory.usage_in_bytes", "memory.limit_in_bytes", "memory.memsw.limit_in_bytes", None, "memory.oom_control"
)
VERSION_2 = Version("memory.current", "memory.max", None, "memory.swap.max", "memory.events")


class Group:
    """One sandbox's group. Nothing here raises: what cannot be limited is seen in `holds`."""

    def __init__(self, version: Version, memory: Path, pids: Path) -> None:
        """`memory` and `pids` are its folders below those controllers; the same one in version 2."""
        self._version, self._memory, self._pids = version, memory, pids
        self._folders = list(dict.fromkeys((memory, pids)))
        self._base: int | None = None  # None: nobody has entered
        self._running: list[Allowance] = []
        self._memory_limit: int | None = None
        self._process_limit: int | None = None

    @property
    def entrances(self) -> list[str]:
        """The files that take in a process which writes 0 to them."""
        return [str(folder / "cgroup.procs") for folder in self._folders]

    def settle(self, processes: set[int]) -> None:
        """Take what a zygote that just became ready uses as the base of all limits, if its processes are in here."""
        with suppress(OSError, ValueError):
            if self._contains(processes):
                self._base = int((self._memory / self._version.usage).read_text())

    def begin(self, memory_bytes: int, processes: int) -> Allowance | None:
        """Let one more check take that much; None where nobody entered the group. End it with `Allowance.end`."""
        if self._base is None:
            return None
        allowance = Allowance(self, memory_bytes, processes, self.kills())
        self._running.append(allowance)
        self._set_limits(self._base)
        return allowance

    def end(self, allowance: Allowance) -> None:
        """The limits stay until the next check begins; most checks have the same, and then nothing is written."""
        if allowance in self._running:
            self._running.remove(allowance)

    def kills(self) -> int:
        """How many processes of this group the kernel has ended for want of memory."""
        with suppress(OSError):
            for line in _read(self._memory / self._version.kills).splitlines():
                name, _, count = line.partition(" ")
                if name == "oom_kill":
                    return int(count)
        return 0

    def holds(self, processes: set[int]) -> bool:
        """Whether all these processes are in the group, and its limits are those of the checks that run: measured."""
        try:
            return (
                self._base is not None
                and self._contains(processes)
                and self._memory_limit == int((self._memory / self._version.limit).read_text())
                and self._process_limit == int((self._pids / "pids.max").read_text())
            )
        except (OSError, ValueError):  # ValueError: "max" is no number
            return False

    def remove(self) -> None:
        """Remove the group once its last process has been reaped; one that cannot be is left to the next `make`."""
        deadline = time.monotonic() + REMOVE_SECONDS
        for folder in self._folders:
            while not _removed(folder) and time.monotonic() < deadline:
                time.sleep(0.002)

    def prepare(self) -> None:
        """Try every file that will be written. Raises OSError where this is not to be had."""
        if self._version.swap is not None and (self._memory / self._version.swap).exists():
            _write(self._memory / self._version.swap, "0")
        for folder in self._folders:
            os.close(os.open(folder / "cgroup.procs", os.O_WRONLY))
        os.close(os.open(self._memory / self._version.limit, os.O_WRONLY))
        _write(self._pids / "pids.max", str(TRUSTED_PROCESSES))

    def _contains(self, processes: set[int]) -> bool:
        inside = [set(map(int, Path(entrance).read_text().split())) for entrance in self.entrances]
        return all(processes <= found for found in inside)

    def _set_limits(self, base: int) -> None:
        """Write the limits above what the zygote alone uses, if they are others than before.

        The kernel refuses a limit on memory that lies below what is in use even after it has dropped what it can. Then
        the one before stays, which was higher.
        """
        memory = base + sum(running.memory_bytes + SLACK_BYTES for running in self._running)
        memory = -(-memory // PAGE) * PAGE  # the kernel keeps whole pages
        if memory != self._memory_limit:
            with suppress(OSError):
                self._write_memory_limit(memory)
                self._memory_limit = memory
        processes = TRUSTED_PROCESSES + sum(running.processes for running in self._running)
        if processes != self._process_limit:
            with suppress(OSError):
                _write(self._pids / "pids.max", str(processes))
                self._process_limit = processes

    def _write_memory_limit(self, memory: int) -> None:
        files = [self._memory / self._version.limit]
        if self._version.limit_with_swap is not None and (self._memory / self._version.limit_with_swap).exists():
            files.append(self._memory / self._version.limit_with_swap)  # absent where the kernel does not count swap
        if self._memory_limit is not None and memory > self._memory_limit:
            files.reverse()  # the sum may never be the lower one
        for file in files:
            _write(file, str(memory))


@dataclass(eq=False)
class Allowance:
    """What one running check may take of its group."""

    group: Group
    memory_bytes: int
    processes: int
    kills_before: int

    def exceeded(self) -> bool:
        """Whether the kernel had to end a process since this began, for want of memory.

        Of two checks at the same time in one sandbox, either may have been the cause. Grading runs one at a time.
        """
        return self.group.kills() > self.kills_before

    def end(self) -> None:
        """Give it back; harmless when done already."""
        self.group.end(self)


_numbers = itertools.count(1)


def make(process: Path = Path("/proc/self")) -> Group | None:
    """An empty group for one sandbox, or None where the host does not offer it to this user."""
    try:
        own = _own_folders((process / "mountinfo").read_text(), (process / "cgroup").read_text())
    except (OSError, ValueError):
        return None
    for version, *parents in _places(own):
        if group := _made(version, parents):
            return group
    return None


def _own_folders(mounts: str, groups: str) -> dict[str, Path]:
    """The folder of the judge's own group below each controller, and under "" that of version 2; see proc(5).

    A container may see a part of the hierarchy only; then the mount has a root, and the group lies below that or cannot
    be seen.
    """
    own: dict[str, PurePosixPath] = {}
    for line in groups.splitlines():
        _, controllers, path = line.split(":", 2)
        own |= {controller: PurePosixPath(path) for controller in controllers.split(",")}
    folders: dict[str, Path] = {}
    for line in mounts.splitlines():
        before, _, after = line.partition(" - ")
        root, point = (_unescaped(field) for field in before.split(" ")[3:5])
        kind, _, options = after.split(" ", 2)
        for controller in options.split(",") if kind == "cgroup" else [""] if kind == "cgroup2" else []:
            place = own.get(controller)
            if place is not None and place.is_relative_to(root) and ".." not in place.parts:
                folders.setdefault(controller, Path(point, place.relative_to(root)))
    return folders


def _unescaped(field: str) -> str:
    return re.sub(r"\\([0-7]{3})", lambda found: chr(int(found[1], 8)), field)


def _places(own: dict[str, Path]) -> Iterator[tuple[Version, Path, Path]]:
    """Below which folders, for memory and for pids, a group may be made."""
    if all(controller in own for controller in CONTROLLERS):
        yield VERSION_1, own["memory"], own["pids"]
    if "" in own:
        for folder in (own[""], own[""].parent):  # the first can only be where the judge runs in the root of all groups
            with suppress(OSError):
                if set(CONTROLLERS) <= set((folder / "cgroup.subtree_control").read_text().split()):
                    yield VERSION_2, folder, folder


def _made(version: Version, parents: list[Path]) -> Group | None:
    for parent in parents:
        _remove_leftovers(parent)
    name = f"{NAME}-{os.getpid()}-{next(_numbers)}"
    folders = [parent / name for parent in parents]
    try:
        for folder in dict.fromkeys(folders):
            folder.mkdir()
        group = Group(version, *folders)
        group.prepare()
        return group
    except OSError:
        for folder in folders:
            _removed(folder)
        return None


def _remove_leftovers(parent: Path) -> None:
    """Remove the groups of judges that were killed. One that is in use is not removed by the kernel."""
    with suppress(OSError):
        for folder in list(parent.glob(f"{NAME}-*-*")):
            judge = folder.name.removeprefix(f"{NAME}-").partition("-")[0]
            if judge.isdecimal() and not _lives(int(judge)):
                _removed(folder)


def _lives(process: int) -> bool:
    try:
        os.kill(process, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        pass  # somebody else's
    return True


def _removed(folder: Path) -> bool:
    """Remove an empty group; False when a process is still in it."""
    try:
        folder.rmdir()
    except OSError as error:
        return error.errno != errno.EBUSY
    return True


def _read(file: Path) -> str:
    """A small file of the kernel's, in a third of the time that Path.read_text takes: every answer waits for one."""
    descriptor = os.open(file, os.O_RDONLY)
    try:
        return os.read(descriptor, PAGE).decode()
    finally:
        os.close(descriptor)


def _write(file: Path, text: str) -> None:
    """Write to a file of the kernel's, which must exist. Raises OSError."""
    descriptor = os.open(file, os.O_WRONLY)
    try:
        os.write(descriptor, text.encode())
    finally:
        os.close(descriptor)
