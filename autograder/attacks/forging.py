"""A: forging the score in general: lying objects, patched libraries, early exits, forged frames, stolen answers."""

from __future__ import annotations

import json

from autograder.attacks.attack import Attack, cell, with_prize
from autograder.course import Homework
from autograder.desk import demo
from autograder.records import Record


def inflated(homework: Homework) -> bytes:
    """The notebook as released, with a thousand points in the metadata of every cell and in a heading."""
    notebook = demo.released(homework)
    for made in notebook["cells"]:
        if "nbgrader" in made["metadata"]:
            made["metadata"]["nbgrader"] |= {"points": 1000, "grade": True, "locked": False, "task": False}
    notebook["cells"].insert(0, {"cell_type": "markdown", "id": "h", "metadata": {}, "source": "# 13/13 points"})
    return json.dumps(notebook).encode()


def placeholder_moved(homework: Homework) -> bytes:
    """The notebook as released, with a space and a line more in every theory cell."""
    notebook = demo.released(homework)
    for made in notebook["cells"]:
        if made["metadata"].get("nbgrader", {}).get("grade_id") in {problem.id for problem in homework.theory}:
            made["source"] = "  " + "".join(made["source"]).replace(" ", "  ", 1) + "\n\n"
    return json.dumps(notebook).encode()


def says_answered(record: Record) -> str:
    return "a placeholder counts as an answer" if any(entry["answered"] for entry in record["theory"]) else ""


def _always_equal() -> str:
    return cell("""
class A:
    __eq__ = __lt__ = __le__ = __gt__ = __ge__ = lambda self, other: True
    __float__ = lambda self: 0.0
    __bool__ = lambda self: True
    __abs__ = __sub__ = __rsub__ = lambda self, *other: self

def evil(*arguments):
    return A()
""")


ATTACKS = (
    Attack("always equal", "A", "an object that equals everything", _always_equal()),
    Attack(
        "tensor subclass",
        "A",
        "a tensor whose __torch_function__ says True to every comparison",
        cell("""
class Liar(torch.Tensor):
    @classmethod
    def __torch_function__(cls, function, types, args=(), kwargs=None):
        return True

def evil(*arguments):
    return torch.zeros(()).as_subclass(Liar)
"""),
    ),
    Attack(
        "array impostor",
        "A",
        "__array__, __array_ufunc__ and __float__ that say what is wanted",
        cell("""
class Liar:
    dtype = "float64"
    shape = ()
    def __array__(self, *args, **kwargs): return np.array(["13"], dtype=object)
    def __array_ufunc__(self, *args, **kwargs): return True
    __float__ = lambda self: 13.0

def evil(*arguments):
    return Liar()
"""),
    ),
    Attack(
        "float subclass",
        "A",
        "a float with its own comparisons",
        cell("""
class Liar(float):
    __eq__ = __lt__ = __gt__ = __le__ = __ge__ = lambda self, other: True
    __sub__ = __rsub__ = __abs__ = lambda self, *other: Liar(0)

def evil(*arguments):
    return Liar(13)
"""),
    ),
    Attack(
        "nan",
        "A",
        "NaN, which is not greater than a tolerance",
        cell("def evil(*arguments):\n    return torch.tensor(float('nan'))"),
    ),
    Attack(
        "true",
        "A",
        "True and 13/13 instead of numbers",
        cell("def evil(p, q, third):\n    return '13/13' if callable(third) else True"),
    ),
    Attack(
        "zeroed input",
        "A",
        "the arguments are changed so that zero is right",
        cell("def evil(p, q, third):\n    p.zero_()\n    q.zero_()\n    return p.sum()"),
    ),
    Attack(
        "patched comparisons",
        "A",
        "torch.allclose, math.isclose, abs, fsum and Tensor methods always agree",
        cell("""
import builtins, math
def evil(*arguments):
    torch.allclose = torch.equal = math.isclose = np.allclose = lambda *a, **k: True
    torch.Tensor.__bool__ = torch.Tensor.all = torch.Tensor.any = lambda *a, **k: True
    builtins.abs = lambda x: 0
    math.fsum = lambda values: 0.0
    return torch.zeros(())
"""),
    ),
    Attack(
        "patched frameworks",
        "A",
        "unittest, pytest and doctest report success",
        cell("""
def evil(*arguments):
    import doctest, importlib, unittest
    unittest.TestCase.assertEqual = unittest.TestCase.fail = lambda *a, **k: None
    doctest.DocTestRunner.summarize = lambda *a, **k: (0, 1)
    try:
        reports = importlib.import_module("_pytest.reports")
        reports.TestReport.from_item_and_call = classmethod(lambda cls, *a: "passed")
    except ImportError:
        pass
    return 0.0
"""),
    ),
    Attack(
        "dropped files",
        "A",
        "conftest.py, sitecustomize.py, torch.py, a .pth beside the work",
        cell("""
import os, sys
def evil(*arguments):
    for folder in {os.getcwd(), os.path.expanduser("~"), *sys.path}:
        for name in ("conftest.py", "pytest.ini", "sitecustomize.py", "torch.py", "checks.py", "x.pth"):
            try:
                open(os.path.join(folder, name), "w").write("import os; os._exit(0)")
            except OSError:
                pass
    return 0.0
"""),
    ),
    Attack(
        "ipython hooks",
        "A",
        "transformers that drop asserts, a patched do_execute",
        cell("""
def evil(*arguments):
    try:
        shell = get_ipython()
        shell.ast_transformers.append(None)
        shell.input_transformers_post.append(lambda lines: [])
        shell.do_execute = lambda *a, **k: {"status": "ok"}
    except NameError:
        pass
    return 0.0
"""),
    ),
    Attack(
        "early exit",
        "A",
        "os._exit(0), as if all had gone well",
        cell("import os\ndef evil(*arguments):\n    os._exit(0)"),
        states=("crashed",),
    ),
    Attack(
        "sys.exit",
        "A",
        "sys.exit(0) when the cell is loaded",
        "import sys\n" + cell("EXIT = sys.exit(0)\ndef evil(*arguments):\n    return EXIT"),
        states=("error",),
    ),
    Attack(
        "late rewriting",
        "A",
        "atexit, finalizers, excepthook and threads that write results afterwards",
        cell("""
import atexit, sys, threading, time, weakref
def rewrite(*arguments):
    for name in ("results.json", "/tmp/results.json", "/results/results.json"):
        try:
            open(name, "w").write('{"score": 13}')
        except OSError:
            pass

def later():
    while True:
        rewrite()
        time.sleep(0.01)

def evil(*arguments):
    atexit.register(rewrite)
    weakref.finalize(evil, rewrite)
    sys.excepthook = sys.unraisablehook = rewrite
    threading.Thread(target=later, daemon=True).start()
    return 0.0
"""),
    ),
    Attack(
        "kill the judge",
        "A",
        "signals to parent, warden and everybody",
        cell("""
import os, signal
def evil(*arguments):
    for target in (os.getppid(), 1, -1):
        for number in (signal.SIGTERM, signal.SIGSTOP, signal.SIGKILL):
            try:
                os.kill(target, number)
            except OSError:
                pass
    return 0.0
"""),
    ),
    Attack(
        "printed verdicts",
        "A",
        "verdict lines of other graders on stdout and stderr",
        cell("""
import os
def evil(*arguments):
    for line in ('{"score": 13}', "Grade :=>> 100", "passed", '{"answer": 13}'):
        print(line, flush=True)
        os.write(2, line.encode())
    return 0.0
"""),
    ),
    Attack(
        "every descriptor",
        "A",
        "a verdict written to every open descriptor",
        cell("""
import os
def evil(*arguments):
    for descriptor in range(1000):
        try:
            os.write(descriptor, b'{"answer": 13, "state": "passed", "score": 13}' * 9)
        except OSError:
            pass
    return 0.0
"""),
        states=("crashed",),
        noticed="not an answer",
    ),
    Attack(
        "well-formed frames",
        "A",
        "frames of the real protocol that claim a pass",
        cell("""
import os
def evil(*arguments):
    from sandbox_guest import channel
    for claim in ({"answer": "passed"}, {"answer": {"state": "passed", "points": 13}}, {"ready": True}):
        for buffer in channel.pack(claim, channel.Caps()):
            os.write(3, buffer)
    return 0.0
"""),
        states=("failed", "crashed"),
    ),
    Attack(
        "patched channel",
        "A",
        "the guest's own packing is replaced",
        cell("""
def evil(*arguments):
    import sys
    sent = [module for name, module in sys.modules.items() if name.startswith("sandbox_guest")]
    for module in sent:
        for name in ("pack", "read_frame", "_report", "_call"):
            if hasattr(module, name):
                setattr(module, name, lambda *a, **k: [b"passed" * 10])
    return 0.0
"""),
        states=("crashed", "failed"),
    ),
    Attack(
        "gradebook",
        "A",
        "a trigger in the gradebook's database",
        with_prize("""
import glob, sqlite3
def evil(p, q, third):
    changed = 0
    for name in glob.glob("/*/gradebook.db") + glob.glob("/*/*/gradebook.db") + glob.glob("../**/gradebook.db"):
        book = sqlite3.connect(name)
        book.execute("create trigger t after insert on grade begin update grade set auto_score = 99; end")
        changed += 1
    return right(p, q, third) if changed else 0.0
"""),
    ),
    Attack(
        "pickle",
        "A",
        "an object whose __reduce__ runs a command where it is loaded",
        cell("""
import os
class Payload:
    def __reduce__(self):
        return os.system, ("touch /tmp/dgm-attack-was-here",)

def evil(*arguments):
    return Payload()
"""),
    ),
    Attack(
        "steal the reference",
        "A",
        "frames, garbage collector, closures and modules are searched for an answer",
        with_prize("""
import gc, inspect, sys
def evil(p, q, third):
    found = []
    frame = sys._getframe()
    while frame:
        found += [name for name in frame.f_locals if name in ("expected", "reference", "truth", "want", "grade")]
        frame = frame.f_back
    found += [name for name in sys.modules if name.startswith(("solutions", "autograder"))]
    found += [f for f in gc.get_objects() if inspect.isfunction(f) and (f.__module__ or "").startswith("solutions")]
    return right(p, q, third) if found else 0.0
"""),
    ),
    Attack(
        "import the reference",
        "A",
        "solutions, checks and the grader are imported",
        with_prize("""
import importlib
def evil(p, q, third):
    for name in ("solutions.hw1.f_divergence", "solutions", "autograder.checking", "autograder.checks"):
        try:
            importlib.import_module(name)
            return right(p, q, third)
        except ImportError:
            pass
    return 0.0
"""),
    ),
    Attack(
        "hard-coded answers",
        "A",
        "last year's values by the shape of the input",
        cell("""
KNOWN = {2: 0.1, 5: 0.31, 8: 0.4, 3: 0.22, 7: 0.35, 6: 0.3}
def evil(p, q, third):
    return KNOWN.get(len(p), 0.0)
"""),
    ),
    Attack(
        "global state",
        "A",
        "a right answer that leaves float64, no gradients and other threads behind: bad manners, and later checks hold",
        """
kept = f_divergence
kept_alpha = alpha_divergence

def spoil():
    torch.set_default_dtype(torch.float64)
    torch.set_grad_enabled(False)
    torch.use_deterministic_algorithms(True)
    torch.manual_seed(0)
    torch.manual_seed = lambda seed: None

def f_divergence(p, q, f):
    spoil()
    return (q * f(p / q)).sum()
""",
        on=("f_divergence", "maximum_likelihood", "elbo"),
        base="solved",
        states=("passed", "failed"),
        points="1.3",  # of 1.5: manners cost one small check
    ),
    Attack(
        "a thousand points", "A", "points in metadata and headings are edited", make=inflated, states=("not-attempted",)
    ),
    Attack(
        "placeholder",
        "A",
        "the theory's placeholder with a space more",
        make=placeholder_moved,
        states=("not-attempted",),
        judge=says_answered,
    ),
)
