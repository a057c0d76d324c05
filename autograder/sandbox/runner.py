"""A check's own process in the guest: it takes the limits upon itself, loads the program, and answers probe calls.

From the first line of student code on, nothing in this process can be believed: that code may patch all of this, and
may write to the socket itself. So what is sent from here is data, which the judge checks and never evaluates. The
reports of failures below are a courtesy to the student; the limits are held by the kernel, the warden and the judge.
"""

from __future__ import annotations
import __future__

import base64
import linecache
import os
import random
import resource
import signal
import site
import socket
import sys
import traceback
from types import ModuleType, SimpleNamespace
from typing import Any, NoReturn

from . import channel, kernel, libraries, manners

SOCKET = 3
NO_MEMORY = 86  # exit code: there was not even memory to say so

FILE_BYTES = 64 << 20
DISK_BYTES = 64 << 20
OPEN_FILES = 256
LAST_WORDS = 2000
FUTURE_FLAGS = sum({getattr(__future__, name).compiler_flag for name in __future__.all_feature_names})


def main(descriptor: int, limits: dict[str, Any], settings: dict[str, Any]) -> NoReturn:
    """Never returns, whatever the program does to the interpreter."""
    try:
        os.dup2(descriptor, SOCKET)
        os.closerange(SOCKET + 1, 1 << 20)
        judge = socket.socket(fileno=SOCKET)
        caps = channel.Caps(total_bytes=limits["answer_bytes"])
        try:
            _give_up_rights(limits, settings)
        except OSError as error:
            _send(judge, channel.pack({"refused": str(error)}, caps))
            os._exit(0)
        _send(judge, channel.pack({"ready": True}, caps))  # the last frame that the judge can believe
        _serve(judge, caps)
    except MemoryError:
        os._exit(NO_MEMORY)
    finally:
        os._exit(0)


def _give_up_rights(limits: dict[str, Any], settings: dict[str, Any]) -> None:
    kernel.set_dumpable(True)  # the files in /proc/self would belong to root else
    _write("/proc/self/oom_score_adj", "1000")  # where memory gets short, the kernel takes this one first
    if settings["namespaces"]:
        # A mount namespace of the check's own: what one check writes, the next does not find.
        kernel.unshare(kernel.CLONE_NEWNS)
        kernel.make_read_only("/proc")  # its settings are the machine's, and some belong to whoever is root outside
        kernel.mount("tmpfs", "/tmp", f"size={DISK_BYTES},nr_inodes=10000,mode=1777")
        kernel.mount("tmpfs", "/dev/shm", f"size={DISK_BYTES // 4},nr_inodes=1000,mode=1777")
        os.chdir("/tmp")
    os.setsid()
    signal.signal(signal.SIGPIPE, signal.SIG_IGN)
    kernel.drop_capabilities()
    kernel.die_with_parent()
    cpu = int(limits["cpu_seconds"]) + 1
    _limit(resource.RLIMIT_CPU, cpu, cpu + 1)
    _limit(resource.RLIMIT_AS, limits["memory_bytes"])
    _limit(resource.RLIMIT_FSIZE, FILE_BYTES)
    _limit(resource.RLIMIT_NOFILE, OPEN_FILES)
    _limit(resource.RLIMIT_CORE, 0)
    _limit(resource.RLIMIT_MEMLOCK, 0)
    _limit(resource.RLIMIT_MSGQUEUE, 0)
    if settings["namespaces"]:  # counted per user namespace; outside of one it would count the judge's processes too
        _limit(resource.RLIMIT_NPROC, limits["processes"])
    if settings["seccomp"]:
        kernel.install_filter(base64.b64decode(settings["seccomp"]))


def _limit(which: int, soft: int, hard: int | None = None) -> None:
    """Lower a limit; one that is lower already stays."""
    _, highest = resource.getrlimit(which)
    hard = soft if hard is None else hard
    if highest != resource.RLIM_INFINITY:
        soft, hard = min(soft, highest), min(hard, highest)
    resource.setrlimit(which, (soft, hard))


def _write(path: str, text: str) -> None:
    try:
        with open(path, "w") as file:
            file.write(text)
    except OSError:
        pass


def _serve(judge: socket.socket, caps: channel.Caps) -> None:
    """Answer the judge's requests until it closes its end."""
    student = _student_module()
    probes: dict[str, dict[str, Any]] = {}
    labels: set[str] = set()
    watch = manners.Watch(())
    while True:
        try:
            request = channel.read_frame(lambda size: _receive(judge, size), channel.TRUSTED, opaque=str)
        except EOFError:
            return
        try:
            if request["op"] == "load":
                labels.update(label for label, _ in request["parts"])
                watch = manners.Watch(request["watch"])
                _load(student, request["parts"])
                watch.watch_classes(vars(student))
                answer = None
            else:
                answer = _call(student, probes, request, watch)
                watch.ask_again()
            frame = channel.pack({"answer": answer, "manners": sorted(map(list, watch.found))}, caps)
        except BaseException as error:
            frame = channel.pack({"failure": _report(error, labels)}, caps)
        _send(judge, frame)


def _send(judge: socket.socket, frame: list[bytes | memoryview]) -> None:
    for buffer in frame:
        judge.sendall(buffer)


def _receive(judge: socket.socket, size: int) -> bytearray:
    data = bytearray(size)
    view = memoryview(data)
    while view:
        count = judge.recv_into(view)
        if count == 0:
            raise EOFError("the judge closed its end")
        view = view[count:]
    return data


def _student_module() -> ModuleType:
    """The module that the program runs in; as in a notebook it is `__main__`."""
    random.seed(0)  # Python seeds it anew in every fork; torch and numpy keep the state that the zygote gave them
    site.setquit()  # exit and quit, which a notebook has
    sys.argv = [""]
    module = sys.modules["__main__"] = ModuleType("__main__")
    return module


def _load(student: ModuleType, parts: list[tuple[str, str]]) -> None:
    """Execute the parts in order; as in a notebook, `from __future__` lines hold from their part on."""
    flags = 0
    for label, source in parts:
        # linecache lets inspect.getsource, and what builds on it, find the source of the definitions
        linecache.cache[label] = (len(source), None, source.splitlines(keepends=True), label)
        code = compile(source, label, "exec", flags, dont_inherit=True)
        flags |= code.co_flags & FUTURE_FLAGS
        exec(code, vars(student))


def _call(
    student: ModuleType, probes: dict[str, dict[str, Any]], request: dict[str, Any], watch: manners.Watch
) -> object:
    if request["probes"] not in probes:
        probes[request["probes"]] = _load_probes(request["probes"])
    function = probes[request["probes"]][request["name"]]
    return function(SimpleNamespace(**watch.namespace(vars(student))), *request["args"], **request["kwargs"])


def _load_probes(source: str) -> dict[str, Any]:
    copies = libraries.untouched()
    names = {"torch": "torch", "nn": "torch.nn", "F": "torch.nn.functional", "np": "numpy", "math": "math"}
    namespace: dict[str, Any] = {short: copies[name] for short, name in names.items()} | {"__name__": "probes"}
    exec(compile(source, "<probe>", "exec", dont_inherit=True), namespace)
    return namespace


def _report(error: BaseException, labels: set[str]) -> dict[str, Any]:
    """What the judge makes a sentence of: the kind of failure, and where in the student's cells it happened."""
    if isinstance(error, MemoryError) or _is_allocation_failure(error):
        error.__traceback__ = None  # frees what the frames hold, so that there is memory to answer
        return {"kind": "memory", "type": "MemoryError", "where": [], "innermost": False, "text": ""}
    if isinstance(error, channel.TooLargeError):
        return {"kind": "too-large", "type": "", "where": [], "innermost": False, "text": str(error)}
    frames = [[frame.f_code.co_filename, line or 0] for frame, line in traceback.walk_tb(error.__traceback__)]
    where = [place for place in frames if place[0] in labels][-1:]
    innermost = bool(where) and frames[-1][0] in labels
    if isinstance(error, SyntaxError) and error.filename in labels:
        where, innermost = [[error.filename, error.lineno or 0]], True
    return {
        "kind": "exception",
        "type": type(error).__name__,
        "where": where,
        "innermost": innermost,
        "text": _last_words(error),
    }


def _is_allocation_failure(error: BaseException) -> bool:
    """Torch says so with a RuntimeError."""
    text = _last_words(error) if isinstance(error, RuntimeError) else ""
    return "can't allocate memory" in text or "DefaultCPUAllocator" in text


def _last_words(error: BaseException) -> str:
    try:
        return str(error)[:LAST_WORDS]
    except BaseException:
        return "(its text could not be made)"
