"""From the solved notebook to the student's, by nbgrader's `generate_assignment`.

nbgrader removes the solution regions, strips outputs, locks the check cells, computes its checksums and registers the
assignment in the gradebook. Two things are added to its chain: a stub says what it stands for,
`raise NotImplementedError("masked_conv: write MaskedConv2d.forward")`, and the cells that only instructors read go.
"""

from __future__ import annotations

import ast
import re
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell
from nbgrader.converters import GenerateAssignment
from nbgrader.converters.base import NbGraderException
from nbgrader.coursedir import CourseDirectory
from nbgrader.preprocessors import (
    CheckCellMetadata,
    ClearHiddenTests,
    ClearMarkScheme,
    ClearOutput,
    ClearSolutions,
    ComputeChecksums,
    LockCells,
    NbGraderPreprocessor,
    SaveCells,
)
from traitlets.config import Config

from autograder.course import Course, Homework
from autograder.releasing.reference import BEGIN, END, ReleaseError

UNNAMED = 'raise NotImplementedError("a stub without a name")'
EMPTY_ANSWER = "YOUR ANSWER HERE"


class DropInstructorCells(NbGraderPreprocessor):
    """Removes the rubrics and the answers to questions that nobody marks."""

    def preprocess(self, nb: NotebookNode, resources: dict[str, Any]) -> tuple[NotebookNode, dict[str, Any]]:
        nb.cells = [cell for cell in nb.cells if not {"rubric", "answer"} & set(cell.metadata)]
        return nb, resources


class NameStubs(ClearSolutions):
    """nbgrader's removal of solutions; each stub then says which function of which exercise it stands for."""

    def preprocess_cell(self, cell: NotebookNode, resources: dict[str, Any], index: int) -> tuple[NotebookNode, dict]:
        cell, resources = super().preprocess_cell(cell, resources, index)
        if cell.cell_type == "code" and cell.metadata.get("nbgrader", {}).get("solution"):
            cell.source = _named(cell.source, cell.metadata.nbgrader.grade_id.removesuffix("_code"))
        return cell, resources


PREPROCESSORS = [
    DropInstructorCells,
    LockCells,
    NameStubs,
    ClearOutput,
    CheckCellMetadata,
    ComputeChecksums,
    SaveCells,
    ClearHiddenTests,
    ClearMarkScheme,
    ComputeChecksums,
    CheckCellMetadata,
]


def stub_source(solved: str, exercise: str) -> str:
    """What remains of an exercise's solved cell for the student. Raises ReleaseError when it is not Python."""
    nbgrader = {"schema_version": 3, "grade_id": f"{exercise}_code", "grade": False, "solution": True, "locked": False}
    cell = new_code_cell(solved, metadata={"nbgrader": {**nbgrader, "task": False}})
    return NameStubs(config=_config()).preprocess_cell(cell, {"language": "python"}, 0)[0].source


def student_notebook(
    homework: Homework, solved: NotebookNode, course: Course, gradebook: str | None = None
) -> NotebookNode:
    """Run nbgrader on the solved notebook in a folder of its own; register the assignment when given a gradebook's URL.

    Raises ReleaseError when nbgrader fails, or when it writes any file but the notebook.
    """
    if gradebook is not None:
        _open_gradebook(gradebook, course)
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder).resolve()
        source = root / "source" / homework.id / f"{homework.id}.ipynb"
        source.parent.mkdir(parents=True)
        nbformat.write(solved, source)
        config = _config()
        config.CourseDirectory.root = str(root)
        config.CourseDirectory.course_id = course.id
        config.CourseDirectory.assignment_id = homework.id
        config.CourseDirectory.db_url = gradebook or "sqlite://"
        config.GenerateAssignment.preprocessors = PREPROCESSORS
        config.GenerateAssignment.no_database = gradebook is None
        config.SaveCells.enabled = gradebook is not None
        try:
            GenerateAssignment(coursedir=CourseDirectory(config=config), config=config).start()
        except (NbGraderException, SystemExit) as error:
            raise ReleaseError(f"nbgrader could not generate {homework.id}: {error}") from None
        released = root / "release"
        files = sorted(path.relative_to(released).as_posix() for path in released.rglob("*") if path.is_file())
        if files != [f"{homework.id}/{homework.id}.ipynb"]:
            raise ReleaseError(f"nbgrader would release {', '.join(files)} and not the notebook of {homework.id} alone")
        student = nbformat.read(released / files[0], as_version=4)
    _prove_cleared(homework, student)
    _where_it_is_alone(student, course.toolkit)
    return student


IMPORTS_TOOLKIT = "import dgm\n"
ALONE = """\
import importlib.util

if importlib.util.find_spec("dgm") is None:  # the notebook is alone, as on Colab
{}
import dgm
"""
INSTALLED = """\
    import subprocess

    subprocess.run([sys.executable, "-m", "pip", "install", "-q", "{}"], check=True)"""
SAID = """\
    raise ModuleNotFoundError(
        "The toolkit dgm is not here. Put this notebook back into its folder, beside the folder dgm. Where it has to "
        "be alone, upload the wheel of dgm, which the course hands out, and run in a cell above: !pip install dgm-*.whl"
    )"""


def _where_it_is_alone(student: NotebookNode, address: str) -> None:
    """Let the set-up cell get the toolkit from the course's address where it does not lie beside the notebook.

    Without an address it says what to do. Raises ReleaseError where no cell, or more than one, imports the toolkit.
    """
    found = [cell for cell in student.cells if cell.cell_type == "code" and f"\n{IMPORTS_TOOLKIT}" in cell.source]
    if len(found) != 1:
        raise ReleaseError(f"{len(found)} cells import the toolkit; what to do without it belongs into one")
    alone = ALONE.format(INSTALLED.format(address) if address else SAID)
    found[0].source = found[0].source.replace(f"\n{IMPORTS_TOOLKIT}", f"\n{alone}", 1)


def _config() -> Config:
    config = Config()
    config.ClearSolutions.code_stub = {"python": UNNAMED}
    config.ClearSolutions.text_stub = EMPTY_ANSWER
    return config


def _open_gradebook(url: str, course: Course) -> None:
    """Create the database where there is none, and refuse one that has been tampered with."""
    from autograder.marks.gradebook import Book, GradebookError

    try:
        Book(url, course).close()
    except GradebookError as error:
        raise ReleaseError(str(error)) from None


def _prove_cleared(homework: Homework, student: NotebookNode) -> None:
    """Trust nothing: no marker, no output, no model answer and no unnamed stub may be left."""
    for number, cell in enumerate(student.cells, start=1):
        if any(word in cell.source for word in (BEGIN, END, UNNAMED)) or cell.get("outputs"):
            raise ReleaseError(
                f"cell {number} of the student's {homework.id} still holds a marker, a stub or an output"
            )
        nbgrader = cell.metadata.get("nbgrader", {})
        if cell.cell_type == "markdown" and nbgrader.get("solution") and cell.source != EMPTY_ANSWER:
            raise ReleaseError(
                f"cell {number} of the student's {homework.id} still holds the answer of a theory problem"
            )


# --- stubs --------------------------------------------------------------------------------------------------------


def _named(source: str, exercise: str) -> str:
    """Name the stubs inside functions; drop those that stand for whole helpers, methods and comments."""
    try:
        names = {number: name for number, name in _functions_of(ast.parse(source))}
    except SyntaxError as error:
        raise ReleaseError(f"{exercise}: without its solution the cell does not compile: {error.msg}") from None
    lines = []
    for number, line in enumerate(source.split("\n"), start=1):
        if line.strip() != UNNAMED:
            lines.append(line)
        elif number in names:
            lines.append(line.replace(UNNAMED, f'raise NotImplementedError("{exercise}: write {names[number]}")'))
    stub = re.sub(r"\n{4,}", "\n\n\n", "\n".join(lines)).strip("\n")
    try:
        ast.parse(stub)
    except SyntaxError as error:
        raise ReleaseError(f"{exercise}: its stub does not compile: {error.msg}") from None
    return stub


def _functions_of(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Line -> qualified name of the function around it, for every unnamed stub inside a function."""
    todo: list[tuple[ast.AST, str, bool]] = [(tree, "", False)]
    while todo:
        node, name, in_function = todo.pop()
        if isinstance(node, ast.Raise) and ast.unparse(node) == ast.unparse(ast.parse(UNNAMED)) and in_function:
            yield node.lineno, name
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                inside = not isinstance(child, ast.ClassDef)
                todo.append((child, f"{name}.{child.name}".lstrip("."), inside))
            else:
                todo.append((child, name, in_function))
