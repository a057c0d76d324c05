"""Every bad end of student code is given its state, within the limits, with a sentence that leaks nothing."""

import time

import pytest

from autograder.checking import GuestFailure, Limits
from tests.sandbox.conftest import LIMITS

SHORT = {"cpu_seconds": 0.4, "wall_seconds": 0.8}


HINT = "do names, arguments and returned values match the docstring?"


@pytest.mark.parametrize(
    ("source", "state", "message"),
    [
        (
            "def f():\n    return 1 / 0",
            "error",
            "ZeroDivisionError (division by zero) in cell 1, line 2: `return 1 / 0`",
        ),
        (
            "def f():\n    raise ValueError('secret')",
            "error",
            "ValueError in cell 1, line 2: `raise ValueError('secret')`",
        ),
        ("x = (", "error", "SyntaxError in cell 1, line 1: `x = (`"),
        (
            "import nothing_of_this_name",
            "error",
            "ModuleNotFoundError in cell 1, line 1: `import nothing_of_this_name`",
        ),
        ("1 +\\\n  undefined", "error", "NameError (name 'undefined' is not defined) in cell 1, line 2: `undefined`"),
        (
            "def f():\n    return f()",
            "error",
            "RecursionError (a function calls itself for ever) in cell 1, line 2: `return f()`",
        ),
        (
            "class E(Exception): pass\ndef f():\n    raise E",
            "error",
            "an exception of its own kind in cell 1, line 3: `raise E`",
        ),
        (
            "def f(): raise SystemExit(0)",
            "error",
            "your code ended the process (SystemExit) instead of giving an answer",
        ),
        ("exit()", "error", "your code ended the process (SystemExit) instead of giving an answer"),
        (
            "raise KeyboardInterrupt",
            "error",
            "your code ended the process (KeyboardInterrupt) instead of giving an answer",
        ),
        (
            "def f():\n    raise NotImplementedError('f')",
            "not-attempted",
            "not attempted yet: cell 1, line 2: `raise NotImplementedError('f')`",
        ),
        (
            "from torch import nn\nclass M(nn.Module): pass\ndef f():\n    return M()(1)",
            "error",
            "NotImplementedError in cell 1, line 4: `return M()(1)`",
        ),
        (
            "def f(a, b): return 1",
            "error",
            "TypeError when the check used your code: " + HINT,
        ),
        (
            "f = 3",
            "error",
            "TypeError ('int' object is not callable) when the check used your code: " + HINT,
        ),
        (
            "def f():\n    x = []\n    x.append(x)\n    return x",
            "failed",
            "what your code returned is too large or too deeply nested",
        ),
        (
            "import torch\ndef f(): return torch.zeros(1).expand(10**15)",
            "failed",
            "what your code returned is too large or too deeply nested",
        ),
    ],
)
def test_exceptions(ask_either, source, state, message):
    failure = ask_either.failure(source)
    assert (failure.state, failure.message) == (state, message)


def test_the_exception_s_own_text_is_for_staff_only_and_harmless_there(ask):
    source = "def f(x):\n    raise ValueError('\\x1b]0;owned\\x07\\u202e' + str(x) + 'y' * 10**6)"
    failure = ask.failure(source, 123456.5)
    assert "123456.5" not in failure.message
    assert "123456.5" in failure.detail and len(failure.detail) < 5000
    assert failure.detail.isprintable()


def test_lines_are_quoted_from_the_program_not_from_the_guest(ask):
    failure = ask.failure(
        "import linecache\ndef f():\n    linecache.cache.clear()\n    exec(compile('\\n\\n\\n1/0', 'cell 1', 'exec'))"
    )
    assert (
        failure.message
        == "ZeroDivisionError (division by zero) in cell 1, line 4: `exec(compile('\\n\\n\\n1/0', 'cell 1', 'exec'))`"
    )
    failure = ask.failure("def f():\n    exec(compile('\\n' * 99 + '1/0', 'cell 1', 'exec'))")
    assert failure.message.startswith("ZeroDivisionError (division by zero) when the check used your code")


@pytest.mark.parametrize(
    "body",
    [
        "while True: pass",
        "time.sleep(1e6)",
        "os.kill(os.getpid(), signal.SIGSTOP)",
        "[signal.signal(s, signal.SIG_IGN) for s in (2, 15, signal.SIGXCPU)]\n    while True: pass",
        "pow(3, 10**9)",  # holds the interpreter lock in C
        "re.match('(a+)+$', 'a' * 64 + 'b')",
        "threading.Thread(target=time.sleep, args=(1e6,)).start(); threading.Event().wait()",
    ],
    ids=["loop", "sleep", "stop", "ignore", "lock", "regex", "thread"],
)
def test_everything_ends_by_the_limits(ask_either, body):
    start = time.monotonic()
    failure = ask_either.failure(f"import os, re, signal, threading, time\ndef f():\n    {body}", **SHORT)
    assert failure.state == "timeout", failure.message
    assert time.monotonic() - start < SHORT["wall_seconds"] + 20  # not the hour that some of them would take


def test_a_program_that_hangs_while_it_is_loaded(ask):
    assert ask.failure("while True: pass", **SHORT).state == "timeout"


def test_a_failure_that_ended_the_process_is_the_answer_to_every_further_call(ask):
    with ask.session("import os\ndef f():\n    os._exit(0)") as session:
        for _ in range(2):
            with pytest.raises(GuestFailure, match="ended its process"):
                session.call("def p(student):\n    return student.f()", "p", (), {})


def test_cpu_time_of_children_counts(ask):
    source = """
import os
def f():
    for _ in range(3):
        if os.fork() == 0:
            while True: pass
    os.wait()
"""
    failure = ask.failure(source, cpu_seconds=0.5, wall_seconds=20.0)
    assert failure.state == "timeout" and "processor time" in failure.message


@pytest.mark.parametrize(
    "body",
    [
        "torch.empty(10**12)",
        "x = []\n    while True: x.append(bytearray(10**7))",
        "x = [0]\n    while True: x += x",
        "torch.zeros(10**8).expand(100, -1).clone()",
    ],
    ids=["torch", "bytearray", "list", "clone"],
)
def test_memory(ask_either, body):
    failure = ask_either.failure(f"import torch\ndef f():\n    {body}", memory_bytes=(3 << 30) // 2)
    assert failure.state == "memory", (failure.message, failure.detail)


def test_memory_of_several_processes_counts_together(ask):
    source = """
import os, time
def f():
    for _ in range(4):
        if os.fork() == 0:
            block = bytearray(b"1") * (300 << 20)
            time.sleep(60)
    os.wait()
"""
    failure = ask.failure(source, memory_bytes=1 << 30)
    assert failure.state == "memory", failure.detail


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        ("os._exit(0)", "ended its process (exit code 0)"),
        ("os._exit(86 - 80)", "ended its process (exit code 6)"),
        ("ctypes.string_at(0)", "crashed Python (SIGSEGV)"),
        ("os.abort()", "crashed Python (SIGABRT)"),
        ("os.kill(os.getpid(), 9)", "crashed Python (SIGKILL)"),
        ("os.closerange(0, 1000)", "ended its process (exit code 0)"),
        ("os.closerange(0, 1000); time.sleep(60)", "closed its connection"),
    ],
    ids=["exit", "exit-code", "segfault", "abort", "kill", "close", "linger"],
)
def test_crashes(ask_either, body, sentence):
    failure = ask_either.failure(f"import ctypes, os, time\ndef f():\n    {body}")
    assert failure.state == "crashed" and sentence in failure.message


@pytest.mark.parametrize(
    "frame",
    [
        b"not a frame at all, but long enough to be read as one",
        b"\xff" * 12,
        b"\0\0\0\2" + b"\0" * 8 + b"[]",
        b"\0\0\0\4" + b"\0" * 8 + b"true",
        b"\0\0\0\2" + b"\x7f" * 8 + b"[]",
        b"\0\0\0\2" + b"\0" * 8 + b"{}",
        b"\0\0\0\x1f" + b"\0" * 8 + b'{"map": [["failure", [1,2,3]]]}',
        b"\0\0\0\x35" + b"\0" * 8 + b'{"map": [["failure", {"map": [["kind", 1], ["x", 2]]}]]}'[:53],
        b"",
    ],
)
def test_frames_written_by_hand(ask, frame):
    failure = ask.failure(f"import os\ndef f():\n    os.write(3, {frame!r})\n    os._exit(0)")
    assert failure.state == "crashed"


def test_a_frame_that_announces_much_and_sends_little(ask):
    frame = b"\0\0\0\2" + (1 << 22).to_bytes(8, "big") + b"[]"
    failure = ask.failure(f"import os, time\ndef f():\n    os.write(3, {frame!r})\n    time.sleep(60)", **SHORT)
    assert failure.state == "timeout"


def test_an_answer_that_drips(ask):
    frame = b"\0\0\0\2" + (1 << 22).to_bytes(8, "big") + b"[]"
    source = (
        f"import os, time\ndef f():\n    os.write(3, {frame!r})\n    while True: os.write(3, b'x'); time.sleep(0.001)"
    )
    assert ask.failure(source, **SHORT).state == "timeout"


def test_a_forged_report_can_only_word_its_own_loss(ask):
    source = """
from sandbox_guest import channel
import os
def f():
    report = {"kind": "exception", "type": "<b>x</b>", "where": [["cell 9", 1], ["cell 1", 10**9]], "innermost": True,
              "text": "\\x1b[2J" * 100}
    for buffer in channel.pack({"failure": report}, channel.Caps()):
        os.write(3, buffer)
    os._exit(0)
"""
    failure = ask.failure(source)
    assert failure.state == "error"
    assert failure.message.startswith("an exception of its own kind when the check used your code")
    assert failure.detail.isprintable()


def test_an_answer_over_the_cap(ask):
    failure = ask.failure("import torch\ndef f(): return torch.zeros(10**6)", answer_bytes=1 << 20)
    assert failure.state == "failed" and "too large" in failure.message


def test_output_goes_nowhere(ask_either, capfd):
    source = """
import os, sys
def f():
    print("x" * 10**6)
    print("y" * 10**6, file=sys.stderr)
    for descriptor in (0, 1, 2):
        os.write(descriptor, b"z" * 10**6)
    return 1
"""
    assert ask_either.answer(source) == 1
    assert capfd.readouterr() == ("", "")


def test_endless_output_ends_by_the_limits(ask):
    assert ask.failure("def f():\n    while True: print('x' * 10**6)", **SHORT).state == "timeout"


def test_writing_to_every_descriptor_forges_nothing(ask):
    source = """
import os
def f():
    for descriptor in range(0, 2000):
        try:
            os.write(descriptor, b'{"ended": 1, "score": 13}')
        except OSError:
            pass
    return 1
"""
    assert ask.failure(source).state == "crashed"
    assert ask.answer("def f(): return 2") == 2


def test_usage_is_reported(ask):
    with ask.guest.session([("cell 1", "x = sum(range(3 * 10**6))")], Limits(**LIMITS)) as session:
        session.call("def p(student):\n    return 1", "p", (), {})
    assert session.usage["reason"] == "asked" and session.usage["cpu"] > 0
