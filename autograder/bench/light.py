"""A homework without any training cell: six exercises of one line each, in the forms that the three graders want.

One table holds the exercises; the notebook, our hidden checks and otter's tests are written from it, so that all three
graders put the same questions. The notebook holds nbgrader's test cells, as nbgrader's users write them.
"""

from __future__ import annotations

import compileall
import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from autograder.course import ROOT

HOMEWORK = "light"
POINTS = 13
KINDS = ("perfect", "half", "empty")

# Of the grader itself, what a course of its own does not need.
NOT_COPIED = ("checks", "attacks", "bench", "validation", "__pycache__")


@dataclass(frozen=True)
class Exercise:
    """`answer` is the one line to write, `truth` another way to the same numbers; `shapes` are the arguments'."""

    id: str
    points: int
    shapes: dict[str, tuple[int, ...]]
    answer: str
    truth: str

    @property
    def arguments(self) -> str:
        return ", ".join(self.shapes)

    def function(self, body: str) -> str:
        return f'def {self.id}({self.arguments}):\n    """One line of torch."""\n{body}'

    def draws(self, generator: str) -> str:
        """Lines that draw the arguments."""
        return "\n".join(
            f"{name} = torch.randn({', '.join(map(str, shape))}, generator={generator}, dtype=torch.float64)"
            for name, shape in self.shapes.items()
        )


EXERCISES = (
    Exercise(
        "softmax", 2, {"logits": (4, 5)}, "logits.exp() / logits.exp().sum(-1, keepdim=True)", "logits.softmax(-1)"
    ),
    Exercise(
        "gaussian_kl",
        2,
        {"mean": (4, 3), "log_var": (4, 3)},
        "0.5 * (mean**2 + log_var.exp() - 1 - log_var).sum(-1)",
        "torch.distributions.kl_divergence(torch.distributions.Normal(mean, (log_var / 2).exp()), "
        "torch.distributions.Normal(0.0, 1.0)).sum(-1)",
    ),
    Exercise("log_mean_exp", 2, {"x": (4, 6)}, "x.logsumexp(-1) - math.log(x.shape[-1])", "x.exp().mean(-1).log()"),
    Exercise("standardise", 2, {"x": (9, 3)}, "(x - x.mean(0)) / x.std(0)", "(x - x.mean(0)) / x.var(0).sqrt()"),
    Exercise(
        "squared_distances",
        2,
        {"x": (4, 3), "y": (5, 3)},
        "((x[:, None] - y[None]) ** 2).sum(-1)",
        'torch.cdist(x, y, compute_mode="donot_use_mm_for_euclid_dist") ** 2',
    ),
    Exercise("bits", 3, {"nats": (7,)}, "nats / math.log(2)", "torch.log2(nats.exp())"),
)
SOLVED = {"perfect": len(EXERCISES), "half": len(EXERCISES) // 2, "empty": 0}


# --- the notebook ---------------------------------------------------------------------------------------------------


def notebook(solved: int, *, markers: bool = False, tests: bool = True, remark: str = "") -> dict[str, Any]:
    """The notebook with the first exercises solved; `markers` are nbgrader's, for the instructor's version."""
    cells = [
        _cell("markdown", "intro", f"# A light homework\n\nNothing here is trained. {remark}".rstrip()),
        _cell("code", "imports", "import math\n\nimport torch"),
    ]
    for number, exercise in enumerate(EXERCISES):
        answer = f"    return {exercise.answer}"
        if markers:
            answer = f"    ### BEGIN SOLUTION\n{answer}\n    ### END SOLUTION"
        elif number >= solved:
            answer = f'    raise NotImplementedError("{exercise.id}: write one line")'
        cells.append(_cell("code", f"{exercise.id}_code", exercise.function(answer), solution=True))
        if tests:
            cells.append(_cell("code", exercise.id, _asserts(exercise), grade=True, points=exercise.points))
    kernel = {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}}
    return {"cells": cells, "metadata": kernel, "nbformat": 4, "nbformat_minor": 5}


def write_class(folder: Path, size: int, **form: Any) -> list[Path]:
    """`size` submissions in nbgrader's layout, perfect, half-done and empty in turn; each differs in a word."""
    shutil.rmtree(folder, ignore_errors=True)
    return [write(folder, student(number), HOMEWORK, _of(number, **form)) for number in range(size)]


def student(number: int) -> str:
    return f"{KINDS[number % len(KINDS)]}-{number:03d}"


def write(folder: Path, name: str, homework: str, document: dict[str, Any]) -> Path:
    path = folder / name / homework / f"{homework}.ipynb"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(document, indent=1), encoding="utf-8")
    return path


def _of(number: int, **form: Any) -> dict[str, Any]:
    return notebook(SOLVED[KINDS[number % len(KINDS)]], remark=f"Submission {number}.", **form)


def _asserts(exercise: Exercise) -> str:
    draws = exercise.draws("generator")
    call = f"{exercise.id}({exercise.arguments})"
    return f"generator = torch.Generator().manual_seed(7)\n{draws}\nassert torch.allclose({call}, {exercise.truth})"


def _cell(kind: str, name: str, source: str, **nbgrader: Any) -> dict[str, Any]:
    cell = {"cell_type": kind, "id": name.replace("_", "-"), "metadata": {}, "source": source}
    if nbgrader:
        empty = {"grade": False, "solution": False, "locked": "grade" in nbgrader, "task": False, "schema_version": 3}
        cell["metadata"] = {"nbgrader": {**empty, "grade_id": name, **nbgrader}}
    return cell | ({"outputs": [], "execution_count": None} if kind == "code" else {})


# --- for our grader: a course of its own ----------------------------------------------------------------------------


def write_course(folder: Path) -> None:
    """A copy of the grader, with this homework as its only one: what `python -m autograder` grades when run there."""
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(ROOT / "autograder", folder / "autograder", ignore=shutil.ignore_patterns(*NOT_COPIED))
    texts = {"course.toml": _course_toml(), "solutions/__init__.py": "", f"solutions/{HOMEWORK}/__init__.py": ""}
    texts[f"solutions/{HOMEWORK}/one_liners.py"] = _reference()
    texts[f"homeworks/{HOMEWORK}/{HOMEWORK}.ipynb"] = json.dumps(notebook(0), indent=1)
    for exercise in EXERCISES:
        texts[f"autograder/checks/{HOMEWORK}/test_{exercise.id}.py"] = _check(exercise)
    for name, text in texts.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    compileall.compile_dir(folder, quiet=1)  # as whatever was run before


def _course_toml() -> str:
    head = f"""\
[course]
id = "light"
title = "A light course"
homework_points = {POINTS}
exam_points = 26
[grade]
divisor = 8
offset = -2
highest_mark = 10
[[homework]]
id = "{HOMEWORK}"
title = "Nothing is trained"
"""
    entries = [
        f'[[homework.exercise]]\nid = "{e.id}"\ntitle = "{e.id}"\npoints = {e.points}\nmodule = "one_liners"\n'
        f'names = ["{e.id}"]\n'
        for e in EXERCISES
    ]
    return head + "".join(entries)


def _reference() -> str:
    functions = [exercise.function(f"    return {exercise.answer}\n") for exercise in EXERCISES]
    return '"""The reference."""\n\nimport math\n\nimport torch  # noqa: F401\n\n\n' + "\n\n".join(functions)


def _check(exercise: Exercise) -> str:
    draws = exercise.draws("grade.rng").replace("\n", "\n    ")
    return f'''\
"""Hidden check of {exercise.id}: the same numbers by another way."""

import torch

from autograder.checking import hint, points, probe, tensor


@probe
def answer(student, {exercise.arguments}):
    return student.{exercise.id}({exercise.arguments})


@points("1")
@hint("Write the formula down first.")
def test_values(grade):
    """{exercise.id} gives the right numbers"""
    {draws}
    truth = {exercise.truth}
    given = tensor(grade.submission(answer, {exercise.arguments}), tuple(truth.shape), "the result")
    assert torch.allclose(given, truth), "the numbers are not right"
'''


# --- for otter ------------------------------------------------------------------------------------------------------


def otter_test(exercise: Exercise) -> str:
    """A test file in otter's (OK's) format: the same comparison as a doctest."""
    lines = ["generator = torch.Generator().manual_seed(7)", *exercise.draws("generator").split("\n")]
    call = f"{exercise.id}({exercise.arguments})"
    lines.append(f"bool(torch.allclose({call}, {exercise.truth}))")
    return as_otter_test(exercise.id, exercise.points, [f">>> {line}" for line in lines] + ["True"])


def as_otter_test(name: str, points: float, doctest: list[str]) -> str:
    cases = [{"code": "\n".join(doctest), "hidden": False, "locked": False}]
    suite = {"cases": cases, "scored": True, "setup": "", "teardown": "", "type": "doctest"}
    return f"OK_FORMAT = True\n\ntest = { ({'name': name, 'points': float(points), 'suites': [suite]})!r}\n"
