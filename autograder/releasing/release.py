"""`make release`: from what instructors write to what students receive.

For each homework the solved notebook is assembled (`authoring`), nbgrader's own `generate_assignment` makes the student
notebook of it, and the result is proven before it replaces anything: exactly the one file, every stub in place, no line
of a solution, a model answer or a hidden check anywhere under `homeworks/` (`leaks`). The same sources give the same
bytes. What nbgrader is not trusted with: it works in an empty folder that holds the solved notebook alone, since it
copies whatever lies beside a notebook; and markers are vetted before (`reference.refuse_lookalikes`).
"""

from __future__ import annotations

import ast
import base64
import io
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path

import nbformat
from dgm import scores
from nbformat import NotebookNode

from autograder.course import ROOT, Course, Homework, load_course
from autograder.provenance import solved_path
from autograder.releasing.authoring import METADATA, solved_notebook
from autograder.releasing.leaks import leaks
from autograder.releasing.reference import BEGIN, END, ReleaseError, reference_cells

__all__ = ["ReleaseError", "leaks", "reference_cells", "release", "run", "solve", "stub_cells", "write_environment_yml"]

SOLVE_SECONDS = 600  # one cell of the solved notebook at most
DONE, STALE, REFUSED = 0, 1, 2
ENVIRONMENT = """\
# Written from requirements.txt by `make release`. For conda users: conda env create -f environment.yml
name: dgm
channels:
  - conda-forge
dependencies:
  - python=3.11
  - pip
  - pip:
"""


def run(homeworks: Iterable[Homework], check: bool = False, execute: bool = True) -> int:
    """Release each homework, or with `check` only say what is stale. Returns the exit code of the command."""
    try:
        for homework in homeworks:
            if check:
                if stale := release(homework, check=True):
                    print(f"{homework.id}: {', '.join(stale)} out of date; run `make release`", file=sys.stderr)
                    return STALE
                print(f"{homework.id}: up to date")
                continue
            from autograder.marks.gradebook import sqlite_url

            written = release(homework, gradebook=sqlite_url(ROOT / "gradebook.db"))
            if execute and needs_execution(homework):
                written += [solve(homework)]
            print(f"{homework.id}: {', '.join(dict.fromkeys(written)) or 'nothing has changed'}")
    except ReleaseError as error:
        print(f"release: {error}", file=sys.stderr)
        return REFUSED
    return DONE


def release(
    homework: Homework,
    check: bool = False,
    *,
    root: Path = ROOT,
    gradebook: str | None = None,
    course: Course | None = None,
) -> list[str]:
    """Write the student notebook, the solved one without outputs, and environment.yml; return which files changed.

    With `check` nothing is written, and the files returned are the stale ones. `gradebook` is the URL of the database
    in which to register the assignment. Raises ReleaseError, with nothing written, when anything is wrong.
    """
    from autograder.releasing.stubs import student_notebook  # nbgrader takes a second to import

    solved = solved_notebook(homework, root)
    _prove_stubs(solved)
    course = course or load_course(root / "course.toml")
    student = student_notebook(homework, solved, course)
    products = {root / "homeworks" / homework.id / f"{homework.id}.ipynb": notebook_bytes(student)}
    if found := leaks(homework, root, candidate=products):
        raise ReleaseError(_leak_sentence(found))
    _prove_folder(homework, root)

    if not _same_sources(solved_path(homework, root), solved):
        products[solved_path(homework, root)] = notebook_bytes(solved)
    products[root / "environment.yml"] = environment_yml(root).encode()
    changed = [path for path, data in products.items() if not path.exists() or path.read_bytes() != data]
    if not check:
        for path in changed:
            _write(path, products[path])
        if gradebook is not None:
            student_notebook(homework, solved, course, gradebook)
    return [path.relative_to(root).as_posix() for path in changed]


def stub_cells(homework: Homework, root: Path = ROOT) -> list[tuple[str, str]]:
    """The cells of `reference_cells` as students receive them, with stubs."""
    from autograder.releasing.stubs import stub_source  # nbgrader takes a second to import

    setup, *cells = reference_cells(homework, root)
    return [setup, *((label, stub_source(source, label)) for label, source in cells)]


# --- the solved notebook ------------------------------------------------------------------------------------------


def needs_execution(homework: Homework, root: Path = ROOT) -> bool:
    """Whether the solved notebook has cells to run and no outputs at all."""
    notebook = nbformat.read(solved_path(homework, root), as_version=4)
    return not any(cell.get("outputs") for cell in notebook.cells)


def solve(homework: Homework, optional: bool = False, root: Path = ROOT) -> str:
    """Run the solved notebook top to bottom and keep it with its figures; `optional` cells only when asked for.

    It runs where a student's copy would: in a folder beside `dgm`, which is all it can import of ours, with a
    scoreboard that holds what the solved notebooks of earlier homeworks reached; what this one reaches is added to
    `solutions/scoreboard.json`. Returns the file. Raises ReleaseError when a cell raises, public checks included.
    """
    from nbclient import NotebookClient
    from nbclient.exceptions import CellTimeoutError, DeadKernelError

    notebook = solved_notebook(homework, root)
    with tempfile.TemporaryDirectory() as folder:
        cwd = _desk_of_a_student(Path(folder), homework, root)
        client = NotebookClient(
            notebook,
            timeout=SOLVE_SECONDS,
            kernel_name=METADATA["kernelspec"]["name"],
            resources={"metadata": {"path": str(cwd)}},
            skip_cells_with_tag="" if optional else "optional",
            record_timing=False,
            allow_errors=True,
            extra_arguments=["--IPKernelApp.log_level=40"],  # errors: warnings are about the network, which is not used
        )
        try:
            with client.setup_kernel(env=os.environ | {"PYTHONPATH": str(cwd.parent)}):
                for index, cell in enumerate(notebook.cells):
                    client.execute_cell(cell, index)
                    _prove_no_error(homework, index + 1, cell)
        except (CellTimeoutError, DeadKernelError) as error:
            raise ReleaseError(f"the solved notebook of {homework.id} did not finish: {error}") from None
        _keep_scores(homework, cwd.parent / scores.FILE, root)
    notebook.metadata = nbformat.from_dict(METADATA)
    _shrink_pictures(notebook)
    _write(solved_path(homework, root), notebook_bytes(notebook))
    return solved_path(homework, root).relative_to(root).as_posix()


def _shrink_pictures(notebook: NotebookNode) -> None:
    """Give pictures a palette of 256 colours where that makes them smaller: a third of the size, no eye can tell."""
    from PIL import Image

    for output in (output for cell in notebook.cells for output in cell.get("outputs", ())):
        if "image/png" in output.get("data", {}):
            picture = base64.b64decode(output.data["image/png"])
            small = io.BytesIO()
            colours = Image.open(io.BytesIO(picture)).convert("RGB").quantize(256, dither=Image.Dither.NONE)
            colours.save(small, "PNG", optimize=True)
            if small.tell() < len(picture):
                output.data["image/png"] = base64.b64encode(small.getvalue()).decode()


def _prove_no_error(homework: Homework, number: int, cell: NotebookNode) -> None:
    """No cell may raise; those tagged raises-exception, the public checks above all, are no exception."""
    for output in cell.get("outputs", ()):
        if output.output_type == "error":
            what = f"cell {number} raised {output.ename}: {output.evalue}"
            raise ReleaseError(f"the solved notebook of {homework.id} is not right: {what}")


def _desk_of_a_student(folder: Path, homework: Homework, root: Path) -> Path:
    """A copy of what a student has, and in it the folder to run the homework in."""
    ignore = shutil.ignore_patterns(".ipynb_checkpoints", "__pycache__", "*.egg-info", "cache", scores.FILE)
    for name in ("homeworks", "data"):
        if (root / name).is_dir():
            shutil.copytree(root / name, folder / name, ignore=ignore)
    cwd = folder / "homeworks" / homework.id
    cwd.mkdir(parents=True, exist_ok=True)
    board = scores.read(root / "solutions" / scores.FILE)
    earlier = {key: row for key, row in board.items() if row.homework < _number(homework)}
    scores.write(cwd.parent / scores.FILE, earlier)
    return cwd


def _number(homework: Homework) -> int:
    """3 for hw3: how the scoreboard calls a homework."""
    return int("".join(filter(str.isdigit, homework.id)) or 0)


def _keep_scores(homework: Homework, played: Path, root: Path) -> None:
    """Replace what this homework had on the solved notebooks' scoreboard by what it reached now."""
    path = root / "solutions" / scores.FILE
    others = {key: row for key, row in scores.read(path).items() if row.homework != _number(homework)}
    reached = {key: row for key, row in scores.read(played).items() if row.homework == _number(homework)}
    if board := others | reached:
        scores.write(path, dict(sorted(board.items(), key=lambda item: (item[1].homework, item[0]))))


def _same_sources(path: Path, notebook: NotebookNode) -> bool:
    """Whether the file has these cells already; its outputs are then still right and stay."""
    try:
        present = json.loads(path.read_text(encoding="utf-8"))
        return _sources(nbformat.from_dict(present)) == _sources(notebook)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return False


def _sources(notebook: NotebookNode) -> list[tuple]:
    """What of a notebook is authored: everything but what running it added."""
    return [
        (cell.id, cell.cell_type, "".join(cell.source), json.dumps(cell.metadata, sort_keys=True))
        for cell in notebook.cells
    ]


# --- proofs -------------------------------------------------------------------------------------------------------


def _prove_stubs(solved: NotebookNode) -> None:
    """Every exercise's cell must lose something, and what is left must be Python that defines what it defined."""
    from autograder.releasing.stubs import stub_source

    for cell in solved.cells:
        nbgrader = cell.metadata.get("nbgrader", {})
        if cell.cell_type != "code" or not nbgrader.get("solution"):
            continue
        exercise = nbgrader["grade_id"].removesuffix("_code")
        if cell.source.count(BEGIN) != cell.source.count(END) or BEGIN not in cell.source:
            raise ReleaseError(f"{exercise}: its solution has no region between markers")
        stub = stub_source(cell.source, exercise)
        public = {node.name for node in ast.parse(stub).body if hasattr(node, "name")}
        if not public or f'NotImplementedError("{exercise}: write ' not in stub:
            raise ReleaseError(f"{exercise}: its stub does not raise NotImplementedError")


def _prove_folder(homework: Homework, root: Path) -> None:
    """The released folder may hold the notebook and nothing else."""
    folder = root / "homeworks" / homework.id
    released = {f"{homework.id}.ipynb", ".ipynb_checkpoints", "__pycache__"}
    if strays := sorted(path.name for path in folder.glob("*") if path.name not in released):
        raise ReleaseError(f"homeworks/{homework.id} holds {', '.join(strays)}, which nothing released; remove it")


def _leak_sentence(found: list[str]) -> str:
    """Where the leaks are; a harmless line that two people wrote independently is reworded in one of the places."""
    return f"students would receive what they must not see ({len(found)} lines): " + "; ".join(found[:5])


# --- files --------------------------------------------------------------------------------------------------------


def environment_yml(root: Path = ROOT) -> str:
    """The text of environment.yml: the first block of requirements.txt, which is what a student's machine needs."""
    return ENVIRONMENT + "".join(f"      - {pin}\n" for pin in _first_block(root / "requirements.txt"))


def write_environment_yml(root: Path = ROOT) -> None:
    """Write environment.yml for conda users from the one list of pinned versions."""
    _write(root / "environment.yml", environment_yml(root).encode())


def _first_block(requirements: Path) -> Iterator[str]:
    """The pins above the first blank line that follows a pin."""
    seen = False
    for line in requirements.read_text(encoding="utf-8").splitlines():
        pin = line.partition("#")[0].strip()
        if pin:
            seen = True
            yield pin
        elif seen and not line.strip():
            return


def notebook_bytes(notebook: NotebookNode) -> bytes:
    """A notebook as the same bytes always: sorted keys, one way to indent."""
    copy = nbformat.from_dict(json.loads(json.dumps(notebook)))
    copy.metadata = METADATA
    text = json.dumps(nbformat.v4.rwbase.split_lines(copy), ensure_ascii=False, indent=1, sort_keys=True)
    return f"{text}\n".encode()


def _write(path: Path, data: bytes) -> None:
    """Write a file whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.part")
    part.write_bytes(data)
    os.replace(part, path)
