"""From a notebook to a program per exercise: the definitions that it needs, and nothing else of the notebook.

Nothing is run top to bottom. Starting from the names that an exercise asks for, the statements that define them are
collected, then those which define what these look up, and so on, over released and student-added cells alike:

* the last definition wins; one that builds on an earlier one (`f = jit(f)`, `x += 1`, an `if`) brings that with it;
* what runs at definition time (defaults, decorators, bases) sees the definitions above it, as it did in Jupyter; what
  runs later sees the last ones;
* `Model.sample = sample` and `TABLE["x"] = 1` below a needed definition belong to it;
* an untouched stub that stands below a filled one (a duplicated cell) hides nothing;
* bare expressions and training loops that define nothing needed stay out.

The program keeps the notebook's cells and line numbers, so that a traceback points into the student's cell. Only the
text of code cells counts: no metadata, and no cell id, can change a grade.
"""

from __future__ import annotations

import ast
import builtins
import re
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from autograder.course import Exercise
from autograder.notebooks.reading import Cell, Notebook
from autograder.notebooks.statements import (
    DEFINITION,
    MAX_CELL_CHARACTERS,
    CellError,
    Code,
    Statement,
    check_compiles,
    read_code,
)

READY, MISSING, NOT_ATTEMPTED, ERROR = "ready", "missing", "not-attempted", "error"

MAX_CODE_CHARACTERS = 500_000  # of all code cells together; later cells count as unreadable
MAX_STATEMENTS = 5_000  # the same for statements
MAX_STEPS = 50_000  # of collecting definitions
BUILTINS = frozenset(dir(builtins)) | {"__name__", "__file__", "__doc__", "get_ipython", "display"}
STUB_ERROR = "NotImplementedError"


@dataclass(frozen=True)
class Slice:
    """The program of one exercise. `parts` are (label, source) to execute in order when the state is "ready".

    In any other state `message` says why there is no program. It may also accompany "ready": a broken cell that holds
    something the program looks up.
    """

    state: str
    parts: tuple[tuple[str, str], ...] = ()
    message: str = ""


def slice_exercise(notebook: Notebook, exercise: Exercise, released: Notebook) -> Slice:
    """The definitions that an exercise needs. `released` is the notebook which students received, with its stubs.

    Whatever the notebook's cells hold, this returns; a cell that does not compile costs the exercises whose names it
    defines and no others.
    """
    try:
        return _slice(_definitions(notebook, released), exercise.names)
    except RecursionError:
        return Slice(ERROR, message="the code of this exercise is nested too deeply to be read")


def needed_statements(statements: Iterable[Statement], names: Iterable[str]) -> list[Statement]:
    """The statements of one module that define `names` and all that they look up, in order of the module."""
    statements = list(statements)
    cells = [_Read(Cell(1, "code", ""), Code((), tuple(statements)))]
    chosen, _ = _Definitions(_Program(cells), {}).needed_by(names)
    return [statements[index] for index in sorted(chosen)]


# --- the notebook, read -------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Read:
    """A code cell and what it holds, or why it cannot be compiled."""

    cell: Cell
    code: Code
    broken: str = ""


class _Program:
    """All statements of a notebook in order; statement i stands in the cell number `place[i]`."""

    def __init__(self, cells: list[_Read]) -> None:
        self.cells = cells
        self.statements = [statement for read in cells for statement in read.code.statements]
        self.place = [number for number, read in enumerate(cells) for _ in read.code.statements]


@lru_cache(maxsize=4)
def _read(notebook: Notebook) -> _Program:
    """Every code cell, compiled once; the exercises of a submission share it."""
    cells, characters, statements = [], 0, 0
    for cell in notebook.code:
        try:
            if len(cell.source) <= MAX_CELL_CHARACTERS:  # longer ones are refused and cost nothing
                characters += len(cell.source)
            _limit(characters, MAX_CODE_CHARACTERS, "characters of code")
            code = read_code(cell.source)
            statements += len(code.statements)
            _limit(statements, MAX_STATEMENTS, "statements")
            cells.append(_Read(cell, code))
        except CellError as reason:
            cells.append(_Read(cell, Code((), ()), f"{cell.label} does not compile: {reason}"))
    return _Program(cells)


def _limit(count: int, most: int, what: str) -> None:
    if count > most:
        raise CellError(f"the notebook has more than {most:,} {what} up to here")


@lru_cache(maxsize=4)
def _stubs(released: Notebook) -> dict[str, frozenset[str]]:
    """What the released stubs look like: for each name the shapes of its definitions that raise NotImplementedError."""
    stubs = defaultdict(set)
    for statement in _read(released).statements:
        if _definition(statement) and _raises_stub_error(statement.node):
            stubs[statement.node.name].add(_shape(statement.node))
    return {name: frozenset(shapes) for name, shapes in stubs.items()}


def _definition(statement: Statement) -> bool:
    return isinstance(statement.node, DEFINITION)


def _raises_stub_error(node: ast.AST) -> bool:
    return any(
        isinstance(name, ast.Name) and name.id == STUB_ERROR
        for item in ast.walk(node)
        if isinstance(item, ast.Raise)
        for name in ast.walk(item)
    )


def _shape(node: ast.stmt) -> str:
    """The definition without positions and docstrings: equal for two that do the same in the same words."""
    copy = ast.parse(ast.unparse(node))
    for item in ast.walk(copy):
        if isinstance(item, DEFINITION) and ast.get_docstring(item) is not None:
            item.body.pop(0)
    return ast.dump(copy)


# --- which statements are needed ----------------------------------------------------------------------------------


class _Definitions:
    """Where the names of a program are defined, and what a set of names needs. Statements go by their position."""

    def __init__(self, program: _Program, stubs: dict[str, frozenset[str]]) -> None:
        self.program = program
        self.binding: dict[str, list[int]] = defaultdict(list)
        self.changing: dict[str, list[int]] = defaultdict(list)
        self.stubs: set[int] = set()
        for position, statement in enumerate(program.statements):
            if self._is_stub(statement, stubs):
                self.stubs.add(position)
            for name in statement.binds:
                self.binding[name].append(position)
            for name in statement.changes - statement.binds:
                self.changing[name].append(position)
        for name, positions in self.binding.items():
            filled = [position for position in positions if position not in self.stubs]
            self.binding[name] = filled or positions

    @staticmethod
    def _is_stub(statement: Statement, stubs: dict[str, frozenset[str]]) -> bool:
        """Cheap facts first: only a definition of a released name that raises the stub's error is compared."""
        if not _definition(statement) or statement.node.name not in stubs:
            return False
        try:
            return _raises_stub_error(statement.node) and _shape(statement.node) in stubs[statement.node.name]
        except RecursionError:
            return False

    def attempted(self, name: str) -> bool:
        """Whether there is more to the name than the released stub."""
        return any(position not in self.stubs for position in self.binding[name]) or bool(self.changing.get(name))

    def needed_by(self, names: Iterable[str]) -> tuple[set[int], set[str]]:
        """The positions of the statements that `names` need, and the names that nothing defines.

        A request is a name and the position at which it is looked up: what runs at definition time sees only what
        stands above. Raises RecursionError for a program too entangled to follow.
        """
        end = len(self.program.statements)
        chosen: set[int] = set()
        unresolved: set[str] = set()
        asked: set[tuple[str, int, bool]] = set()
        todo = [(name, end, False) for name in names]
        while todo:
            request = todo.pop()
            if request in asked:
                continue
            asked.add(request)
            if len(asked) > MAX_STEPS:
                raise RecursionError
            name, before, optional = request
            position = self._defined_at(name, before)
            if position is None:
                if not optional and name not in BUILTINS:
                    unresolved.add(name)
                continue
            for found in (position, *self._changes(name, position, before)):
                chosen.add(found)
                todo += self._requests(found, before, end)
            if (earlier := self._continues(name, position)) is not None:
                todo.append((name, earlier + 1, True))
        if unresolved and (stars := self._star_imports() - chosen):
            chosen |= stars
        return chosen, unresolved

    def _defined_at(self, name: str, before: int) -> int | None:
        """The last definition above `before`; failing that, as in a notebook run out of order, the last of all."""
        positions = self.binding.get(name, [])
        if above := bisect_left(positions, before):
            return positions[above - 1]
        return positions[-1] if positions and positions[-1] != before else None

    def _changes(self, name: str, position: int, before: int) -> list[int]:
        """Statements that modify the object which `name` got at `position`, up to its next definition."""
        changing = self.changing.get(name, [])
        if not changing:
            return []
        positions = self.binding[name]
        later = bisect_right(positions, position)
        until = min(before, positions[later]) if later < len(positions) else before
        return changing[bisect_right(changing, position) : bisect_left(changing, until)]

    def _requests(self, position: int, before: int, end: int) -> list[tuple[str, int, bool]]:
        """What a statement looks up: at its own place, and, in the functions it defines, whenever they are called.

        That may be at `before`, where somebody asked for it, and at the end, through whatever kept the function.
        """
        statement = self.program.statements[position]
        now = [(name, position, False) for name in statement.reads]
        return now + [(name, when, False) for name in statement.calls_read for when in {max(before, position + 1), end}]

    def _continues(self, name: str, position: int) -> int | None:
        """The definition that this one adds to: below an `if` that may not happen, or after `import package.other`."""
        above = bisect_left(self.binding[name], position)
        if not above:
            return None
        earlier = self.binding[name][above - 1]
        statement, other = self.program.statements[position], self.program.statements[earlier]
        return earlier if statement.may_not_bind or (statement.is_import and other.is_import) else None

    def _star_imports(self) -> set[int]:
        return {position for position, statement in enumerate(self.program.statements) if statement.star_import}


@lru_cache(maxsize=4)
def _definitions(notebook: Notebook, released: Notebook) -> _Definitions:
    return _Definitions(_read(notebook), _stubs(released))


# --- the verdict and the program ----------------------------------------------------------------------------------


def _slice(definitions: _Definitions, names: tuple[str, ...]) -> Slice:
    broken = [read for read in definitions.program.cells if read.broken]
    unattempted = [name for name in names if not definitions.attempted(name)]
    for name in unattempted:
        if read := _broken_definition(broken, [name]):
            return Slice(ERROR, message=read.broken)
    chosen, unresolved = definitions.needed_by(names)
    absent = [name for name in names if not definitions.binding.get(name)]
    if absent:
        return Slice(MISSING, message=f"the notebook does not define {_list(absent)}")
    if len(unattempted) == len(names):
        return Slice(NOT_ATTEMPTED, message=f"{_list(names)} {'is' if len(names) == 1 else 'are'} still as released")
    parts = _parts(definitions.program, chosen)
    for label, source in parts:
        try:
            check_compiles(source)
        except CellError as reason:
            return Slice(ERROR, message=f"{label} cannot be taken apart: {reason}")
    culprit = _broken_definition(broken, unresolved)
    return Slice(READY, tuple(parts), culprit.broken if culprit else "")


def _broken_definition(broken: list[_Read], names: Iterable[str]) -> _Read | None:
    """The first cell that does not compile and yet defines, to a reader's eye, one of the names."""
    for name in sorted(names):
        pattern = re.compile(rf"^(?:async\s+def|def|class)\s+{re.escape(name)}\b|^{re.escape(name)}\s*=", re.MULTILINE)
        for read in broken:
            if pattern.search(read.cell.source):
                return read
    return None


def _parts(program: _Program, chosen: set[int]) -> list[tuple[str, str]]:
    by_cell: dict[int, list[ast.stmt]] = defaultdict(list)
    for position in sorted(chosen):
        by_cell[program.place[position]].append(program.statements[position].node)
    parts = []
    for number, nodes in sorted(by_cell.items()):
        read = program.cells[number]
        parts.append((read.cell.label, _blanked(read.code.lines, [*read.code.futures, *nodes])))
    return parts


def _blanked(lines: tuple[str, ...], nodes: list[ast.stmt]) -> str:
    """The text of these statements, each on the lines where it stood, and nothing else."""
    text, line = "", 1
    for node in nodes:
        first, start = _start(node)
        segment = [part.encode() for part in lines[first - 1 : node.end_lineno]]
        segment[-1] = segment[-1][: node.end_col_offset]
        segment[0] = segment[0][start:]
        shared = first == line and not text.endswith("\n") and text
        text += "; " if shared else "\n" * (first - line)
        text += "\n".join(part.decode() for part in segment)
        line = node.end_lineno
    return text + "\n"


def _start(node: ast.stmt) -> tuple[int, int]:
    """Line and byte column where a statement starts, its decorators included."""
    if decorators := getattr(node, "decorator_list", None):
        return min(decorator.lineno for decorator in decorators), 0
    return node.lineno, node.col_offset


def _list(names: Iterable[str]) -> str:
    *most, last = names
    return f"{', '.join(most)} and {last}" if most else last
