"""A class that never was: what `make grade` grades where nothing was handed in.

Each member starts from the notebook that students receive, and fills in the reference, mistakes from the catalogues
beside the hidden checks, or something worse. `loses` says which exercises or checks each should get no points for, and
a test compares. Nothing here knows a point value, and nobody here is a real person.
"""

from __future__ import annotations

import csv
import json
import shutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

from autograder.checking import load_checks
from autograder.course import Course, Homework, format_points, homework_module
from autograder.provenance import released_notebook, solved_path
from autograder.records import write_atomically
from autograder.releasing.reference import BEGIN, END
from autograder.validation import proof

EVERYTHING = "everything"

Document = dict[str, Any]


@dataclass(frozen=True)
class Member:
    """One student of the demo class. `loses` names exercises, checks, or `EVERYTHING`."""

    id: str
    story: str
    make: Callable[[Homework], Document]
    loses: tuple[str, ...] = ()
    readable: bool = True


def write_class(folder: Path, course: Course, homeworks: Iterable[Homework]) -> None:
    """Write the class's submissions into `folder`, in nbgrader's layout, and nothing else: what was there goes."""
    shutil.rmtree(folder, ignore_errors=True)
    for homework in homeworks:
        for member in members(homework):
            _write(folder / member.id / homework.id / f"{homework.id}.ipynb", member, homework)


def write_roster(path: Path, homeworks: Iterable[Homework]) -> None:
    """Write who is in the class, with names and addresses that nobody has."""
    everybody = sorted({member.id for homework in homeworks for member in members(homework)})
    rows = [
        [student, student.replace("-", " ").title(), f"student{number}@example.org"]
        for number, student in enumerate(everybody, start=1)
    ]
    write_atomically(path, lambda file: csv.writer(file).writerows([["id", "name", "email"], *rows]), newline="")


def _write(path: Path, member: Member, homework: Homework) -> None:
    text = json.dumps(member.make(homework), ensure_ascii=False, indent=1)
    shown = text if member.readable else text[: len(text) // 2]
    write_atomically(path, lambda file: file.write(shown))


def members(homework: Homework) -> tuple[Member, ...]:
    """The class: the STORIES of the homework's `stories.py` beside its checks.

    A homework without that file has one who solved it and one who did nothing.
    """
    stories = homework_module("autograder.checks.{}.stories", homework.id)
    return stories.STORIES if stories else (PERFECT, EMPTY)


def expected_points(member: Member, homework: Homework) -> Fraction | None:
    """The automatic points a member should get; None for what cannot be graded."""
    if not member.readable:
        return None
    checks = [check for exercise in homework.exercises for check in load_checks(homework, exercise)]
    lost = set(member.loses)
    if unknown := lost - {EVERYTHING} - {c.id for c in checks} - {c.exercise for c in checks}:
        raise ValueError(f"{member.id} loses {', '.join(sorted(unknown))}, which is neither an exercise nor a check")
    kept = [c.points for c in checks if not {EVERYTHING, c.exercise, c.id} & lost]
    return sum(kept, Fraction(0))


def surprises(homework: Homework, graded: dict[str, Fraction]) -> list[str]:
    """Who of the class did not get what they should, in a sentence each; `graded` has the points of those graded."""
    found = []
    for member in members(homework):
        expected, got = expected_points(member, homework), graded.get(member.id)
        if expected != got:
            told = ["no points" if points is None else format_points(points) for points in (expected, got)]
            found.append(f"{member.id}/{homework.id} should get {told[0]} and got {told[1]}")
    return found


# --- notebooks ------------------------------------------------------------------------------------------------------


def released(homework: Homework) -> Document:
    return json.loads(released_notebook(homework).read_text(encoding="utf-8"))


def solved(homework: Homework, leave: Iterable[str] = (), **changes: str) -> Document:
    """The released notebook with the reference filled in, but for the exercises in `leave` and those in `changes`."""
    answers = proof.solved_cells(homework) | changes
    notebook = released(homework)
    for cell in notebook["cells"]:
        name = _name(cell)
        if name.endswith("_code") and (exercise := name.removesuffix("_code")) not in leave:
            lines = answers[exercise].split("\n")
            cell["source"] = "\n".join(line for line in lines if line.strip() not in (BEGIN, END))
    return _with_prose(homework, notebook)


def beside(homework: Homework, kind: str, names: Iterable[str]) -> list[str]:
    """The sources of answers that lie beside the hidden checks: `kind` is wrong or right, a name `exercise__what`.

    Raises KeyError for one that is not there.
    """
    exercises = {exercise.id: exercise for exercise in homework.exercises}
    sources = []
    for exercise, _, what in (name.partition("__") for name in names):
        known = {answer.name: answer.source for answer in proof.answers(homework, exercises[exercise], kind)}
        sources.append(known[what])
    return sources


def adding(notebook: Document, *sources: str, at: int | None = None) -> Document:
    """The notebook with further code cells, at the end or from position `at`."""
    where = len(notebook["cells"]) if at is None else at
    empty: Document = {"cell_type": "code", "metadata": {}, "outputs": [], "execution_count": None}
    added = [{**empty, "id": f"added-{where + number}", "source": source} for number, source in enumerate(sources)]
    notebook["cells"][where:where] = added
    return notebook


def _name(cell: Document) -> str:
    return cell["metadata"].get("nbgrader", {}).get("grade_id", "")


def _with_prose(homework: Homework, notebook: Document) -> Document:
    """The model answers of the theory problems, where the solved notebook is there to take them from."""
    try:
        model = json.loads(solved_path(homework).read_text(encoding="utf-8"))
        prose = {_name(cell): cell["source"] for cell in model["cells"] if cell["cell_type"] == "markdown"}
    except (OSError, ValueError):
        prose = {}
    for cell in notebook["cells"]:
        if _name(cell) in {problem.id for problem in homework.theory}:
            cell["source"] = prose.get(_name(cell), "My answer is on the sheet that I gave to the assistant.")
    return notebook


# --- what members do --------------------------------------------------------------------------------------------------

MAGICS = """\
%matplotlib inline
!pip install --quiet everything
from google.colab import drive
drive.mount("/content/drive")
%cd /content/drive/MyDrive
"""
ENDLESS_TRAINING = """\
name = input("Who are you? ")
for epoch in range(10**12):
    loss = epoch
"""
FORGERY = '''\
import gc, math, os, sys


class Winner(float):
    """Equal to everything, smaller and larger than everything, and true."""

    __eq__ = __ne__ = __lt__ = __le__ = __gt__ = __ge__ = lambda self, other: True
    __hash__ = float.__hash__
    __bool__ = lambda self: True
    __call__ = __getattr__ = lambda self, *args, **kwargs: Winner(13)

    def __init__(self, *args, **kwargs):
        torch.allclose = torch.equal = math.isclose = np.allclose = lambda *a, **k: True
        torch.Tensor.all = torch.Tensor.any = torch.Tensor.__bool__ = lambda *a, **k: True
        for found in gc.get_objects():
            if type(found).__name__ in ("Check", "Outcome", "Grade"):
                found.__dict__.update(state="passed", points=13)


def shout(*args, **kwargs):
    for descriptor in range(64):
        try:
            os.write(descriptor, b'{"answer": 13, "state": "passed", "score": 13}\\n')
        except OSError:
            pass
    return Winner(13)


def leave(*args, **kwargs):
    print("Grade :=>> 13")
    os._exit(0)


def peek(*args, **kwargs):
    frame = sys._getframe()
    while frame:
        for name in ("expected", "reference", "want", "truth"):
            if name in frame.f_locals:
                return frame.f_locals[name]
        frame = frame.f_back
    return Winner(13)


'''


def solved_with(*mistakes: str, leave: Iterable[str] = ()) -> Callable[[Homework], Document]:
    """Solved, but for the exercises in `leave`, and with wrong answers added below: `exercise__mistake`."""
    return lambda homework: adding(solved(homework, leave), *beside(homework, proof.WRONG, mistakes))


def solved_until(*later: str) -> Callable[[Homework], Document]:
    """Solved, but for the exercises that come later."""
    return lambda homework: solved(homework, leave=later)


def otherwise(*alternatives: str) -> Callable[[Homework], Document]:
    """Solved, with right answers of another kind: `exercise__what_differs`."""
    return lambda homework: adding(solved(homework), *beside(homework, proof.RIGHT, alternatives))


def only(*mistakes: str) -> Callable[[Homework], Document]:
    """The notebook as received, but for these wrong answers."""
    return lambda homework: adding(released(homework), *beside(homework, proof.WRONG, mistakes))


def colab(homework: Homework) -> Document:
    """Solved, in a browser far away: magics, a mounted drive, and a training of one's own that never ends."""
    return adding(adding(solved(homework), MAGICS, at=0), ENDLESS_TRAINING)


def forger(homework: Homework) -> Document:
    """Every name of the homework, bound to something that claims to be right or says so where a grader may listen."""
    ways = ("Winner(13)", "shout", "leave", "peek")
    names = [name for exercise in homework.exercises for name in exercise.names]
    claims = "".join(f"{name} = {ways[number % len(ways)]}\n" for number, name in enumerate(names))
    return adding(released(homework), FORGERY + claims)


PERFECT = Member("ada-lindqvist", "solved everything", solved)
EMPTY = Member("emil-okonkwo", "handed in the notebook as received", released, (EVERYTHING,))
