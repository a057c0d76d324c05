"""How the zygote is started: the command line of bubblewrap, what is visible inside, and why it did not start."""

from __future__ import annotations

import base64
import json
import os
import shutil
import socket
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from autograder.course import ROOT
from autograder.errors import GRADER_BROKE, AutograderError
from autograder.sandbox import control
from autograder.sandbox.guest import FILES
from autograder.sandbox.seccomp import compiled_filter

HERE = Path(__file__).resolve().parent
TOOLKIT = ROOT / "homeworks" / "dgm"
HIDDEN_PACKAGES = ("autograder", "solutions")  # ours, in case somebody installed the project into its environment
START_SECONDS = 120.0
STOP_SECONDS = 1.0  # for a zygote to end by itself

# Enter control groups, then become the command, under the same process number: whoever it forks is in them as well.
ENTER = (
    *("/bin/sh", "-c"),
    'while [ "$1" != -- ]; do { echo 0 > "$1"; } 2> /dev/null; shift; done; shift; exec "$@"',
    "sh",
)

INSTALL = "bubblewrap is not installed; run `apt-get install bubblewrap` (Debian, Ubuntu) or `dnf install bubblewrap`"

# (file of the kernel's setting, the value that forbids, the command that allows)
USER_NAMESPACE_SETTINGS = (
    ("/proc/sys/kernel/unprivileged_userns_clone", "0", "sysctl -w kernel.unprivileged_userns_clone=1"),
    (
        "/proc/sys/kernel/apparmor_restrict_unprivileged_userns",
        "1",
        "sysctl -w kernel.apparmor_restrict_unprivileged_userns=0",
    ),
    ("/proc/sys/user/max_user_namespaces", "0", "sysctl -w user.max_user_namespaces=15000"),
)


class SandboxError(AutograderError):
    """The sandbox itself does not work: the grader's fault or the machine's, never the student's."""

    exit_code = GRADER_BROKE


@dataclass
class Launched:
    """A zygote that said it is ready: the process to wait for, and the socket to talk to it."""

    process: subprocess.Popen
    judge_end: socket.socket
    home: str | None  # a temporary folder to remove, where there is no private /tmp


def launch(isolation: str, cpu: int | None, entrances: Sequence[str] = ()) -> Launched:
    """Start a zygote and wait until it is ready. Raises SandboxError with a sentence that says what to do.

    `entrances` are the files of the control groups that it shall enter first; where it cannot, it starts all the same.
    """
    if isolation == "none":
        home = tempfile.mkdtemp(prefix="guest-")
        settings = _settings(cpu, home=home, path=[*_package_folders(), str(TOOLKIT.parent)], namespaces=False)
        command = [sys.executable, "-I", "-S", "-B", str(HERE / "guest.py"), json.dumps(settings)]
        return _start(command, home, entrances)
    bubblewrap = shutil.which("bwrap")
    if bubblewrap is None:
        raise SandboxError(INSTALL)
    if os.geteuid() == 0:
        try:
            return _start(_bubblewrap_command(bubblewrap, cpu, as_root=True), None, entrances)
        except SandboxError:
            pass  # root of a container may lack what root needs, and still be able to do what every user may
    return _start(_bubblewrap_command(bubblewrap, cpu, as_root=False), None, entrances)


def _settings(cpu: int | None, **settings: Any) -> dict[str, Any]:
    program = compiled_filter()
    seccomp = None if program is None else base64.b64encode(program).decode()
    return {"cpu": cpu, "seccomp": seccomp, "drop_root": False, "fresh_proc": False, **settings}


def _bubblewrap_command(bubblewrap: str, cpu: int | None, *, as_root: bool) -> list[str]:
    """Bubblewrap around the zygote: a read-only system, no network, of the repository only the guest's own files.

    `as_root` needs no user namespace, and is better off without: the zygote then becomes `nobody`, whom the kernel's
    limit on processes holds, as it does not hold root (see zygote._give_up_root). Everybody else gets one.
    """
    visible = _system() | _packages()
    packages = [inside for inside in visible if inside.startswith("/sandbox/packages")]
    settings = _settings(
        cpu,
        home="/tmp",
        path=[*packages, "/sandbox/lib"],
        namespaces=True,
        drop_root=as_root,
        fresh_proc=os.geteuid() == 0,
    )
    command = [bubblewrap, "--die-with-parent", "--new-session", "--clearenv"]
    for name, value in _environment("/tmp").items():
        command += ["--setenv", name, value]
    if as_root:
        command += ["--unshare-ipc", "--unshare-pid", "--unshare-net", "--unshare-uts", "--unshare-cgroup-try"]
    else:
        command += ["--unshare-all"]
    if os.geteuid() == 0:  # what the zygote needs to furnish its place; see zygote._give_up_root
        for capability in ("SYS_ADMIN", "SETUID", "SETGID", "SETPCAP", "SETFCAP"):
            command += ["--cap-add", f"CAP_{capability}"]
    for folder in sorted({str(parent) for inside in visible for parent in Path(inside).parents} - {"/"}):
        command += ["--perms", "0755", "--dir", folder]  # bubblewrap's own would be closed to all but its user
    for inside, outside in visible.items():
        command += ["--ro-bind", outside, inside]
    for folder in _hidden(visible):
        command += ["--tmpfs", folder]
    for folder in ("/lib", "/lib64", "/lib32"):
        if os.path.islink(folder):
            command += ["--symlink", os.readlink(folder), folder]
    command += ["--proc", "/proc", "--dev", "/dev", "--perms", "1777", "--tmpfs", "/tmp"]
    command += ["--remount-ro", "/dev", "--remount-ro", "/", "--chdir", "/tmp", "--"]
    return [*command, _python(), "-I", "-S", "-B", "/sandbox/guest/guest.py", json.dumps(settings)]


def _system() -> dict[str, str]:
    """What a dynamically linked Python needs of the system: its libraries. No programs, not even a shell."""
    folders = ["/usr/lib", "/usr/lib64", "/usr/lib32", "/usr/local/lib", "/lib", "/lib64", "/lib32"]
    folders += [str(Path(sys.base_prefix, name)) for name in ("lib", "lib64")]
    visible = {folder: folder for folder in folders if os.path.isdir(folder) and not os.path.islink(folder)}
    return visible | {file: file for file in ("/etc/ld.so.cache", _python()) if os.path.exists(file)}


def _packages() -> dict[str, str]:
    """The judge's installed packages, the students' toolkit, and the files of the guest, under neutral names."""
    visible = {f"/sandbox/packages{i}": folder for i, folder in enumerate(_package_folders())}
    if TOOLKIT.is_dir():
        visible["/sandbox/lib/dgm"] = str(TOOLKIT)
    return visible | {f"/sandbox/guest/{name}": str(HERE / name) for name in FILES}


def _hidden(visible: dict[str, str]) -> list[str]:
    """Where our own code would show all the same: installed as a package, or kept below a folder of the system."""
    folders = _package_folders()
    ours = [Path(folder, name) for folder in folders for name in HIDDEN_PACKAGES]
    ours += [] if str(ROOT) in folders else [ROOT]  # installed, it is the folder in which torch lies as well
    return [
        str(inside / folder.relative_to(outside))
        for folder in ours
        if folder.is_dir()
        for inside, outside in ((Path(inside), Path(outside)) for inside, outside in visible.items())
        if folder.is_relative_to(outside)
    ]


def _environment(home: str) -> dict[str, str]:
    """All of the guest's environment: nothing of the judge's."""
    threads = {f"{library}_NUM_THREADS": "1" for library in ("OMP", "MKL", "OPENBLAS", "NUMEXPR")}
    folders = {"HOME": home, "TMPDIR": home, "MPLCONFIGDIR": home}
    names = {"USER": "student", "LOGNAME": "student", "LANG": "C.UTF-8", "MPLBACKEND": "Agg", "PATH": "/usr/bin"}
    # glibc 2.35 and later: the heap grows in huge pages, so that `kernel.collapse_memory` has less to do.
    memory = {"GLIBC_TUNABLES": "glibc.malloc.hugetlb=1"}
    return threads | folders | names | memory


def _python() -> str:
    """The interpreter itself, not the virtual environment's link to it."""
    return os.path.realpath(sys.executable)


def _package_folders() -> list[str]:
    """The site-packages of the judge's environment, which the guest shares."""
    paths = [sysconfig.get_path(name) for name in ("purelib", "platlib")]
    return sorted({os.path.realpath(path) for path in paths})


def _start(command: list[str], home: str | None, entrances: Sequence[str]) -> Launched:
    judge_end, zygote_end = control.pair()
    with tempfile.TemporaryFile() as errors, zygote_end:
        process = subprocess.Popen(
            [*ENTER, *entrances, "--", *command] if entrances else command,
            stdin=zygote_end.fileno(),  # the one descriptor that is inherited for sure under the same number
            stdout=subprocess.DEVNULL,
            stderr=errors,
            cwd="/",
            env=_environment(home or "/tmp"),
            start_new_session=True,
        )
        zygote_end.close()
        launched = Launched(process, judge_end, home)
        judge_end.settimeout(START_SECONDS)
        try:
            control.receive(judge_end)
        except (EOFError, OSError) as error:
            slow = isinstance(error, TimeoutError)
            stop(launched)
            raise SandboxError(_explain(command[0], slow, _tail(errors))) from None
        return launched


def stop(launched: Launched) -> None:
    """End the zygote and with it every guest.

    It ends by itself when its socket closes; only then does the kernel add what it used to the account of its parents.
    """
    launched.judge_end.close()
    try:
        launched.process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        launched.process.kill()
        launched.process.wait()
    if launched.home is not None:
        shutil.rmtree(launched.home, ignore_errors=True)


def _tail(errors: IO[bytes]) -> str:
    errors.seek(0)
    lines = [line for line in errors.read(100_000).decode("utf-8", "replace").splitlines() if line.strip()]
    return lines[-1][:300] if lines else ""


def _explain(program: str, slow: bool, trouble: str) -> str:
    said = f" (it said: {trouble})" if trouble else ""
    if slow:
        return f"the sandbox was not ready within {START_SECONDS:.0f} seconds{said}"
    if not program.endswith("bwrap"):
        return f"the guest's Python did not start{said}"
    return explain_refusal(trouble) or f"the sandbox did not start{said}"


def explain_refusal(trouble: str) -> str | None:
    """What to do where the kernel refuses namespaces with these words; None when that is not what they say."""
    for file, forbidding, command in USER_NAMESPACE_SETTINGS:
        try:
            if Path(file).read_text().strip() == forbidding:
                return (
                    f"this system forbids user namespaces, which the sandbox needs: run `{command}` as root ({trouble})"
                )
        except OSError:
            continue
    if any(word in trouble for word in ("namespace", "not permitted", "Permission denied", "No space left")):
        return (
            "this system does not let the sandbox make its namespaces; in a container, start it with "
            f"`--security-opt seccomp=unconfined`, or grade outside of the container ({trouble})"
        )
    return None


def claim_cpu() -> tuple[int | None, socket.socket | None]:
    """A processor for one sandbox alone, and what holds the claim; (None, None) when all are taken.

    A guest that fills one processor with forks and threads then slows nobody down but itself. The claim is a name in
    the kernel's abstract namespace of sockets: one holder at a time, gone with the process that holds it.
    """
    processors = sorted(os.sched_getaffinity(0))
    if len(processors) == 1:
        return None, None
    for cpu in processors:
        holder = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        try:
            holder.bind(f"\0dgm-autograder-cpu-{cpu}")
            return cpu, holder
        except OSError:
            holder.close()
    return None, None
