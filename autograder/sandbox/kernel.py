"""The system calls that Python's standard library does not offer: namespaces, mounts, capabilities, seccomp (Linux).

Used inside the sandbox only, before any student code runs. Every function raises OSError with the name of the call.
"""

from __future__ import annotations

import ctypes
import os
from pathlib import Path

CLONE_NEWNS = 0x00020000
CLONE_NEWUTS = 0x04000000
CLONE_NEWIPC = 0x08000000
CLONE_NEWUSER = 0x10000000
CLONE_NEWPID = 0x20000000
CLONE_NEWNET = 0x40000000

CAP_SETFCAP = 31

MS_RDONLY, MS_NOSUID, MS_NODEV, MS_NOEXEC, MS_REMOUNT, MS_BIND = 1, 2, 4, 8, 32, 4096

_PR_SET_PDEATHSIG = 1
_PR_SET_DUMPABLE = 4
_PR_SET_SECCOMP = 22
_PR_CAPBSET_DROP = 24
_PR_SET_CHILD_SUBREAPER = 36
_PR_SET_NO_NEW_PRIVS = 38
_PR_CAP_AMBIENT = 47
_PR_CAP_AMBIENT_CLEAR_ALL = 4
_SECCOMP_MODE_FILTER = 2
_LINUX_CAPABILITY_VERSION_3 = 0x20080522
_MADV_COLLAPSE = 25
_HUGE_PAGE = 2 << 20
_SIGKILL = 9

_libc = ctypes.CDLL(None, use_errno=True)
_libc.prctl.argtypes = (ctypes.c_int, *[ctypes.c_ulong] * 4)
_libc.madvise.argtypes = (ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int)
_libc.mount.argtypes = (ctypes.c_char_p, ctypes.c_char_p, ctypes.c_char_p, ctypes.c_ulong, ctypes.c_char_p)


def _check(result: int, call: str) -> None:
    if result == -1:
        number = ctypes.get_errno()
        raise OSError(number, f"{call}: {os.strerror(number)}")


def _prctl(option: int, *arguments: int) -> int:
    return _libc.prctl(option, *arguments, *[0] * (4 - len(arguments)))


def unshare(namespaces: int) -> None:
    """Leave the namespaces of the parent for fresh ones (the pid namespace: from the next child on)."""
    _check(_libc.unshare(namespaces), "unshare")


def map_user(inside: int, user: int, group: int) -> None:
    """In a fresh user namespace, let the user and group that made it have the number `inside`."""
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/gid_map").write_text(f"{inside} {group} 1")
    Path("/proc/self/uid_map").write_text(f"{inside} {user} 1")


def mount(kind: str, target: str, options: str = "") -> None:
    """Mount a fresh file system of that kind, without setuid programs and devices."""
    flags = MS_NOSUID | MS_NODEV | (MS_NOEXEC if kind == "proc" else 0)
    _check(_libc.mount(kind.encode(), target.encode(), kind.encode(), flags, options.encode()), f"mount {target}")


def make_read_only(target: str) -> None:
    """Make a mount of `mount` read-only, in this mount namespace."""
    flags = MS_REMOUNT | MS_BIND | MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC
    _check(_libc.mount(None, target.encode(), None, flags, None), f"mount {target} read-only")


def set_dumpable(dumpable: bool) -> None:
    """Whether others of the same user may trace this process and read its memory through /proc."""
    _check(_prctl(_PR_SET_DUMPABLE, int(dumpable)), "prctl PR_SET_DUMPABLE")


def die_with_parent() -> None:
    """Be killed when the parent ends, however it ends."""
    _check(_prctl(_PR_SET_PDEATHSIG, _SIGKILL), "prctl PR_SET_PDEATHSIG")


def adopt_orphans() -> None:
    """Become the parent of every descendant whose own parent ends."""
    _check(_prctl(_PR_SET_CHILD_SUBREAPER, 1), "prctl PR_SET_CHILD_SUBREAPER")


def no_new_privileges() -> None:
    """No program that is started from here on gains rights by being setuid or having file capabilities."""
    _check(_prctl(_PR_SET_NO_NEW_PRIVS, 1), "prctl PR_SET_NO_NEW_PRIVS")


class _CapabilityHeader(ctypes.Structure):
    _fields_ = [("version", ctypes.c_uint32), ("pid", ctypes.c_int)]


class _CapabilitySets(ctypes.Structure):
    _fields_ = [("effective", ctypes.c_uint32), ("permitted", ctypes.c_uint32), ("inheritable", ctypes.c_uint32)]


def drop_capabilities(keep: int | None = None) -> None:
    """Give up every capability (but `keep`, one below 32) for good, in every set that Linux has."""
    for capability in range(64):
        if _prctl(_PR_CAPBSET_DROP, capability) == -1:  # the first number that the kernel does not know
            break
    _prctl(_PR_CAP_AMBIENT, _PR_CAP_AMBIENT_CLEAR_ALL)
    header = _CapabilityHeader(_LINUX_CAPABILITY_VERSION_3, 0)
    kept = 0 if keep is None else 1 << keep
    sets = (_CapabilitySets * 2)(_CapabilitySets(effective=kept, permitted=kept))
    _check(_libc.capset(ctypes.byref(header), sets), "capset")


class _FilterProgram(ctypes.Structure):
    _fields_ = [("length", ctypes.c_ushort), ("instructions", ctypes.c_char_p)]


def install_filter(program: bytes) -> None:
    """Install a compiled seccomp filter (8 bytes per instruction); it cannot be removed and is inherited."""
    structure = _FilterProgram(len(program) // 8, program)
    _check(_prctl(_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, ctypes.addressof(structure)), "prctl PR_SET_SECCOMP")


def collapse_memory() -> None:
    """Put this process's own memory into huge pages where the kernel can (Linux 6.1 and later).

    A fork copies the page table, not the memory: with huge pages that is much shorter (measured: fork and exit of the
    zygote take 5 ms of CPU time instead of 13).
    """
    for line in Path("/proc/self/maps").read_text().splitlines():
        fields = line.split()
        if fields[1] == "rw-p" and (len(fields) == 5 or fields[5] == "[heap]"):
            start, end = (int(address, 16) for address in fields[0].split("-"))
            start, end = -(-start // _HUGE_PAGE) * _HUGE_PAGE, end // _HUGE_PAGE * _HUGE_PAGE
            if start < end:
                _libc.madvise(start, end - start, _MADV_COLLAPSE)  # best effort: it only saves time
