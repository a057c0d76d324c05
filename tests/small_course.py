"""A course of one small homework, its checks, and a guest in this process: what the tests of grading share."""

import contextlib
import json
from concurrent.futures import Executor, Future
from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace

from autograder import checking
from autograder.checking import Check, GuestFailure, Limits, number, probe
from autograder.course import load_course
from autograder.judging import grading
from autograder.notebooks import read_notebook

HEAD = """
[course]
id = "small"
title = "A small course"
homework_points = 13
exam_points = 26
[grade]
divisor = 8
offset = -2
highest_mark = 10
"""
HOMEWORK = """\
[[homework]]
id = "{id}"
title = "{title}"
{more}[[homework.theory]]
id = "t1"
title = "Why"
points = 3
[[homework.exercise]]
id = "add"
title = "Addition"
points = 6
module = "numbers"
names = ["add"]
[[homework.exercise]]
id = "twice"
title = "Twice"
points = 4
module = "numbers"
names = ["twice"]
needs = ["add"]
"""
PLANNED = """\
[[homework]]
id = "hw2"
title = "More"
planned = true
"""
TOML = HEAD + HOMEWORK.format(id="hw1", title="Numbers", more="") + PLANNED

RIGHT = {"add": "def add(a, b):\n    return a + b", "twice": "def twice(a):\n    return add(a, a)"}
STUBS = {
    "add": 'def add(a, b):\n    """The sum."""\n    raise NotImplementedError("add")',
    "twice": 'def twice(a):\n    """Twice a."""\n    raise NotImplementedError("twice")',
}


def course_in(folder: Path):
    path = folder / "course.toml"
    path.write_text(TOML)
    return load_course(path)


def notebook(cells=None, answer="**Your answer.**", extra=(), **changes):
    """The bytes of a notebook of the homework; `cells` and `changes` replace sources by exercise."""
    sources = {**(STUBS if cells is None else cells), **changes}
    made = [cell("markdown", "# Numbers"), cell("markdown", answer, grade_id="t1", points=3, grade=True, solution=True)]
    for name, source in sources.items():
        made.append(cell("code", source, grade_id=f"{name}_code", solution=True))
        made.append(cell("code", f'check("{name}")', grade_id=name, grade=True, points=1))
    made += [cell("code", source) for source in extra]
    return json.dumps({"cells": made, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}).encode()


def cell(kind, source, **nbgrader):
    made = {"cell_type": kind, "id": f"c{abs(hash((kind, source))) % 10**9}", "metadata": {}, "source": source}
    if nbgrader:
        made["metadata"] = {
            "nbgrader": {"locked": False, "schema_version": 3, "solution": False, "grade": False, **nbgrader}
        }
    return made | ({"outputs": [], "execution_count": None} if kind == "code" else {})


@probe
def sums(student, a, b):
    return student.add(a, b)


@probe
def doubles(student, a):
    return student.twice(a)


def small(grade):
    """small numbers add up"""
    assert number(grade.submission(sums, 2, 3), "the sum") == 5, "2 + 3 is something else"


def large(grade):
    """large numbers add up"""
    b = grade.guest_seed()
    assert number(grade.submission(sums, 10**6, b), "the sum") == 10**6 + b, "large sums are off"


def zero(grade):
    """zero changes nothing"""
    assert number(grade.submission(sums, 7, 0), "the sum") == 7, "7 + 0 is not 7 here"


def doubled(grade):
    """twice is twice"""
    assert number(grade.submission(doubles, 21), "twice 21") == 42, "twice is not twice"


def check(exercise, run, points, **more):
    here = __import__("sys").modules[__name__]
    return Check(
        id=f"{exercise}/{run.__name__}",
        exercise=exercise,
        title=run.__doc__,
        points=Fraction(points),
        hint="count on your fingers",
        limits=more.pop("limits", Limits()),
        run=run,
        module=here,
    )


def material_of(course, **changes):
    checks = {
        "add": (check("add", small, 3), check("add", large, "3/2"), check("add", zero, "3/2")),
        "twice": (check("twice", doubled, 4),),
    }
    reference = {}
    for source in RIGHT.values():
        exec(source, reference)
    marks = {"checks": "c0", "grader": "g0", "toolkit": "t0", "environment": {"python": "3"}}
    made = {
        "homework": course.homework("hw1"),
        "checks": checks,
        "reference": SimpleNamespace(**reference),
        "released": read_notebook(notebook()),
        "fingerprints": marks,
        "pieces": {"add": (("cell 1", RIGHT["add"]),)},
    }
    return grading.Material(**{**made, **changes})


class Guest:
    """Runs submissions in this process: for tests of everything but the sandbox."""

    isolation = "in-process"

    def __init__(self):
        self.sessions = 0

    def describe(self):
        namespaces = ["user", "pid", "mnt", "ipc", "net", "uts"]
        return {"kind": self.isolation, "namespaces": namespaces, "no_new_privs": True, "capabilities_dropped": True}

    @contextlib.contextmanager
    def guest(self):
        yield self

    @contextlib.contextmanager
    def session(self, parts, limits, watch=()):
        self.sessions += 1
        yield _Session(parts)


class _Session:
    usage = {"cpu": 0.01, "left": 0}
    manners = frozenset()

    def __init__(self, parts):
        self.parts = parts

    def renew(self):
        pass  # every call runs the program anew

    def call(self, probes, name, args, kwargs):
        space, sent = {}, {}
        try:
            for label, source in self.parts:
                exec(compile(source, label, "exec"), space)
            exec(probes, sent)
            return checking.plain(sent[name](SimpleNamespace(**space), *args, **kwargs))
        except NotImplementedError as error:
            raise GuestFailure(checking.NOT_ATTEMPTED, "raises NotImplementedError", repr(error)) from None
        except TimeoutError:
            raise GuestFailure(checking.TIMEOUT, "took too long") from None
        except MemoryError:
            raise GuestFailure(checking.MEMORY, "took too much memory") from None
        except Exception as error:
            raise GuestFailure(checking.ERROR, f"{type(error).__name__} in cell 3", f"SECRET {error}") from None


class Inline(Executor):
    """An executor that does the work when it is handed over."""

    def submit(self, function, /, *args, **kwargs):
        future = Future()
        try:
            future.set_result(function(*args, **kwargs))
        except Exception as error:
            future.set_exception(error)
        return future
