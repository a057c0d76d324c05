"""The zygote: a process inside the sandbox that has imported torch, holds no secret and no student code, and forks.

For each submission the judge asks for a guest: a warden (see `warden.py`) in user, pid, mount, ipc, network and uts
namespaces of its own. The zygote is the parent of every warden; when it has reaped one, the kernel has ended everything
that ever ran in that guest.
"""

from __future__ import annotations

import gc
import os
import select
import signal
import socket
from typing import Any, NoReturn

from . import control, kernel, libraries, warden

NOBODY = 65534
STOP_SECONDS = 1.0


def main(settings: dict[str, Any]) -> NoReturn:
    """Set up, say so to the judge, and serve until the judge is gone. `settings` is what `launch.py` made."""
    kernel.no_new_privileges()
    _give_up_root(settings)
    kernel.die_with_parent()
    kernel.adopt_orphans()
    os.umask(0o077)
    os.chdir(settings["home"])
    warm_up()
    judge = socket.socket(fileno=0)
    control.send(judge, {"ready": True})
    try:
        _serve(judge, settings)
    except (EOFError, OSError):
        pass  # the judge is gone; die_with_parent and the pid namespace take everybody along
    os._exit(0)


def _give_up_root(settings: dict[str, Any]) -> None:
    """What only root's sandbox needs: its /proc without the parts that bubblewrap covers there, and another user.

    The kernel lets a guest mount its own /proc only where a fully visible one is mounted. And it exempts the real root
    from the limit on processes, so the guest must be somebody else. Where that cannot be (a root without rights), a
    guest's user stands for root, and the kernel lets only a holder of CAP_SETFCAP make such a guest.
    """
    if settings["fresh_proc"]:
        kernel.mount("proc", "/proc")
    if settings["drop_root"]:
        os.setgroups([])
        os.setresgid(NOBODY, NOBODY, NOBODY)
        os.setresuid(NOBODY, NOBODY, NOBODY)
    still_root = settings["fresh_proc"] and not settings["drop_root"]
    kernel.drop_capabilities(keep=kernel.CAP_SETFCAP if still_root else None)
    kernel.set_dumpable(True)  # else the files in /proc that map a guest's user belong to root


def warm_up() -> None:
    """Import what programs use and let torch build what it builds at first use, so that no check pays for it."""
    gc.disable()  # a third of the time of some imports goes into looking for garbage that there is none of
    import numpy as np
    import torch
    import torch.nn.functional as F
    from torch import nn

    torch.set_num_threads(1)
    torch.set_num_interop_threads(1)
    images = torch.rand(2, 1, 8, 8)
    for dtype in (torch.float32, torch.float64):
        layers = nn.Sequential(nn.Conv2d(1, 4, 3, padding=1), nn.ReLU(), nn.Flatten(), nn.Linear(256, 10)).to(dtype)
        loss = F.cross_entropy(layers(images.to(dtype)), torch.zeros(2, dtype=torch.long))
        loss.backward()
        torch.optim.Adam(layers.parameters()).step()
    F.conv1d(torch.rand(1, 2, 8), torch.rand(3, 2, 2))
    np.linalg.solve(np.eye(3), np.ones(3))
    try:
        import dgm  # noqa: F401  the students' toolkit; programs import it
    except Exception:  # a program that needs it will say so itself
        pass
    libraries.untouched()
    np.random.seed(0)
    torch.manual_seed(0)
    gc.collect()
    gc.freeze()  # the collector of a child would otherwise touch, and so copy, every page
    gc.enable()
    kernel.collapse_memory()


def _serve(judge: socket.socket, settings: dict[str, Any]) -> None:
    wardens: dict[int, int] = {}  # the judge's number of a guest -> process
    while True:
        message, descriptors = control.receive(judge)
        if message["op"] == "guest":
            try:
                wardens[message["guest"]] = _open_guest(descriptors[0], settings)
                answer = {"opened": message["guest"]}
            except OSError as error:
                answer = {"refused": str(error)}
            os.close(descriptors[0])
        else:
            process = wardens.pop(message["guest"], None)
            if process is not None:
                _close_guest(process, set(wardens.values()), settings["namespaces"])
            answer = {"closed": message["guest"]}
        control.send(judge, answer)


def _open_guest(warden_end: int, settings: dict[str, Any]) -> int:
    """Fork a warden and give its process number. Raises OSError when the kernel refuses its namespaces."""
    if not settings["namespaces"]:
        process = os.fork()
        if process == 0:
            _run_warden(warden_end, settings)
        return process
    # The first process of a pid namespace is a child of the one that asked for it. A process in between asks, forks
    # and ends, so that the zygote stays where it is and becomes the parent.
    reader, writer = os.pipe()
    between = os.fork()
    if between == 0:
        try:
            _enter_namespaces()
            process = os.fork()
            if process == 0:
                os.close(writer)
                _run_warden(warden_end, settings)
            os.write(writer, str(process).encode())
        except OSError as error:
            os.write(writer, f"{error}".encode())
        os._exit(0)
    os.close(writer)
    with open(reader, "rb") as pipe:
        answer = pipe.read().decode()
    os.waitpid(between, 0)
    if not answer.isdecimal():
        raise OSError(answer)
    return int(answer)


def _enter_namespaces() -> None:
    user, group = os.getuid(), os.getgid()
    kernel.unshare(
        kernel.CLONE_NEWUSER
        | kernel.CLONE_NEWPID
        | kernel.CLONE_NEWNS
        | kernel.CLONE_NEWIPC
        | kernel.CLONE_NEWNET
        | kernel.CLONE_NEWUTS
    )
    kernel.map_user(warden.GUEST_USER, user, group)


def _run_warden(warden_end: int, settings: dict[str, Any]) -> NoReturn:
    try:
        warden.main(warden_end, settings)
    finally:
        os._exit(70)


def _close_guest(process: int, others: set[int], namespaces: bool) -> None:
    """End a guest and reap it. In a pid namespace the warden's end is everybody's, and reaping it waits for that.

    Without namespaces the warden cleans up itself (the judge closed its socket, which asks it to), and what a warden
    that had to be killed leaves behind is adopted by the zygote, and ended here.
    """
    if not namespaces:
        descriptor = os.pidfd_open(process)
        select.select([descriptor], [], [], STOP_SECONDS)
        os.close(descriptor)
    os.kill(process, signal.SIGKILL)
    os.waitpid(process, 0)
    while not namespaces and (orphans := set(warden.children(os.getpid())) - others):
        for orphan in orphans:
            os.kill(orphan, signal.SIGKILL)
            os.waitpid(orphan, 0)
