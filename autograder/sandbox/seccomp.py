"""The seccomp filter of the guest: what grading never needs, no student code may ask of the kernel.

It is compiled here, in the judge, with libseccomp (through pyseccomp), and travels into the sandbox as finished
instructions, so that the guest needs no library. A denied call fails with EPERM as if the user had no right to it; one
that no library makes by itself ends the process (SIGSYS), so that the attempt shows in the record.
"""

from __future__ import annotations

import errno
import tempfile
from functools import cache
from typing import Any

# The flags of clone that make a namespace: mount, cgroup, uts, ipc, user, pid, net.
_NEW_NAMESPACES = (0x00020000, 0x02000000, 0x04000000, 0x08000000, 0x10000000, 0x20000000, 0x40000000)
_TIOCSTI, _TIOCLINUX = 0x5412, 0x541C  # push characters into a terminal

DENIED = (
    # other processes: their memory, their descriptors, their limits and priorities
    *("ptrace", "process_vm_readv", "process_vm_writev", "process_madvise", "kcmp", "pidfd_getfd"),
    *("sched_setaffinity", "sched_setscheduler", "sched_setparam", "sched_setattr", "setpriority", "ioprio_set"),
    *("migrate_pages", "move_pages"),
    # namespaces and file systems
    *("unshare", "setns", "mount", "umount", "umount2", "pivot_root", "chroot", "move_mount", "open_tree", "fsopen"),
    *("fsconfig", "fsmount", "fspick", "mount_setattr", "name_to_handle_at", "open_by_handle_at", "quotactl"),
    *("quotactl_fd", "fanotify_init", "swapon", "swapoff", "acct"),
    # the network: the one socket of a check exists already
    *("socket", "socketpair", "socketcall", "bind", "connect", "listen", "accept", "accept4"),
    # memory that no limit of a process counts
    *("memfd_create", "memfd_secret", "shmget", "shmat", "shmctl", "semget", "semop", "semtimedop", "msgget", "msgsnd"),
    *("mq_open", "mlock", "mlock2", "mlockall"),
    # large kernel surfaces
    *("bpf", "perf_event_open", "userfaultfd", "io_uring_setup", "io_uring_enter", "io_uring_register", "io_setup"),
    *("keyctl", "add_key", "request_key", "lookup_dcookie", "modify_ldt", "iopl", "ioperm", "personality", "vm86"),
    *("init_module", "finit_module", "delete_module", "kexec_load", "kexec_file_load", "nfsservctl", "uselib"),
    # the machine: its disks, which everybody waits for, and who opens which file; its clock, its name
    *("sync", "syncfs", "inotify_init", "inotify_init1"),
    *("reboot", "syslog", "settimeofday", "clock_settime", "clock_adjtime", "adjtimex", "sethostname"),
    *("setdomainname", "vhangup"),
)


# Of these, what is not made in passing by any library: ptrace and its like, keyrings, io_uring, escapes.
FATAL = {
    *("ptrace", "process_vm_readv", "process_vm_writev", "pidfd_getfd", "kcmp", "keyctl", "add_key", "request_key"),
    *("io_uring_setup", "io_uring_enter", "io_uring_register", "bpf", "userfaultfd", "setns", "mount", "umount2"),
    *("pivot_root", "move_mount", "open_tree", "fsopen", "open_by_handle_at", "init_module", "finit_module"),
    *("kexec_load", "reboot"),
}


@cache
def compiled_filter() -> bytes | None:
    """The filter as BPF instructions for this machine, or None where libseccomp cannot be used."""
    try:
        import pyseccomp
    except (ImportError, RuntimeError, OSError):
        return None
    deny = pyseccomp.ERRNO(errno.EPERM)
    rules = pyseccomp.SyscallFilter(pyseccomp.ALLOW)
    # The other doors into the kernel (32 bits, x32), where numbers mean other calls.
    rules.set_attr(pyseccomp.Attr.ACT_BADARCH, pyseccomp.KILL_PROCESS)
    for name in DENIED:
        _add(rules, pyseccomp.KILL_PROCESS if name in FATAL else deny, name)
    for flag in _NEW_NAMESPACES:
        _add(rules, deny, "clone", pyseccomp.Arg(0, pyseccomp.MASKED_EQ, flag, flag))
    # clone3 hides its flags behind a pointer; glibc falls back to clone when it does not exist.
    _add(rules, pyseccomp.ERRNO(errno.ENOSYS), "clone3")
    _add(rules, deny, "prlimit64", pyseccomp.Arg(0, pyseccomp.NE, 0))  # 0: the caller itself
    for request in (_TIOCSTI, _TIOCLINUX):
        _add(rules, deny, "ioctl", pyseccomp.Arg(1, pyseccomp.MASKED_EQ, 0xFFFFFFFF, request))
    with tempfile.TemporaryFile() as file:
        rules.export_bpf(file)
        file.seek(0)
        return file.read()


def _add(rules: Any, action: int, name: str, *arguments: object) -> None:
    try:
        rules.add_rule(action, name, *arguments)
    except (RuntimeError, OSError, ValueError):
        return  # a call that this kernel, library or architecture does not have needs no rule
