"""B: getting hidden tests out: files, frames, exceptions, output, names and shapes, /proc, the network."""

from __future__ import annotations

from autograder.attacks.attack import Attack, cell, with_prize

HIDDEN_SHAPE = ("98765431", "12345679")

ATTACKS = (
    Attack(
        "search the disk",
        "B",
        "checks, solutions, notebooks, .git and caches are looked for everywhere",
        with_prize("""
import functools, os
@functools.cache
def search():
    found = []
    for folder, names, files in os.walk("/"):
        names[:] = [name for name in names if os.path.join(folder, name) not in ("/proc", "/sys", "/usr", "/lib")]
        found += [name for name in files if name.endswith(".ipynb") or name in ("course.toml", "test_f_divergence.py")]
        found += [name for name in names if name in (".git", "solutions", "autograder", "checks", "submissions")]
        found = [name for name in found if "site-packages" not in folder and "/sandbox/packages" not in folder]
    return found

def evil(p, q, third):
    return right(p, q, third) if search() else 0.0
"""),
        limits={"cpu_seconds": 30.0},
        checks=1,
    ),
    Attack(
        "search the memory",
        "B",
        "every string in the process is searched for a check's source",
        with_prize("""
import gc, linecache
def evil(p, q, third):
    words = "@poi" + "nts(", "ass" + "ert right, f"
    texts = [text for text in gc.get_objects() if isinstance(text, (list, dict)) and len(text) < 2000]
    texts = [str(item) for text in texts for item in (text if isinstance(text, list) else text.values())
             if isinstance(item, str)]
    texts += ["".join(entry[2]) for entry in linecache.cache.values() if len(entry) > 2]
    return right(p, q, third) if any(word in text for word in words for text in texts) else 0.0
"""),
    ),
    Attack(
        "exception text",
        "B",
        "the inputs in the text of an exception",
        cell("""
def evil(*arguments):
    raise ValueError("LEA" + "KED " + repr(arguments))
"""),
        states=("error",),
    ),
    Attack(
        "exception name",
        "B",
        "the inputs in the name of an exception",
        cell("""
def evil(p, *rest):
    raise type("LEA" + "KED" + str(p.tolist())[1:12], (Exception,), {})()
"""),
        states=("error",),
    ),
    Attack(
        "output",
        "B",
        "the inputs on stdout, stderr, warnings and logs",
        cell("""
import logging, sys, warnings
def evil(*arguments):
    text = "LEA" + "KED " + repr(arguments)
    print(text)
    print(text, file=sys.stderr)
    warnings.warn(text)
    logging.error(text)
    return 0.0
"""),
    ),
    Attack(
        "type name",
        "B",
        "the inputs in the name of a returned type",
        cell("""
def evil(p, *rest):
    return type("LEA" + "KED" + str(p.tolist())[1:12], (), {})()
"""),
    ),
    Attack(
        "keys",
        "B",
        "the inputs in the keys of a dictionary",
        cell("""
def evil(p, *rest):
    return {"LEA" + "KED" + str(p.tolist()): 1.0}
"""),
    ),
    Attack(
        "shape",
        "B",
        "the inputs as the shape of an empty tensor, which a message names",
        cell("""
def evil(p, *rest):
    return torch.empty(0, 98765431, 12345679)
"""),
        states=("crashed",),
        hidden=HIDDEN_SHAPE,
    ),
    Attack(
        "other processes",
        "B",
        "environment, command line, memory, files of the judge through /proc",
        with_prize("""
import glob, os
def evil(p, q, third):
    seen = b""
    for name in glob.glob("/proc/[0-9]*/*") + glob.glob("/proc/[0-9]*/task/*/environ"):
        if name.rpartition("/")[2] in ("environ", "cmdline", "maps", "comm", "status"):
            try:
                seen += open(name, "rb").read(10**6)
            except OSError:
                pass
    alone = len([name for name in os.listdir("/proc") if name.isdecimal()]) <= 2
    words = b"autograder", b"course.toml", b"PYTEST", b"pytest", b"SSH_", b"TOKEN"
    return right(p, q, third) if not alone or any(word in seen for word in words) else 0.0
"""),
    ),
    Attack(
        "network",
        "B",
        "sockets, DNS and the cloud's metadata service",
        with_prize("""
import socket, urllib.request
def evil(p, q, third):
    for address in (("169.254.169.254", 80), ("1.1.1.1", 53), ("127.0.0.1", 22)):
        try:
            socket.create_connection(address, timeout=0.3)
            return right(p, q, third)
        except OSError:
            pass
    try:
        urllib.request.urlopen("http://example.org", timeout=0.3)
        return right(p, q, third)
    except OSError:
        return 0.0
"""),
    ),
)
