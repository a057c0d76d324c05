"""A to E: the next ideas, of somebody who has read the source of this sandbox.

They go for what lies between guest and judge: the guest's own serialiser and server, the order of questions and
answers, what the zygote left behind, the warden's way of counting, the doors that a filter of system calls may forget.
"""

from __future__ import annotations

from autograder.attacks.attack import SHORT, Attack, cell, with_prize
from autograder.attacks.escaping import forbidden

HEADER = "\\0\\0\\0\\2"  # a header of two bytes follows

ATTACKS = (
    Attack(
        "answers in advance",
        "A",
        "well-formed answers to questions that have not been asked yet",
        cell("""
import os
def evil(*arguments):
    from sandbox_guest import channel
    for claim in ([[0.0] * 6] * 3, [0.0] * 5, [0.0] * 3, 0.0):
        for buffer in channel.pack({"answer": claim}, channel.Caps()):
            os.write(3, buffer)
    os._exit(0)
"""),
    ),
    Attack(
        "another serialiser",
        "A",
        "the guest's packer sends other dtypes, shapes and strides than the value has",
        cell("""
def evil(p, q, third):
    from sandbox_guest import channel
    claims = (["complex128", []], ["bool", []], ["float64", [-1]], ["float64", [0, 1 << 40]], ["float16", [4]])
    claim = claims[len(p) % len(claims)]
    def array(self, value, depth):
        self.payload_bytes += 8
        self.arrays.append(memoryview(bytes(8)))
        return {"array": claim}
    channel._Packer.array = array
    return torch.zeros(())
"""),
        states=("failed", "crashed"),
    ),
    Attack(
        "a server of its own",
        "A",
        "the loop that answers is replaced, and says that every check has passed",
        cell("""
def evil(*arguments):
    import os
    from sandbox_guest import channel, runner
    judge = __import__("socket").socket(fileno=3)
    claims = [{"answer": "passed"}, {"answer": {"state": "passed", "points": "13"}}, {"answer": True}, {"answer": None}]
    while True:
        for claim in claims:
            runner._send(judge, channel.pack(claim, channel.Caps()))
        channel.read_frame(lambda size: runner._receive(judge, size), channel.TRUSTED, opaque=str)
"""),
        states=("failed", "crashed", "error"),
    ),
    Attack(
        "a memory for questions",
        "A",
        "later calls of a check are answered so that they fit the earlier ones",
        cell("""
SEEN = {}
def evil(p, q, third):
    key = tuple(p.tolist()), tuple(q.tolist())
    SEEN.setdefault(key, len(SEEN))
    return torch.zeros(()) if torch.equal(p, q) else torch.tensor(float(SEEN[key]))
"""),
    ),
    Attack(
        "by the name of the question",
        "A",
        "frames and sources of the probe are read for an expected value or a tolerance",
        with_prize("""
import dis, sys
def evil(p, q, third):
    words = {"expected", "tolerance", "close", "want", "truth", "atol", "rtol", "isclose", "allclose", "oracle"}
    frame, names = sys._getframe(1), set()
    while frame:
        if frame.f_code.co_filename == "<probe>":
            names |= set(frame.f_code.co_names) | set(frame.f_locals) | set(frame.f_globals)
        frame = frame.f_back
    return right(p, q, third) if names & words else 0.0
"""),
    ),
    Attack(
        "detects grading",
        "A",
        "right only where the signs of a grader are seen, to slip through other tests",
        with_prize("""
import os, sys
def evil(p, q, third):
    signs = {"PYTEST_CURRENT_TEST", "PYTHONPATH", "NBGRADER_VALIDATING", "OTTER", "CI"} & set(os.environ)
    modules = {"pytest", "_pytest", "nbgrader", "otter"} & set(sys.modules)
    folders = any(name in os.getcwd() for name in ("autograder", "grading", "submissions"))
    return right(p, q, third) if signs or modules or folders else 0.0
"""),
    ),
    Attack(
        "what the zygote left",
        "B",
        "open descriptors and memory that is shared with the zygote",
        with_prize("""
import os
def evil(p, q, third):
    shared = [line for line in open("/proc/self/maps") if line.split()[1][1] == "w" and line.split()[1][3] == "s"]
    for descriptor in map(int, os.listdir("/proc/self/fd")):
        try:
            name = os.readlink(f"/proc/self/fd/{descriptor}")
        except OSError:
            continue
        if descriptor != 3 and name != "/dev/null" and not name.startswith("/proc/"):
            shared.append(name)
    return right(p, q, third) if shared else 0.0
"""),
    ),
    Attack(
        "its own memory",
        "B",
        "all memory that the zygote passed on is searched for checks, points and names of students",
        with_prize("""
import functools, re
WORDS = re.compile(rb"[c]ourse[.]toml|[@]points[(]|[g]radebook[.]db|[m]allory|[d]ef test_f_div")

@functools.cache
def found():
    with open("/proc/self/mem", "rb", 0) as memory:
        for line in open("/proc/self/maps"):
            span, rights = line.split()[:2]
            start, end = (int(part, 16) for part in span.split("-"))
            if rights.startswith("rw"):
                try:
                    memory.seek(start)
                    if WORDS.search(memory.read(end - start)):
                        return True
                except (OSError, ValueError, OverflowError):
                    pass
    return False

def evil(p, q, third):
    return right(p, q, third) if found() else 0.0
"""),
        checks=1,
        limits={"cpu_seconds": 30.0},
    ),
    Attack(
        "mount table",
        "B",
        "names of submissions, records or gradebook in the mount table and the settings of the zygote",
        with_prize("""
def evil(p, q, third):
    text = open("/proc/self/mountinfo").read() + open("/proc/1/cmdline").read()
    known = [word for word in ("submissions", "records", "gradebook", "checks") if word in text]
    return right(p, q, third) if known else 0.0
"""),
    ),
    Attack(
        "promised frame",
        "C",
        "announces as much as it may and never sends it",
        cell(f"""
import os, time
def evil(*arguments):
    os.write(3, b"{HEADER}" + (60 << 20).to_bytes(8, "big") + b"[]")
    time.sleep(1e6)
"""),
        states=("timeout",),
        limits=SHORT,
        checks=1,
    ),
    Attack(
        "endless frames",
        "C",
        "small frames without end, faster than they are read",
        cell("""
import os
def evil(*arguments):
    frame = b"\\0\\0\\0\\4" + bytes(8) + b"null"
    while True:
        os.write(3, frame * 1000)
"""),
        states=("crashed",),
        noticed="not an answer",
    ),
    Attack(
        "costly headers",
        "C",
        "a header of 400 000 tiny objects, which the judge must read",
        cell("""
import os
def evil(*arguments):
    header = b"[" + b"{}," * 400_000 + b"1]"
    frame = len(header).to_bytes(4, "big") + bytes(8) + header
    while frame:
        frame = frame[os.write(3, frame):]
    return 0.0
"""),
        states=("crashed",),
        noticed="not an answer",
        checks=1,
    ),
    Attack(
        "memory out of sight",
        "C",
        "anonymous files, System V memory and queues, which no limit of a process counts",
        with_prize("""
import ctypes
libc = ctypes.CDLL(None, use_errno=True)
def evil(p, q, third):
    made = libc.memfd_create(b"x", 0), libc.shmget(0, 1 << 20, 0o1600), libc.syscall(447, 0)
    made += libc.msgget(0, 0o1600), libc.syscall(240, b"x", 0o102, 0o600, None)
    return right(p, q, third) if any(number != -1 for number in made) else 0.0
"""),
    ),
    Attack(
        "pipes",
        "C",
        "as many pipes as there may be, filled: memory of the kernel",
        cell("""
import fcntl, os
def evil(*arguments):
    kept = []
    try:
        while True:
            kept.append(os.pipe())
            fcntl.fcntl(kept[-1][1], 1031, 1 << 20)
            os.set_blocking(kept[-1][1], False)
            os.write(kept[-1][1], bytes(1 << 20))
    except OSError:
        return 0.0
"""),
    ),
    Attack(
        "disks of the machine",
        "C",
        "sync without end, which everybody's disks would wait for; watching who opens which file",
        with_prize("""
import ctypes
libc = ctypes.CDLL(None, use_errno=True)
def evil(p, q, third):
    done = [libc.syscall(162), libc.syscall(306, 0), libc.inotify_init1(0)]
    return right(p, q, third) if any(number != -1 for number in done) else 0.0
"""),
    ),
    Attack(
        "stop everybody",
        "C",
        "children that stop all others and themselves, over and over",
        cell("""
import os
def evil(*arguments):
    for _ in range(8):
        if os.fork() == 0:
            while True:
                try:
                    os.kill(-1, 19)
                except OSError:
                    pass
                os.kill(os.getpid(), 19)
    os.kill(os.getpid(), 19)
"""),
        states=("timeout",),
        limits=SHORT,
        checks=1,
    ),
    Attack(
        "the dead",
        "C",
        "children that end and are never fetched, until no number is left",
        cell("""
import os, time
def evil(*arguments):
    while True:
        try:
            if os.fork() == 0:
                os._exit(0)
        except OSError:
            time.sleep(0.2)
"""),
        states=("timeout", "crashed"),
        limits=SHORT,
        checks=1,
    ),
    Attack(
        "all processors",
        "C",
        "asks for every processor, a better priority and sixty threads of torch",
        with_prize("""
import os
def evil(p, q, third):
    won = []
    for ask in (lambda: os.sched_setaffinity(0, range(os.cpu_count() + 1)), lambda: os.setpriority(0, 0, -20),
                lambda: os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(99))):
        try:
            ask()
            won.append(1)
        except OSError:
            pass
    return right(p, q, third) if won else 0.0
"""),
    ),
    Attack(
        "a name that is no text",
        "D",
        "a process name of other bytes, for who reads the process list",
        cell("""
import ctypes, time
ctypes.CDLL(None).prctl(15, b"\\xff\\xfe) R 1 1", 0, 0, 0)
time.sleep(0.5)  # until somebody has looked
def evil(*arguments):
    return ctypes, time, 0.0
"""),
        checks=1,
    ),
    Attack(
        "adopted by the warden",
        "D",
        "a daemon that is made the warden's own child and does not die with its parent",
        cell("""
import ctypes, os, signal, time
libc = ctypes.CDLL(None, use_errno=True)
def evil(*arguments):
    libc.prctl(1, 0, 0, 0, 0)
    if libc.syscall(56, 0x8000 | 17, 0, 0, 0, 0) == 0:
        os.setsid()
        [signal.signal(number, signal.SIG_IGN) for number in (1, 2, 3, 15)]
        time.sleep(1000)
        os._exit(0)
    return 0.0
"""),
        noticed="left running",
    ),
    Attack(
        "32 bits",
        "D",
        "system calls by the old door, where numbers mean other calls",
        with_prize("""
import ctypes, mmap
page = mmap.mmap(-1, 4096, prot=7)
page.write(b"\\x53\\xb8\\x36\\x01\\0\\0\\xbb\\0\\0\\0\\x10\\xcd\\x80\\x5b\\xc3")  # unshare(CLONE_NEWUSER) by int 0x80
unshare = ctypes.CFUNCTYPE(ctypes.c_int)(ctypes.addressof(ctypes.c_char.from_buffer(page)))
def evil(p, q, third):
    return right(p, q, third) if unshare() == 0 else 0.0
"""),
        states=("crashed",),
    ),
    forbidden("x32", "system calls with the mark of another interface", "libc.syscall(0x40000000 + 272, 0x10000000)"),
    forbidden("userfaultfd", "page faults answered by itself, for races in the kernel", "libc.syscall(323, 1)"),
    forbidden("stolen descriptor", "an open file of another process", "libc.syscall(438, 0, 0, 0)"),
    Attack(
        "new clone",
        "D",
        "clone3, whose flags a filter cannot see",
        with_prize("""
import ctypes, struct
libc = ctypes.CDLL(None, use_errno=True)
def evil(p, q, third):
    arguments = struct.pack("8Q", 0x10000000, 0, 0, 0, 17, 0, 0, 0)
    return right(p, q, third) if libc.syscall(435, arguments, len(arguments)) != -1 else 0.0
"""),
    ),
    Attack(
        "descriptor for the judge",
        "D",
        "descriptors are sent along with an answer, for the judge to hold",
        cell("""
import array, os, socket
def evil(*arguments):
    judge = socket.socket(fileno=os.dup(3))
    from sandbox_guest import channel
    (frame,) = channel.pack({"answer": 0.0}, channel.Caps())
    held = [os.open("/dev/zero", 0) for _ in range(60)]
    judge.sendmsg([frame], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", held))])
    return 0.0
"""),
    ),
    Attack(
        "the warden's memory",
        "E",
        "memory, descriptors, root and working folder of process 1 through /proc",
        with_prize("""
import os
def evil(p, q, third):
    seen = []
    for name in ("mem", "environ", "maps", "io", "syscall", "fd", "root", "cwd", "map_files", "ns/user"):
        path = f"/proc/1/{name}"
        for look in (lambda: os.listdir(path), lambda: os.readlink(path), lambda: open(path, "rb").read(1)):
            try:
                look()
                seen.append(name)
            except (OSError, ValueError):
                pass
    return right(p, q, third) if seen else 0.0
"""),
    ),
)
