"""The reference implementations as text: what of a module goes into a notebook cell, and what of it is the solution.

A module in `solutions/<homework>/` is an ordinary Python file. Of it an exercise's cell takes the definitions of the
exercise's names and of whatever private helpers and constants these need, and leaves the imports to the notebook's
setup cell. Below a docstring everything is solution, from the first line of the body to the last:

    def nll(logits: Tensor, counts: Tensor) -> Tensor:
        \"\"\"What the student reads.\"\"\"
        ### BEGIN SOLUTION
        ...
        ### END SOLUTION

In a class this holds for each method; docstrings, class attributes and signatures stay. A private method, a helper and
the comments above a definition are solution as a whole. Where a function has the two markers in its body already, only
what stands between them is solution and the rest is scaffold. What resembles a marker and is none is refused.
"""

from __future__ import annotations

import ast
import difflib
import io
import re
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from autograder.course import ROOT, Exercise, Homework
from autograder.errors import AutograderError
from autograder.notebooks.slicing import needed_statements
from autograder.notebooks.statements import CellError, Code, Statement, read_code

BEGIN, END = "### BEGIN SOLUTION", "### END SOLUTION"
RESERVED = re.compile(
    r"(BEGIN|END)[\W_]*SOLUTION|HIDDEN[\W_]*TESTS?|MARK[\W_]*SCHEME|AUTOTEST|YOUR (CODE|ANSWER) HERE", re.IGNORECASE
)
SETUP = """\
import math
from collections.abc import Callable

import dgm
import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn
"""

Function = ast.FunctionDef | ast.AsyncFunctionDef
# Nodes that have a place in the text.
Placed = ast.stmt | ast.expr | ast.excepthandler | ast.arg | ast.keyword | ast.alias | ast.pattern


class ReleaseError(AutograderError):
    """A homework cannot be released as it is written; the sentence says what is wrong and where."""


def last_line(node: Placed) -> int:
    """The line where a node of a parsed text ends. Raises ValueError for a node that was made otherwise."""
    if node.end_lineno is None:
        raise ValueError(f"{ast.dump(node)} stands in no text")
    return node.end_lineno


def imported(tree: ast.AST) -> set[str]:
    """Each import of a piece of code, in one spelling: `from torch import nn`, `import numpy as np`."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {ast.unparse(ast.Import([alias])) for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found |= {ast.unparse(ast.ImportFrom(node.module, [alias], node.level)) for alias in node.names}
    return found


SETUP_IMPORTS = frozenset(imported(ast.parse(SETUP)))


def reference_cells(homework: Homework, root: Path = ROOT) -> list[tuple[str, str]]:
    """(label, source) of the reference as a notebook has it: the setup's imports, then each exercise's cell.

    Together they run from top to bottom; the Markdown file is not needed. Raises ReleaseError.
    """
    modules = {name: ReferenceModule.read(homework, name, root) for name in {e.module for e in homework.exercises}}
    return [("setup", SETUP), *((e.id, modules[e.module].cell_source(e)) for e in homework.exercises)]


def reference_path(homework: Homework, module: str, root: Path = ROOT) -> Path:
    return root / "solutions" / homework.id / f"{module}.py"


@dataclass(frozen=True)
class ReferenceModule:
    """One file of `solutions/<homework>/`, read and never imported. `name` is the file as complaints call it."""

    homework: Homework
    name: str
    code: Code
    text: str

    @classmethod
    def read(cls, homework: Homework, module: str, root: Path = ROOT) -> ReferenceModule:
        """Read and vet a module. Raises ReleaseError when it is missing or breaks the rules of a reference."""
        path = reference_path(homework, module, root)
        name = path.relative_to(root).as_posix()
        try:
            text = path.read_text(encoding="utf-8")
            reference = cls(homework, name, read_code(text), text)
        except FileNotFoundError:
            raise ReleaseError(f"{name} is missing; course.toml says that it holds the reference") from None
        except (CellError, UnicodeDecodeError) as error:
            raise ReleaseError(f"{name} cannot be read: {error}") from None
        refuse_lookalikes(text, name)
        reference.borrowed  # noqa: B018  (vets the imports)
        return reference

    @property
    def definitions(self) -> list[Statement]:
        return [statement for statement in self.code.statements if not _is_import(statement.node)]

    @cached_property
    def borrowed(self) -> dict[str, str]:
        """Names taken from other modules of the homework -> the module. Raises ReleaseError for any foreign import."""
        borrowed: dict[str, str] = {}
        for node in ast.walk(ast.parse(self.text)):
            if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "solutions":
                package, _, module = (node.module or "").rpartition(".")
                if package != f"solutions.{self.homework.id}" or any(alias.asname for alias in node.names):
                    raise self._fail(f"must import by `from solutions.{self.homework.id}.<module> import <name>`")
                borrowed |= {alias.name: module for alias in node.names}
            elif isinstance(node, ast.Import | ast.ImportFrom):
                if foreign := sorted(imported(node) - SETUP_IMPORTS):
                    raise self._fail(f"has `{foreign[0]}`, which the notebook's setup cell does not give")
        return borrowed

    def needed(self, exercise: Exercise) -> list[Statement]:
        """The definitions of the exercise's names and what they need of this module, in its order.

        Raises ReleaseError when a name is missing, or belongs to another exercise: its cell would define it again.
        """
        chosen = needed_statements(self.definitions, exercise.names)
        bound = {name for statement in chosen for name in statement.binds}
        if missing := [name for name in exercise.names if name not in bound]:
            raise self._fail(f"does not define {', '.join(missing)}, which course.toml names")
        if again := [(other.id, name) for other in self._others(exercise) for name in other.names if name in bound]:
            owner, name = again[0]
            raise self._fail(f"has {name} in the cell of {exercise.id}: move {owner} to a module and import it here")
        return chosen

    def _others(self, exercise: Exercise) -> Iterator[Exercise]:
        return (other for other in self.homework.exercises if other.id != exercise.id)

    def cell_source(self, exercise: Exercise) -> str:
        """The text of an exercise's cell: its definitions, each with its solution between markers."""
        blocks = []
        for statement in self.needed(exercise):
            node = statement.node
            if isinstance(node, Function | ast.ClassDef) and node.name in exercise.names:
                if ast.get_docstring(node) is None:
                    raise self._fail(f"{node.name} has no docstring, so students would not know what to write")
                blocks.append(self._comment_above(node, hidden=True) + self._with_regions(node))
            elif set(exercise.names) & statement.binds:
                raise self._fail(f"{', '.join(statement.binds)} must be a function or a class")
            else:
                lines = self._comment_above(node, hidden=False) + self._lines(*self._span(node))
                blocks.append([BEGIN, *lines, END])
        return "\n\n\n".join("\n".join(block) for block in blocks)

    # --- text ---------------------------------------------------------------------------------------------------

    def _fail(self, what: str) -> ReleaseError:
        return ReleaseError(f"{self.name} {what}")

    def _lines(self, first: int, last: int) -> list[str]:
        return list(self.code.lines[first - 1 : last])

    @staticmethod
    def _span(node: ast.stmt) -> tuple[int, int]:
        """First and last line of a statement, decorators included."""
        decorators = getattr(node, "decorator_list", [])
        return min([node.lineno, *(item.lineno for item in decorators)]), last_line(node)

    def _comment_above(self, node: ast.stmt, hidden: bool) -> list[str]:
        """The comment lines that touch a definition from above; instructors' own when `hidden`."""
        first = last = self._span(node)[0]
        while first > 1 and self.code.lines[first - 2].startswith("#"):
            first -= 1
        lines = self._lines(first, last - 1)
        return [BEGIN, *lines, END] if lines and hidden else lines

    def _with_regions(self, node: Function | ast.ClassDef) -> list[str]:
        """The lines of a public function or class, with markers around what is solution in it."""
        first, last = self._span(node)[0], self._last_line(node)
        before: dict[int, str] = {}
        after: dict[int, str] = {}
        for start, end in self._regions(node):
            line = self.code.lines[start - 1]
            indent = line[: len(line) - len(line.lstrip())]
            before[start], after[end] = indent + BEGIN, indent + END
        lines = []
        for number, line in enumerate(self._lines(first, last), start=first):
            lines += [before[number]] if number in before else []
            lines.append(line)
            lines += [after[number]] if number in after else []
        return lines

    def _regions(self, node: Function | ast.ClassDef) -> Iterator[tuple[int, int]]:
        """First and last lines of the parts of a definition that become regions; it may have its own markers."""
        if isinstance(node, Function):
            if not self._has_markers(node) and (region := self._body(node)):
                yield region
        else:
            for item in node.body:
                if isinstance(item, Function) and (not item.name.startswith("_") or item.name.startswith("__")):
                    yield from self._regions(item)
                elif isinstance(item, Function | ast.ClassDef):
                    yield self._span(item)[0], self._last_line(item)

    def _has_markers(self, node: Function) -> bool:
        """Whether the body has its own markers. Raises ReleaseError unless they come in pairs."""
        lines = self._lines(node.lineno, self._last_line(node))
        found = [line.strip() for line in lines if line.strip() in (BEGIN, END)]
        if found != [BEGIN, END] * (len(found) // 2):
            raise self._fail(f"{node.name}: markers must come in pairs, `{BEGIN}` first")
        return bool(found)

    def _body(self, node: Function) -> tuple[int, int] | None:
        """First and last line of a body without its docstring, with the comments at both ends; None when empty."""
        has_docstring = ast.get_docstring(node) is not None
        statements = node.body[1:] if has_docstring else node.body
        if not statements:
            return None
        first = self._span(statements[0])[0]
        above = last_line(node.body[0]) if has_docstring else self._signature_end(node, first)
        if first <= above:
            raise self._fail(f"{node.name}: put the body on lines of its own")
        while first - 1 > above and self.code.lines[first - 2].strip():
            first -= 1
        return first, self._last_line(node)

    def _last_line(self, node: Function | ast.ClassDef) -> int:
        """The last line of a definition with the comments below its last statement."""
        end, lines = last_line(node), self.code.lines
        last, comment = end, re.compile(rf"\s{{{node.body[0].col_offset},}}#")
        for number, line in enumerate(lines[end:], start=end + 1):
            if line.strip() and not comment.match(line):
                break
            last = number if line.strip() else last
        return last

    def _signature_end(self, node: Function, first: int) -> int:
        """The last line of the signature of a function without a docstring, whose body starts at `first`."""
        line = first - 1
        while line > node.lineno and re.match(r"\s*(#|$)", self.code.lines[line - 1]):
            line -= 1
        return max(line, node.lineno)


def _is_import(node: ast.stmt) -> bool:
    return isinstance(node, ast.Import | ast.ImportFrom)


# --- markers ------------------------------------------------------------------------------------------------------


def refuse_lookalikes(text: str, where: str) -> None:
    """Raise ReleaseError for a comment that resembles a solution marker, or a word of nbgrader's, and is no marker.

    A misspelt marker ships what it should hide; nbgrader acts on some words wherever they stand.
    """
    markers = {line.strip() for line in text.split("\n")} & {BEGIN, END}
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip() not in markers and RESERVED.search(line):
            raise ReleaseError(f"{where}, line {number}: {line.strip()!r} is not a marker; write `{BEGIN}` or `{END}`")
    try:
        tokens = list(tokenize.generate_tokens(io.StringIO(text).readline))
    except (tokenize.TokenError, SyntaxError):
        tokens = []
    for token in tokens:
        if token.type == tokenize.COMMENT and token.string not in markers and _resembles_marker(token.string):
            place = f"{where}, line {token.start[0]}"
            raise ReleaseError(f"{place}: {token.string!r} is not a marker; write `{BEGIN}` or `{END}`")


def _resembles_marker(comment: str) -> bool:
    if comment.startswith("###"):
        return True
    letters = re.sub(r"[^A-Z]", "", comment.upper())
    wanted = ("BEGINSOLUTION", "ENDSOLUTION", "STARTSOLUTION", "SOLUTIONBEGIN", "SOLUTIONEND", "STOPSOLUTION")
    return bool(difflib.get_close_matches(letters, wanted, n=1, cutoff=0.8))
