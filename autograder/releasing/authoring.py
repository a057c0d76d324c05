"""From `solutions/<homework>/<homework>.md` and the reference modules to the solved notebook.

The homework is written in MyST Markdown, which jupytext reads. Its cells:

* an **exercise** holds one import of the reference, which stands where the student will write. The names and the module
  are those of `course.toml`:

      ```{code-cell}
      :tags: [exercise]
      from solutions.hw1.masked_conv import MaskedConv2d
      ```

* its **check** cell follows somewhere below:

      ```{code-cell}
      :tags: [check, raises-exception]
      check("masked_conv")
      ```

* an **experiment** is tagged `[experiment, raises-exception]`, or `[experiment, optional, raises-exception]` when it
  is executed only on request. Any other code cell has no tag; those above the first exercise are the setup, and give
  the imports that the reference modules rely on (`reference.SETUP`).
* a **theory** problem is stated in ordinary text. Its model answer and its rubric are cells of their own:

      +++ {"theory": "t1"}
      The answer; students get an empty cell in its place.
      +++ {"rubric": "t1"}
      What earns how many points; students get nothing in its place.
      +++

  A **reflection**, a few sentences that are marked by hand, is written in the same way.
* a **question**, a paragraph that begins with `**Before you code.**` or `**What do you see?**`, ends its text, and
  staff read the answer to all that it asks below it; `x` is the exercise or the theory problem that it belongs to:

      +++ {"answer": "x"}
      The answer; students get nothing in its place.
      +++

* `{points:masked_conv}`, `{points:t1}` and `{points:hw1}` in text become "0.75 points", "1 point", "13 points".

Every exercise, theory problem and reflection of `course.toml` appears exactly once, each exercise below those that it
needs. In the solved notebook an exercise `x` is the solution cell `x_code` and the autograded cell `x`, and a theory
problem or reflection `t` is the manually graded cell `t`, in nbgrader's terms.
"""

from __future__ import annotations

import ast
import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

import jupytext
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from autograder.course import ROOT, Exercise, Homework, format_points
from autograder.notebooks.statements import CellError, read_code
from autograder.releasing.reference import SETUP_IMPORTS, ReferenceModule, ReleaseError, imported, refuse_lookalikes

METADATA = {
    "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}
EXERCISE, CHECK, EXPERIMENT, OPTIONAL, MAY_RAISE = "exercise", "check", "experiment", "optional", "raises-exception"
TEXT, THEORY, RUBRIC, ANSWER = "text", "theory", "rubric", "answer"
KINDS_OF_CODE = {
    (): "plain",
    (EXERCISE,): EXERCISE,
    (CHECK, MAY_RAISE): CHECK,
    (EXPERIMENT, MAY_RAISE): EXPERIMENT,
    (EXPERIMENT, OPTIONAL, MAY_RAISE): EXPERIMENT,
}
POINTS = re.compile(r"\{points:([^}\n]*)\}")
POINTS_IN_HEADING = re.compile(r"^#+ .*?(\d[\d.]* points?)\b", re.MULTILINE)
QUESTION = re.compile(r"^\*\*(?:Before you code\.|What do you see\?)\*\*", re.MULTILINE)
OURS = re.compile(r"\b(?:solutions|autograder)\b")


@dataclass(frozen=True)
class Authored:
    """One cell of the Markdown file: `kind` is text, theory, rubric, answer, or one of KINDS_OF_CODE; `about` an id."""

    kind: str
    source: str
    about: str = ""
    tags: tuple[str, ...] = ()


@dataclass
class _Seen:
    """What the cells above have held, to complain about what is missing or out of order."""

    exercises: list[str] = field(default_factory=list)
    checks: list[str] = field(default_factory=list)
    theory: list[str] = field(default_factory=list)
    rubric: list[str] = field(default_factory=list)


def source_path(homework: Homework, root: Path = ROOT) -> Path:
    return root / "solutions" / homework.id / f"{homework.id}.md"


def authored_cells(homework: Homework, root: Path = ROOT) -> list[Authored]:
    """The cells of the homework's Markdown file, vetted. Raises ReleaseError, saying what and where."""
    path = source_path(homework, root)
    try:
        text = path.read_text(encoding="utf-8")
        notebook = jupytext.reads(text, fmt="md:myst")
    except FileNotFoundError:
        raise ReleaseError(f"{path.relative_to(root).as_posix()} is missing: {homework.id} is not written") from None
    except Exception as error:
        raise ReleaseError(f"{path.name} cannot be read as MyST Markdown: {error}") from None
    refuse_lookalikes(text, path.name)
    reader = _Reader(homework, path.name)
    cells = [reader.cell(number, cell) for number, cell in enumerate(notebook.cells, start=1)]
    reader.vet(
        cells, {exercise.id: ReferenceModule.read(homework, exercise.module, root) for exercise in homework.exercises}
    )
    return cells


def solved_notebook(homework: Homework, root: Path = ROOT) -> NotebookNode:
    """The solved notebook without outputs, the same for the same sources. Raises ReleaseError."""
    cells = []
    for authored in authored_cells(homework, root):
        if authored.kind == EXERCISE:
            exercise = homework.exercise(authored.about)
            source = ReferenceModule.read(homework, exercise.module, root).cell_source(exercise)
            cells.append(_code(authored, source, _graded(f"{exercise.id}_code", solution=True)))
        elif authored.kind == CHECK:
            exercise = homework.exercise(authored.about)
            cells.append(_code(authored, authored.source, _graded(exercise.id, points=exercise.points, locked=True)))
        elif authored.kind == THEORY:
            problem = next(problem for problem in homework.theory if problem.id == authored.about)
            graded = _graded(problem.id, points=problem.manual_points, solution=True)
            cells.append(new_markdown_cell(authored.source, metadata={"nbgrader": graded}))
        elif authored.kind == RUBRIC:
            cells.append(new_markdown_cell(authored.source, metadata={"rubric": authored.about}))
        elif authored.kind == ANSWER:
            cells.append(new_markdown_cell(f"*Answer.* {authored.source}", metadata={"answer": authored.about}))
        elif authored.kind == TEXT:
            cells.append(new_markdown_cell(authored.source))
        else:
            cells.append(_code(authored, authored.source))
    _name_cells(cells)
    return new_notebook(cells=cells, metadata=METADATA)


def points_text(points: Fraction) -> str:
    return f"{format_points(points)} point{'' if points == 1 else 's'}"


def _code(authored: Authored, source: str, nbgrader: dict[str, Any] | None = None) -> NotebookNode:
    metadata: dict[str, Any] = {"tags": list(authored.tags)} if authored.tags else {}
    return new_code_cell(source, metadata=metadata | ({"nbgrader": nbgrader} if nbgrader else {}))


def _graded(
    grade_id: str, points: Fraction | None = None, solution: bool = False, locked: bool = False
) -> dict[str, Any]:
    """nbgrader's metadata of a cell; it is graded when it has points."""
    nbgrader = {"schema_version": 3, "grade_id": grade_id, "task": False}
    nbgrader |= {"grade": points is not None, "solution": solution, "locked": locked}
    if points is not None:
        nbgrader["points"] = int(points) if points.denominator == 1 else float(points)
    return nbgrader


def _name_cells(cells: list[NotebookNode]) -> None:
    """Give every cell an id that its content decides, so that releasing twice gives the same bytes."""
    taken: set[str] = set()
    for cell in cells:
        name = cell.metadata.get("nbgrader", {}).get("grade_id")
        if name is None:
            digest = hashlib.sha256(f"{cell.cell_type}\n{cell.source}".encode()).hexdigest()
            name = next(key for start in range(0, 50, 2) if (key := digest[start : start + 12]) not in taken)
        taken.add(name)
        cell["id"] = name


class _Reader:
    """Turns jupytext's cells into Authored ones; every complaint says which cell of which file."""

    def __init__(self, homework: Homework, file: str) -> None:
        self.homework, self.file = homework, file
        self.by_import = {
            (f"solutions.{homework.id}.{exercise.module}", frozenset(exercise.names)): exercise.id
            for exercise in homework.exercises
        }
        self.worth = {exercise.id: exercise.points for exercise in homework.exercises}
        self.worth |= {problem.id: problem.points for problem in homework.theory}
        self.worth[homework.id] = homework.automatic_points + homework.manual_points

    def fail(self, number: int, source: str, what: str) -> ReleaseError:
        start = next((line.strip() for line in source.split("\n") if line.strip()), "")
        return ReleaseError(f"{self.file}, cell {number} ({start[:60]!r}): {what}")

    def cell(self, number: int, cell: NotebookNode) -> Authored:
        if cell.cell_type == "code":
            return self._code(number, cell)
        if cell.cell_type != "markdown":
            raise self.fail(number, cell.source, f"is a {cell.cell_type} cell; write text or code")
        return self._text(number, cell)

    def _text(self, number: int, cell: NotebookNode) -> Authored:
        kind, about = TEXT, ""
        if cell.metadata:
            [(kind, about), *more] = cell.metadata.items()
            if kind not in (THEORY, RUBRIC, ANSWER) or more:
                kinds = " or ".join(f'{{"{kind}": ...}}' for kind in (THEORY, RUBRIC, ANSWER))
                raise self.fail(number, cell.source, f"+++ may only say {kinds}, not {kind}")
            known = {problem.id for problem in self.homework.theory}
            if kind == ANSWER:
                known |= {exercise.id for exercise in self.homework.exercises}
            if about not in known:
                what = "exercise or theory problem" if kind == ANSWER else "theory problem"
                raise self.fail(number, cell.source, f"course.toml has no {what} {about!r}")
            if not cell.source.strip():
                raise self.fail(number, cell.source, f"the {kind} of {about} is empty")
        if heading := POINTS_IN_HEADING.search(cell.source):
            raise self.fail(number, cell.source, f"{heading[1]!r} in a heading; write {{points:...}}, from course.toml")
        return Authored(kind, POINTS.sub(lambda found: self._points(number, cell.source, found[1]), cell.source), about)

    def _points(self, number: int, source: str, about: str) -> str:
        if about not in self.worth:
            raise self.fail(
                number, source, f"{{points:{about}}} is no exercise, theory problem or homework of course.toml"
            )
        return points_text(self.worth[about])

    def _code(self, number: int, cell: NotebookNode) -> Authored:
        tags = tuple(cell.metadata.get("tags", ()))
        kind = next((kind for known, kind in KINDS_OF_CODE.items() if sorted(known) == sorted(tags)), None)
        if kind is None or set(cell.metadata) - {"tags"}:
            known = "; ".join(f"[{', '.join(tags)}]" for tags in KINDS_OF_CODE if tags)
            raise self.fail(number, cell.source, f"has tags [{', '.join(tags)}]; known: {known}")
        about = ""
        if kind == EXERCISE:
            about = self._exercise_of_import(number, cell.source)
        elif OURS.search(cell.source):
            raise self.fail(number, cell.source, "uses solutions or autograder, which students do not have")
        elif kind == CHECK:
            about = self._exercise_of_check(number, cell.source)
        return Authored(kind, cell.source, about, tags)

    def _exercise_of_import(self, number: int, source: str) -> str:
        match self._parse(number, source).body:
            case [ast.ImportFrom(module=module, names=aliases, level=0)] if not any(alias.asname for alias in aliases):
                key = module, frozenset(alias.name for alias in aliases)
                if key in self.by_import:
                    return self.by_import[key]
        known = "; ".join(f"from {module} import {', '.join(sorted(names))}" for module, names in self.by_import)
        raise self.fail(number, source, f"an exercise cell is one import, of what course.toml names: {known}")

    def _exercise_of_check(self, number: int, source: str) -> str:
        match self._parse(number, source).body:
            case [ast.Expr(value=ast.Call(func=ast.Name(id="check"), args=[ast.Constant(value=about)], keywords=[]))]:
                if about in {exercise.id for exercise in self.homework.exercises}:
                    return about
        raise self.fail(number, source, 'a check cell is one line, check("<exercise of course.toml>")')

    def _parse(self, number: int, source: str) -> ast.Module:
        try:
            return ast.parse(source)
        except SyntaxError as error:
            raise self.fail(number, source, f"does not compile: {error.msg}") from None

    # --- the file as a whole ------------------------------------------------------------------------------------

    def vet(self, cells: list[Authored], modules: dict[str, ReferenceModule]) -> None:
        """Raise ReleaseError unless everything of course.toml is there once, in an order in which it can be run."""
        seen = _Seen()
        for number, cell in enumerate(cells, start=1):
            if cell.kind == EXERCISE:
                self._vet_exercise(number, cell, seen, modules[cell.about])
            elif cell.kind == CHECK and cell.about not in seen.exercises:
                raise self.fail(number, cell.source, f"checks {cell.about}, whose exercise cell is not above it")
            listed = {EXERCISE: seen.exercises, CHECK: seen.checks, THEORY: seen.theory, RUBRIC: seen.rubric}
            if cell.kind in listed:
                if cell.about in listed[cell.kind]:
                    raise self.fail(number, cell.source, f"is the second {cell.kind} cell of {cell.about}")
                listed[cell.kind].append(cell.about)
        exercises = [exercise.id for exercise in self.homework.exercises]
        problems = [problem.id for problem in self.homework.theory]
        for kind, wanted, found in (
            ("exercise", exercises, seen.exercises),
            ("check", exercises, seen.checks),
            (THEORY, problems, seen.theory),
            (RUBRIC, problems, seen.rubric),
        ):
            if missing := [item for item in wanted if item not in found]:
                raise ReleaseError(f"{self.file} has no {kind} cell for {', '.join(missing)}")
        self._vet_questions(cells)
        self._vet_setup(cells)
        self._vet_names(cells, modules)

    def _vet_exercise(self, number: int, cell: Authored, seen: _Seen, module: ReferenceModule) -> None:
        exercise = self.homework.exercise(cell.about)
        if late := [need for need in exercise.needs if need not in seen.exercises]:
            raise self.fail(number, cell.source, f"{exercise.id} needs {', '.join(late)}, which is not above it")
        written = {name for above in seen.exercises for name in self.homework.exercise(above).names}
        if late := sorted(set(module.borrowed) - written):
            raise self.fail(
                number, cell.source, f"{module.name} imports {', '.join(late)}, which no exercise above defines"
            )

    def _vet_questions(self, cells: list[Authored]) -> None:
        """Every question is the last paragraph of its text, has its answer below it, and no answer stands alone."""
        after_question = False
        for number, cell in enumerate(cells, start=1):
            if after_question != (cell.kind == ANSWER):
                what = 'comes after a question without an +++ {"answer": ...}' if after_question else "has no question"
                raise self.fail(number, cell.source, what)
            questions = list(QUESTION.finditer(cell.source)) if cell.kind == TEXT else []
            if questions and "\n\n" in cell.source[questions[0].start() :].strip():
                raise self.fail(number, cell.source, "goes on after a question; end it with the answer, and then +++")
            after_question = bool(questions)
        if after_question:
            raise ReleaseError(f"{self.file} ends with a question that has no answer")

    def _vet_setup(self, cells: list[Authored]) -> None:
        first = next((number for number, cell in enumerate(cells) if cell.kind == EXERCISE), len(cells))
        given: set[str] = set()
        for number, cell in enumerate(cells[:first], start=1):
            if cell.kind == "plain":
                given |= imported(self._parse(number, cell.source))
        if missing := sorted(SETUP_IMPORTS - given):
            raise ReleaseError(
                f"{self.file}: no cell above the first exercise has `{missing[0]}`, which references use"
            )

    def _vet_names(self, cells: list[Authored], modules: dict[str, ReferenceModule]) -> None:
        """Nothing may redefine what an exercise defines: the last definition wins, in a notebook and in grading."""
        owner: dict[str, tuple[str, str]] = {}
        for exercise in self.homework.exercises:
            for name, text in _definitions(exercise, modules[exercise.id]):
                other, other_text = owner.setdefault(name, (modules[exercise.id].name, text))
                if text != other_text:
                    both = f"{other} and {modules[exercise.id].name}"
                    raise ReleaseError(
                        f"{both} define {name} differently, and a notebook can hold only one; rename one"
                    )
        for number, cell in enumerate(cells, start=1):
            if cell.kind in ("plain", EXPERIMENT):
                try:
                    statements = read_code(cell.source).statements
                except CellError as reason:
                    raise self.fail(number, cell.source, f"does not compile: {reason}") from None
                if taken := sorted({name for item in statements for name in item.binds} & owner.keys()):
                    raise self.fail(number, cell.source, f"redefines {taken[0]}, which is an exercise's; rename it")


def _definitions(exercise: Exercise, module: ReferenceModule) -> Iterator[tuple[str, str]]:
    for statement in module.needed(exercise):
        for name in statement.binds:
            yield name, ast.unparse(statement.node)
