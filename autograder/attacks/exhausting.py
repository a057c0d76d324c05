"""C: time, memory, processes, disk and output without end."""

from __future__ import annotations

from autograder.attacks.attack import SHORT, SMALL, Attack, cell


def hang(name: str, story: str, body: str, imports: str = "") -> Attack:
    source = cell(f"{imports}\ndef evil(*arguments):\n    {body}")
    return Attack(name, "C", story, source, states=("timeout",), limits=SHORT, checks=1)


ATTACKS = (
    hang("endless loop", "while True", "while True: pass"),
    hang("sleep", "waits without using the processor", "time.sleep(1e9)", "import time"),
    hang("stop itself", "SIGSTOP to itself: no processor time, no exit", "os.kill(os.getpid(), 19)", "import os"),
    hang(
        "deaf",
        "every signal is ignored, the CPU limit's as well",
        "[signal.signal(s, signal.SIG_IGN) for s in (1, 2, 3, 15, 24)]\n    while True: pass",
        "import signal",
    ),
    hang("interpreter lock", "C code that holds the interpreter lock", "return pow(3, 10**9)"),
    hang(
        "regex",
        "a regular expression that backtracks for years",
        "return re.match('(a+)+$', 'a' * 64 + 'b')",
        "import re",
    ),
    Attack(
        "hang on load",
        "C",
        "an endless loop before any function is called",
        cell("""
def loop():
    while True:
        pass

def evil(*arguments, never=loop()):
    return 0.0
"""),
        states=("timeout",),
        limits=SHORT,
        checks=1,
    ),
    hang("endless output", "prints without end", "while True: print('x' * 10**6)"),
    hang(
        "dripping answer",
        "announces megabytes and sends a byte at a time",
        "os.write(3, b'\\0\\0\\0\\2' + (1 << 22).to_bytes(8, 'big') + b'[]')"
        "\n    while True: os.write(3, b'x'); time.sleep(0.001)",
        "import os, time",
    ),
    Attack(
        "hoard",
        "C",
        "keeps every block it gets",
        cell("""
def evil(*arguments):
    kept = []
    while True:
        kept.append(bytearray(10**7))
"""),
        states=("memory",),
        limits=SMALL,
        checks=1,
    ),
    Attack(
        "terabyte",
        "C",
        "a tensor of 4 TB",
        cell("def evil(*arguments):\n    return torch.empty(10**12)"),
        states=("memory",),
        limits=SMALL,
        checks=1,
    ),
    Attack(
        "shared hoard",
        "C",
        "children that keep memory together",
        cell("""
import os, time
def evil(*arguments):
    for _ in range(6):
        if os.fork() == 0:
            block = bytearray(b"1") * (250 << 20)
            time.sleep(60)
    os.wait()
"""),
        states=("memory", "timeout"),
        limits={"memory_bytes": 1 << 30, "cpu_seconds": 8.0, "wall_seconds": 15.0},
        checks=1,
    ),
    Attack(
        "fork bomb",
        "C",
        "forks without end",
        cell("""
import os
def evil(*arguments):
    while True:
        try:
            os.fork()
        except OSError:
            pass
"""),
        states=("timeout", "crashed"),
        limits=SHORT,
        checks=1,
    ),
    Attack(
        "thread bomb",
        "C",
        "a thousand threads that sleep",
        cell("""
import threading, time
def evil(*arguments):
    while True:
        try:
            threading.Thread(target=time.sleep, args=(60,)).start()
        except RuntimeError:
            time.sleep(0.01)
"""),
        states=("timeout", "crashed"),
        limits=SHORT,
        checks=1,
    ),
    Attack(
        "workers",
        "C",
        "a DataLoader with a thousand workers",
        cell("""
from torch.utils.data import DataLoader
def evil(*arguments):
    return next(iter(DataLoader(range(10), num_workers=1000)))
"""),
        states=("error", "timeout", "crashed", "memory"),
        limits=SHORT,
        checks=1,
    ),
    Attack(
        "full disk",
        "C",
        "fills /tmp and /dev/shm, then answers wrongly",
        cell("""
import os
def evil(*arguments):
    for folder in ("/tmp", "/dev/shm"):
        for number in range(20):
            try:
                with open(f"{folder}/dgm-attack-was-here{number}", "wb") as file:
                    for _ in range(70):
                        file.write(bytes(1 << 20))
            except OSError:
                pass
    return 0.0
"""),
        states=("failed", "crashed"),
        limits={"cpu_seconds": 30.0},
        checks=1,
    ),
    Attack(
        "million files",
        "C",
        "empty files until there are no more",
        cell("""
def evil(*arguments):
    try:
        for number in range(10**6):
            open(f"/tmp/dgm-attack-was-here{number}", "w").close()
    except OSError:
        return 0.0
    return 1.0
"""),
        limits={"cpu_seconds": 30.0},
        checks=1,
    ),
    Attack(
        "sparse file",
        "C",
        "a file of a terabyte that holds nothing",
        cell("""
import os
def evil(*arguments):
    try:
        os.truncate(os.open("/tmp/x", os.O_CREAT | os.O_RDWR), 1 << 40)
    except OSError:
        pass
    return 0.0
"""),
        states=("failed", "crashed"),
    ),
    Attack(
        "giant answer",
        "C",
        "an expanded tensor that would fill the disk as an answer",
        cell("""
def evil(*arguments):
    return torch.zeros(1).expand(10**13)
"""),
        noticed="too large",
    ),
    Attack(
        "endless list",
        "C",
        "a list that contains itself",
        cell("""
def evil(*arguments):
    x = []
    x.append(x)
    return x
"""),
        noticed="too large",
    ),
    Attack(
        "lying header",
        "C",
        "a frame that announces 2^63 bytes",
        cell("""
import os
def evil(*arguments):
    os.write(3, b"\\0\\0\\0\\2" + b"\\x7f" * 8 + b"[]")
    return 0.0
"""),
        states=("crashed",),
        noticed="not an answer",
    ),
    Attack(
        "deep recursion",
        "C",
        "recursion into the end of the C stack",
        cell("""
import sys
def evil(*arguments):
    sys.setrecursionlimit(10**9)
    x = ()
    for _ in range(10**6):
        x = (x,)
    return hash(x)
"""),
        states=("crashed", "failed", "error"),
    ),
    Attack(
        "core dump",
        "C",
        "aborts, to leave its memory behind as a file",
        cell("import os\ndef evil(*arguments):\n    os.abort()"),
        states=("crashed",),
    ),
    Attack(
        "graphics card",
        "C",
        "takes all memory of a GPU",
        cell("def evil(*arguments):\n    return torch.empty(10**9, device='cuda')"),
        states=("error",),
    ),
    Attack(
        "huge integer",
        "C",
        "digits without end",
        cell("def evil(*arguments):\n    return int('9' * 10**7)"),
        states=("error",),
    ),
    Attack(
        "two in one",
        "C",
        "an endless loop in one exercise costs no other",
        cell("def evil(*arguments):\n    while True: pass"),
        on=("f_divergence", "maximum_likelihood", "elbo"),
        base="solved",
        states=("timeout", "passed"),
        points="1",
        limits={"cpu_seconds": 1.0, "wall_seconds": 6.0},
    ),
)
