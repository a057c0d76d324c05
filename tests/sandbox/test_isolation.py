"""What a guest behind bubblewrap cannot see, reach or leave behind."""

import os
import sys
import threading

import pytest

from autograder.course import ROOT
from autograder.sandbox import SandboxError, messages
from autograder.sandbox.warden import descendants
from tests.sandbox.conftest import Asker

SHORT = {"cpu_seconds": 0.4, "wall_seconds": 0.8}


def test_the_description_is_what_was_measured(bubblewrapped):
    found = bubblewrapped.describe()
    assert set(found["namespaces"]) == {"user", "pid", "mnt", "ipc", "net", "uts"}
    assert found["no_new_privs"] and found["capabilities_dropped"]
    assert found["rlimits"]["NPROC"] == 32 and found["rlimits"]["CORE"] == 0
    assert found["user"] != 0


def test_neither_repository_nor_home_nor_programs_are_there(ask):
    source = """
import os
def f(folders, allowed):
    seen = []
    for folder in folders:
        for path, names, files in os.walk(folder):
            names[:] = [name for name in names if os.path.join(path, name) not in allowed]
            seen += [os.path.join(path, name) for name in files]
    return [name for name in seen if name not in allowed][:50]
"""
    folders = [str(ROOT), os.path.expanduser("~"), "/home", "/var", "/etc", "/bin", "/usr", "/opt", "/sys", "/run"]
    allowed = ["/usr/lib", "/usr/lib64", "/usr/lib32", "/usr/local/lib", "/etc/ld.so.cache"]
    allowed += [os.path.join(sys.base_prefix, "lib"), os.path.realpath(sys.executable)]
    assert ask.answer(source, folders, allowed) == []
    look = "import os\ndef f(names): return [name for name in names if os.path.exists(name)]"
    names = [ROOT / "autograder" / "checking.py", ROOT / "solutions", ROOT / ".git", "/bin/sh", "/usr/bin/env"]
    assert ask.answer(look, [str(name) for name in names]) == []
    modules = "import importlib.util as u\ndef f(names): return [n for n in names if u.find_spec(n)]"
    assert ask.answer(modules, ["autograder", "solutions"]) == []


def test_the_environment_and_the_command_lines_hold_nothing(ask, monkeypatch):
    source = """
import glob, os
def f():
    lines = [open(name).read() for name in glob.glob("/proc/[0-9]*/cmdline")]
    return dict(os.environ), lines
"""
    environment, lines = ask.answer(source)
    assert environment["HOME"] == "/tmp" and environment["OMP_NUM_THREADS"] == "1"
    assert not [
        name for name in environment if name in ("PYTHONPATH", "PYTEST_CURRENT_TEST", "SSH_AUTH_SOCK", "VIRTUAL_ENV")
    ]
    assert str(ROOT) not in "".join(lines)


def test_the_system_is_read_only(ask):
    source = """
import os
def f():
    failed = []
    for folder in ("/", "/usr/lib", "/sandbox", "/sandbox/guest", "/sandbox/packages0", "/dev", "/proc/sys/kernel"):
        try:
            open(folder + "/x", "w")
        except OSError:
            failed.append(folder)
    for setting in ("sys/kernel/core_pattern", "sys/kernel/pid_max", "self/oom_score_adj", "1/oom_score_adj"):
        try:
            open("/proc/" + setting, "w")
        except OSError:
            failed.append(setting)
    return len(failed)
"""
    assert ask.answer(source) == 7 + 4


def test_the_disk_is_small(ask):
    source = """
import os
def f():
    written = 0
    try:
        for i in range(1000):
            with open(f"/tmp/{i}", "wb") as file:
                written += file.write(bytes(10**7))
    except OSError:
        pass
    empty = 0
    try:
        for empty in range(10**6):
            open(f"/dev/shm/{empty}", "w").close()
    except OSError:
        pass
    return written, empty
"""
    written, empty = ask.answer(source)
    assert written <= 64 << 20 and empty <= 1000


def test_there_is_no_network_and_no_new_socket(ask):
    source = """
import os, socket
def f():
    found = [name for name in open("/proc/net/dev").read().split() if name.endswith(":")]
    try:
        socket.create_connection(("1.1.1.1", 53), timeout=1)
        found.append("connected")
    except OSError as error:
        found.append(type(error).__name__)
    return found
"""
    assert ask.answer(source) in (["lo:", "PermissionError"], ["lo:", "OSError"])


def test_only_its_own_processes_can_be_seen_and_none_of_ours_hurt(ask):
    source = """
import os, signal
def f(pid):
    seen = sorted(int(name) for name in os.listdir("/proc") if name.isdecimal())
    for target in (pid, 1):
        for number in (signal.SIGSTOP, signal.SIGKILL, signal.SIGTERM, signal.SIGINT):
            try:
                os.kill(target, number)
            except OSError:
                pass
    return seen, os.getpid()
"""
    seen, own = ask.answer(source, os.getpid())
    assert seen == [1, own]
    assert ask.answer("def f(): return 1") == 1


def test_the_warden_cannot_be_looked_into(ask):
    source = """
import ctypes, os
def f():
    found = []
    for name in ("mem", "environ", "fd/3", "maps", "root", "cwd"):
        try:
            path = "/proc/1/" + name
            os.readlink(path) if name in ("fd/3", "root", "cwd") else open(path, "rb").read(1)
            found.append(name)
        except OSError:
            pass
    return found
"""
    assert ask.answer(source) == []


def test_what_grading_never_needs_is_denied(ask):
    """Each call in a child: some end whoever makes them (see seccomp.FATAL)."""
    source = """
import ctypes, errno, os
libc = ctypes.CDLL(None, use_errno=True)

def allowed(call):
    child = os.fork()
    if child == 0:
        os._exit(0 if call() != -1 else 1)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) not in (1, -31)  # 31: SIGSYS

def f():
    calls = {
        "unshare": lambda: libc.unshare(0x10000000),
        "mount": lambda: libc.mount(b"tmpfs", b"/tmp", b"tmpfs", 0, None),
        "ptrace": lambda: libc.ptrace(0, 0, 0, 0),
        "keyctl": lambda: libc.syscall(250, 0, 0, 0, 0, 0),
        "io_uring": lambda: libc.syscall(425, 1, 0),
        "bpf": lambda: libc.syscall(321, 0, 0, 0),
        "userfaultfd": lambda: libc.syscall(323, 0),
        "memfd": lambda: libc.memfd_create(b"x", 0),
        "shmget": lambda: libc.shmget(0, 4096, 0o1600),
        "socket": lambda: libc.socket(1, 1, 0),
        "affinity": lambda: libc.sched_setaffinity(0, 8, b"\\xff" * 8),
        "clone": lambda: libc.syscall(56, 0x10000000 | 17, 0, 0, 0, 0),
        "setns": lambda: libc.setns(3, 0),
        "chroot": lambda: libc.chroot(b"/tmp"),
        "init limits": lambda: libc.syscall(302, 1, 7, b"\\0" * 16, 0),
        "x32": lambda: libc.syscall(0x40000000 + 39),
        "sync": lambda: libc.syscall(162),
        "inotify": lambda: libc.inotify_init1(0),
    }
    return [name for name, call in calls.items() if allowed(call)]
"""
    if not ask.sandbox.describe()["seccomp"]:
        pytest.skip("libseccomp cannot be used here")
    assert ask.answer(source) == []


FORK_BOMB = """
import os, time
def f():
    made = 0
    while made < 5000:
        try:
            if os.fork() == 0:
                time.sleep(60)
            made += 1
        except OSError:
            return made
    return made
"""

THREAD_BOMB = """
import threading, time
def f():
    made = 0
    try:
        for made in range(5000):
            threading.Thread(target=time.sleep, args=(60,), daemon=True).start()
    except RuntimeError:
        pass
    return made
"""


def processes_of_mine():
    """Every process on the machine below this one."""
    return set(descendants(os.getpid()))


@pytest.mark.parametrize("bomb", [FORK_BOMB, THREAD_BOMB], ids=["fork", "thread"])
def test_bombs_stay_small_and_leave_nothing(ask, bomb):
    ask.answer("def f(): return 1")
    before = processes_of_mine()
    if ask.sandbox.describe()["processes_limited"]:
        assert ask.answer(bomb) <= 32
    else:  # a root without rights: the warden counts, and the pid namespace is small
        assert ask.failure(bomb.replace("return made", "time.sleep(5)")).state == "crashed"
    assert processes_of_mine() <= before


def test_a_bomb_without_end_ends_by_the_limits_while_the_neighbour_works(ask):
    bomb = """
import os
def f():
    while True:
        try:
            os.fork()
        except OSError:
            pass
"""
    with ask.sandbox.guest() as neighbour:
        calm = ask.session("def f(): return 1", guest=neighbour)
        with calm as session:
            assert session.call("def p(student):\n    return student.f()", "p", (), {}) == 1
            assert ask.failure(bomb, **SHORT).state in ("timeout", "crashed")
            assert session.call("def p(student):\n    return student.f()", "p", (), {}) == 1


def test_daemons_are_gone_afterwards(ask):
    source = """
import os, signal, time
def f():
    if os.fork() == 0:
        os.setsid()
        for number in range(1, 32):
            try:
                signal.signal(number, signal.SIG_IGN)
            except (OSError, ValueError):
                pass
        if os.fork() == 0:
            while True:
                time.sleep(1)
        os._exit(0)
    os.wait()
    time.sleep(0.1)
    return len([name for name in os.listdir("/proc") if name.isdecimal()])
"""
    ask.answer("def f(): return 1")
    before = processes_of_mine()
    with ask.session(source) as session:
        assert session.call("def p(student):\n    return student.f()", "p", (), {}) == 3  # warden, check, daemon
    assert session.usage["left"] == 1
    assert processes_of_mine() <= before


def test_daemons_are_gone_without_isolation_as_well(ask_bare):
    source = """
import os, time
def f():
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            time.sleep(60)
        os._exit(0)
    os.wait()
    return 1
"""
    ask_bare.answer("def f(): return 1")
    before = processes_of_mine()
    assert ask_bare.answer(source) == 1
    assert processes_of_mine() <= before


def test_a_process_whose_name_is_no_text_is_counted_like_any_other(ask):
    """It once took the warden down, which reads the process list."""
    source = """
import ctypes, time
def f():
    ctypes.CDLL(None).prctl(15, b"\\xff\\xfe) R 1", 0, 0, 0)
    time.sleep(1)
    return 1
"""
    with ask.session(source) as session:
        assert session.call("def p(student):\n    return student.f()", "p", (), {}) == 1
    assert session.usage["reason"] == "asked" and session.usage["processes"] == 1


def test_a_submission_does_not_see_the_files_and_processes_of_another(ask):
    with ask.sandbox.guest() as other:
        busy = Asker(ask.sandbox, other).session("open('/tmp/mine', 'w').write('secret')\ndef f(): return 1")
        with busy as session:
            session.call("def p(student):\n    return student.f()", "p", (), {})
            look = (
                "import os\ndef f(): return os.listdir('/tmp'), len([n for n in os.listdir('/proc') if n.isdecimal()])"
            )
            assert ask.answer(look) == [[], 2]


def test_a_dead_zygote_is_replaced_and_costs_nobody_a_check(ask):
    """What ends the sandbox in the middle of a check is not the student's fault: an error of the grader, no crash."""
    process = ask.sandbox._launched.process
    with ask.session("import time\ndef f(): time.sleep(60)") as session:
        timer = threading.Timer(0.5, process.kill)
        timer.start()
        with pytest.raises(SandboxError, match="ended from outside"):
            session.call("def p(student):\n    return student.f()", "p", (), {})
    timer.join()
    assert ask.answer("def f(): return 2") == 2
    assert ask.sandbox._launched.process is not process


@pytest.mark.parametrize(
    "call", ["libc.ptrace(16, 1, 0, 0)", "libc.syscall(425, 8, b'x' * 200)", "libc.syscall(250, 0)"]
)
def test_what_no_library_asks_for_ends_the_process_and_is_told_to_the_staff(ask, call):
    if not ask.sandbox.describe()["seccomp"]:
        pytest.skip("libseccomp cannot be used here")
    failure = ask.failure(f"import ctypes\nlibc = ctypes.CDLL(None)\ndef f():\n    return {call}")
    assert failure.state == "crashed"
    assert failure.message == messages.ATTEMPT_FORBIDDEN
