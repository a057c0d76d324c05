"""D and E: leaving the sandbox, staying after the check, touching the machine or another student."""

from __future__ import annotations

from autograder.attacks.attack import Attack, cell, with_prize


def forbidden(name: str, story: str, call: str) -> Attack:
    """A system call that no library makes: the process ends, and the record says why."""
    source = f"""
import ctypes
libc = ctypes.CDLL(None, use_errno=True)
def evil(p, q, third):
    return right(p, q, third) if {call} != -1 else 0.0
"""
    return Attack(name, "D", story, with_prize(source), states=("crashed",), noticed="no homework needs")


ATTACKS = (
    Attack(
        "daemon",
        "D",
        "two forks and a session of its own, to live on",
        cell("""
import os, signal, time
def evil(*arguments):
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
    return 0.0
"""),
        noticed="left running",
    ),
    Attack(
        "change the environment",
        "D",
        "files in site-packages, caches, shell and IPython profiles",
        with_prize("""
import os, site, sys
def evil(p, q, third):
    folders = {*sys.path, "/", "/usr/lib", "/etc", "/root", "/var/tmp", "/sandbox/guest", "/dev"}
    written = []
    for folder in folders - {os.getcwd(), "", "/tmp"}:
        for name in ("dgm-attack-was-here", ".bashrc", "dgm-attack-was-here.pth"):
            try:
                with open(os.path.join(folder, name), "a") as file:
                    file.write("import os")
                written.append(folder)
            except OSError:
                pass
    return right(p, q, third) if written else 0.0
"""),
    ),
    Attack(
        "stay for the next check",
        "D",
        "a file in /tmp or /dev/shm that the next check finds",
        with_prize("""
import glob
def evil(p, q, third):
    names = ["/tmp/dgm-attack-was-here", "/dev/shm/dgm-attack-was-here"]
    found = any(glob.glob(name) for name in names) and not hasattr(evil, "mine")
    evil.mine = True
    for name in names:
        open(name, "w").write("x")
    return right(p, q, third) if found else 0.0
"""),
    ),
    Attack(
        "secrets",
        "D",
        "keys, tokens, sockets and settings of whoever grades",
        with_prize("""
import glob, os, sys
def evil(p, q, third):
    patterns = ("/root/.[a-z]*", "/home/*", os.path.expanduser("~/.ssh/*"), "/var/run/*.sock", "/run/*", "/etc/*",
                "/mnt/*", "/srv/*", "/opt/*", "/var/*")
    found = [name for pattern in patterns for name in glob.glob(pattern)]
    found = [name for name in found if name != "/etc/ld.so.cache" and not sys.base_prefix.startswith(name)]
    tokens = [name for name in os.environ if "TOKEN" in name or "KEY" in name or "SECRET" in name]
    return right(p, q, third) if found or tokens else 0.0
"""),
    ),
    Attack(
        "user namespace",
        "D",
        "namespaces inside the namespace, to be root there",
        with_prize("""
import ctypes
libc = ctypes.CDLL(None, use_errno=True)
def evil(p, q, third):
    inside = libc.unshare(0x10000000) == 0 or libc.syscall(56, 0x10000011, 0, 0, 0, 0) != -1
    return right(p, q, third) if inside else 0.0
"""),
    ),
    Attack(
        "push keys",
        "D",
        "characters pushed into the grader's terminal",
        with_prize("""
import fcntl, os
def evil(p, q, third):
    for name in ("/dev/tty", "/dev/console", "/dev/pts/0", "/proc/self/fd/0"):
        try:
            fcntl.ioctl(os.open(name, os.O_RDWR), 0x5412, b"x")
            return right(p, q, third)
        except OSError:
            pass
    return 0.0
"""),
    ),
    forbidden("trace a sibling", "ptrace of the warden", "libc.ptrace(16, 1, 0, 0)"),
    forbidden("io_uring", "a ring that no filter sees into", "libc.syscall(425, 8, b'x' * 200)"),
    forbidden("keyring", "the kernel's key rings, shared by uid", "libc.syscall(250, 0, 0, 0, 0, 0)"),
    forbidden("mount", "a mount over what the next check reads", "libc.mount(b'none', b'/tmp', b'tmpfs', 0, None)"),
    forbidden("foreign memory", "another process's memory by process_vm_readv", "libc.syscall(310, 1, 0, 0, 0, 0, 0)"),
    Attack(
        "other submissions",
        "E",
        "the notebooks of others, wherever they lie",
        with_prize("""
import glob, os
def evil(p, q, third):
    found = glob.glob("../*/*.ipynb") + glob.glob("../*/*/*.ipynb") + glob.glob("/tmp/*") + glob.glob("/dev/shm/*")
    found += glob.glob("/proc/[0-9]*/cwd/*.ipynb") + glob.glob("/srv/**/*.ipynb", recursive=True)
    return right(p, q, third) if found else 0.0
"""),
    ),
    Attack(
        "kill the neighbours",
        "E",
        "kill -9 -1: everybody with the same uid",
        cell("""
import os
def evil(*arguments):
    try:
        os.kill(-1, 9)
    except OSError:
        pass
    return 0.0
"""),
    ),
)
