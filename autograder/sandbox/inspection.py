"""What a guest can be asked about its own walls; the judge compares it with its own side."""

from __future__ import annotations

import os


def own_namespaces() -> dict[str, str]:
    """The judge's own namespaces, to be compared with the guest's."""
    return {name: os.readlink(f"/proc/self/ns/{name}") for name in ("user", "pid", "mnt", "ipc", "net", "uts")}


INSPECTION = """
def inspect(student, judges):
    import os, resource
    status = dict(line.split(":", 1) for line in open("/proc/self/status"))
    names = ("CPU", "AS", "NPROC", "NOFILE", "FSIZE", "CORE")
    limits = {name: resource.getrlimit(getattr(resource, "RLIMIT_" + name))[1] for name in names}
    resource.setrlimit(resource.RLIMIT_NPROC, (1, limits["NPROC"]))
    try:  # the kernel exempts the real root from this limit
        child = os.fork()
        if child == 0:
            os._exit(0)
        os.waitpid(child, 0)
        processes_limited = False
    except BlockingIOError:
        processes_limited = True
    return {
        "namespaces": [name for name, link in judges.items() if os.readlink("/proc/self/ns/" + name) != link],
        "rlimits": limits,
        "processes_limited": processes_limited,
        "no_new_privs": status["NoNewPrivs"].strip() == "1",
        "capabilities_dropped": all(int(status[name], 16) == 0 for name in ("CapEff", "CapPrm", "CapBnd", "CapAmb")),
        "seccomp": status["Seccomp"].strip() == "2",
        "one_cpu": len(os.sched_getaffinity(0)) == 1,
        "user": os.getuid(),
    }
"""
