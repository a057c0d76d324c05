"""From a notebook to a program per exercise: the definitions that it needs, and nothing else of the notebook.

Nothing is run top to bottom. Starting from the names that an exercise asks for, the statements that define them are
collected, then those which define what these look up, and so on, over released and student-added cells alike:

* the last definition wins; one that builds on an earlier one (`f = jit(f)`, `x += 1`, an `if`) brings that with it;
* but what students received and left unchanged never wins over what they wrote themselves: an experiment's cell may
  use the name of their helper for something else;
* what runs at definition time (defaults, decorators, bases) sees the definitions above it, as it did in Jupyter; what
  runs later sees the last ones;
* `Model.sample = sample` and `TABLE["x"] = 1` below a needed definition belong to it;
* `from __future__` lines hold from their cell on;
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
MOST_NAMED = 3  # names, and cells of each, in a sentence about second definitions


@dataclass(frozen=True)
class Slice:
    """The program of one exercise. `parts` are (label, source) to execute in order when the state is "ready".

    In any other state `message` says why there is no program. It may also accompany "ready": a broken cell that holds
    something the program looks up, or a name that the student defined more than once.
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
        found = _slice(_definitions(notebook, released), exercise.names)
    except RecursionError:
        return Slice(ERROR, message="the code of this exercise is nested too deeply to be read")
    if found.state == MISSING and (cell := _turned_into_text(notebook, exercise.names)):
        return Slice(MISSING, message=f"{found.message}: {cell.label} is text now; make it a code cell again")
    return found


def _turned_into_text(notebook: Notebook, names: Iterable[str]) -> Cell | None:
    """The first cell that is no code any more and yet begins a line with the definition of one of the names."""
    pattern = re.compile(rf"^(?:async +def|def|class) +(?:{'|'.join(map(re.escape, names))})\b", re.MULTILINE)
    return next((cell for cell in notebook.cells if cell.kind != "code" and pattern.search(cell.source)), None)


def needed_statements(statements: Iterable[Statement], names: Iterable[str]) -> list[Statement]:
    """The statements of one module that define `names` and all that they look up, in order of the module."""
    statements = list(statements)
    cells = [_Read(Cell(1, "code", ""), Code((), tuple(statements)))]
    needed = _Definitions(_Program(cells), _Release({}, {})).needed_by(names)
    return [statements[index] for index in sorted(needed.chosen)]


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
    cells, characters, statements, flags = [], 0, 0, 0
    for cell in notebook.code:
        try:
            if len(cell.source) <= MAX_CELL_CHARACTERS:  # longer ones are refused and cost nothing
                characters += len(cell.source)
            _limit(characters, MAX_CODE_CHARACTERS, "characters of code")
            code = read_code(cell.source, flags)
            statements += len(code.statements)
            _limit(statements, MAX_STATEMENTS, "statements")
            cells.append(_Read(cell, code))
            flags = code.flags
        except CellError as reason:
            cells.append(_Read(cell, Code((), ()), f"{cell.label} does not compile: {reason}"))
    return _Program(cells)


def _limit(count: int, most: int, what: str) -> None:
    if count > most:
        raise CellError(f"the notebook has more than {most:,} {what} up to here")


@dataclass(frozen=True)
class _Release:
    """What students received. `stubs` are for each name the shapes of its definitions that raise NotImplementedError;
    `given` are all statements by their `_facts`."""

    stubs: dict[str, frozenset[str]]
    given: dict[tuple[object, ...], tuple[Statement, ...]]

    def is_stub(self, statement: Statement) -> bool:
        """Cheap facts first: only a definition of a released name that raises the stub's error is compared."""
        node = statement.node
        if not isinstance(node, DEFINITION) or node.name not in self.stubs:
            return False
        try:
            return _raises_stub_error(node) and _shape(node) in self.stubs[node.name]
        except RecursionError:
            return False

    def is_unchanged(self, statement: Statement) -> bool:
        """Whether the statement is a released one, but for its docstring and format."""
        alike = self.given.get(_facts(statement), ())
        try:
            return bool(alike) and _shape(statement.node) in {_shape(other.node) for other in alike}
        except RecursionError:
            return False


@lru_cache(maxsize=4)
def _release(released: Notebook) -> _Release:
    stubs: defaultdict[str, set[str]] = defaultdict(set)
    given: defaultdict[tuple[object, ...], list[Statement]] = defaultdict(list)
    for statement in _read(released).statements:
        given[_facts(statement)].append(statement)
        node = statement.node
        if isinstance(node, DEFINITION) and _raises_stub_error(node):
            stubs[node.name].add(_shape(node))
    return _Release(
        {name: frozenset(shapes) for name, shapes in stubs.items()},
        {facts: tuple(statements) for facts, statements in given.items()},
    )


def _facts(statement: Statement) -> tuple[object, ...]:
    """What two statements of the same shape have in common, without a look at their trees."""
    return type(statement.node), statement.binds, statement.reads, statement.calls_read, statement.changes


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


@dataclass(frozen=True)
class _Needed:
    """The positions of the statements that some names need, those that each name stands for, and what is nowhere."""

    chosen: set[int]
    used: dict[str, set[int]]
    unresolved: set[str]


class _Definitions:
    """Where the names of a program are defined, and what a set of names needs. Statements go by their position.

    Where a name has definitions of the student's own and released ones, `own` are the former.
    """

    def __init__(self, program: _Program, release: _Release) -> None:
        self.program, self.release = program, release
        self.binding: dict[str, list[int]] = defaultdict(list)
        self.changing: dict[str, list[int]] = defaultdict(list)
        self.stubs: set[int] = set()
        for position, statement in enumerate(program.statements):
            if release.is_stub(statement):
                self.stubs.add(position)
            for name in statement.binds:
                self.binding[name].append(position)
            for name in statement.changes - statement.binds:
                self.changing[name].append(position)
        for name, positions in self.binding.items():
            filled = [position for position in positions if position not in self.stubs]
            self.binding[name] = filled or positions
        self.own = {name: own for name, positions in self.binding.items() if (own := self._own(name, positions))}

    def _own(self, name: str, positions: list[int]) -> list[int]:
        """The student's definitions of a name that is also released; empty where all are of one hand.

        `import torch.fft` is no rival of a released `import torch`.
        """
        if len(positions) < 2 or not self.release.given:
            return []
        own = [position for position in positions if not self.is_unchanged(position)]
        rivals = [position for position in own if not self.program.statements[position].adds_to_package(name)]
        return own if rivals and len(own) < len(positions) else []

    def is_unchanged(self, position: int) -> bool:
        """Whether the statement stands there as students received it."""
        return self.release.is_unchanged(self.program.statements[position])

    def attempted(self, name: str) -> bool:
        """Whether there is more to the name than the released stub."""
        return any(position not in self.stubs for position in self.binding[name]) or bool(self.changing.get(name))

    def needed_by(self, names: Iterable[str]) -> _Needed:
        """What `names` need.

        A request is a name and the position at which it is looked up: what runs at definition time sees only what
        stands above. Raises RecursionError for a program too entangled to follow.
        """
        end = len(self.program.statements)
        chosen: set[int] = set()
        used: dict[str, set[int]] = defaultdict(set)
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
            used[name].add(position)
            for found in (position, *self._changes(name, position, before)):
                chosen.add(found)
                todo += self._requests(found, before, end)
            if (earlier := self._continues(name, position)) is not None:
                todo.append((name, earlier + 1, True))
        if unresolved and (stars := self._star_imports() - chosen):
            chosen |= stars
        return _Needed(chosen, used, unresolved)

    def _defined_at(self, name: str, before: int) -> int | None:
        """The last definition above `before`; failing that, as in a notebook run out of order, the last of all.

        The student's own come first, wherever the released ones stand.
        """
        own, positions = self.own.get(name, []), self.binding.get(name, [])
        for known in (own, positions):
            if above := bisect_left(known, before):
                return known[above - 1]
        last = (own or positions)[-1:]
        return last[0] if last and last[0] != before else None

    def _changes(self, name: str, position: int, before: int) -> list[int]:
        """Statements that modify the object which `name` got at `position`, up to its next definition."""
        changing = self.changing.get(name, [])
        if not changing:
            return []
        theirs = position in self.own.get(name, [])
        positions = self.own[name] if theirs else self.binding[name]
        later = bisect_right(positions, position)
        until = min(before, positions[later]) if later < len(positions) else before
        changes = changing[bisect_right(changing, position) : bisect_left(changing, until)]
        return [change for change in changes if not self.is_unchanged(change)] if theirs else changes

    def _requests(self, position: int, before: int, end: int) -> list[tuple[str, int, bool]]:
        """What a statement looks up: at its own place, and, in the functions it defines, whenever they are called.

        That may be at `before`, where somebody asked for it, and at the end, through whatever kept the function.
        """
        statement = self.program.statements[position]
        now = [(name, position, False) for name in statement.reads]
        now += [(name, position, True) for name in statement.mentions]
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
    return _Definitions(_read(notebook), _release(released))


# --- the verdict and the program ----------------------------------------------------------------------------------


def _slice(definitions: _Definitions, names: tuple[str, ...]) -> Slice:
    broken = [read for read in definitions.program.cells if read.broken]
    unattempted = [name for name in names if not definitions.attempted(name)]
    for name in unattempted:
        if read := _broken_definition(broken, [name]):
            return Slice(ERROR, message=read.broken)
    needed = definitions.needed_by(names)
    absent = [name for name in names if not definitions.binding.get(name)]
    if absent:
        return Slice(MISSING, message=f"the notebook does not define {_list(absent)}")
    if len(unattempted) == len(names):
        return Slice(NOT_ATTEMPTED, message=f"{_list(names)} {'is' if len(names) == 1 else 'are'} still as released")
    parts = []
    for read, nodes in _programmed(definitions.program, needed.chosen):
        source = _blanked(read.code.lines, nodes)
        try:
            check_compiles(source, read.code.flags)
        except CellError as reason:
            return Slice(ERROR, message=f"{read.cell.label} cannot be taken apart: {reason}")
        parts.append((read.cell.label, source))
    culprit = _broken_definition(broken, needed.unresolved)
    return Slice(READY, tuple(parts), culprit.broken if culprit else _doubles(definitions, needed))


def _doubles(definitions: _Definitions, needed: _Needed) -> str:
    """A sentence about names that the student defined in several cells, each in other words; "" if there are none.

    A definition that builds on an earlier one is no second one, nor is one that another part of the program uses.
    """
    program, sentences = definitions.program, []
    for name in sorted(needed.used):
        last = max(needed.used[name])
        if definitions.is_unchanged(last):
            continue
        others = set(definitions.own.get(name, definitions.binding[name])) - needed.chosen
        places = {program.place[other] for other in others if _rival(program.statements, last, other)}
        if elsewhere := sorted(places - {program.place[last]}):
            labels = [program.cells[place].cell.label for place in elsewhere[:MOST_NAMED]]
            used = program.cells[program.place[last]].cell.label
            sentences.append(f"{name} is taken from {used}; it is also defined in {_list(labels)}")
    return ". ".join(sentences[:MOST_NAMED])


def _rival(statements: list[Statement], position: int, other: int) -> bool:
    """Whether two definitions of a name differ; two imports of it count as one."""
    one, two = statements[position].node, statements[other].node
    imports = (ast.Import, ast.ImportFrom)
    try:
        return not (isinstance(one, imports) and isinstance(two, imports)) and _shape(one) != _shape(two)
    except RecursionError:
        return True


def _broken_definition(broken: list[_Read], names: Iterable[str]) -> _Read | None:
    """The first cell that does not compile and yet defines, to a reader's eye, one of the names."""
    for name in sorted(names):
        pattern = re.compile(rf"^(?:async\s+def|def|class)\s+{re.escape(name)}\b|^{re.escape(name)}\s*=", re.MULTILINE)
        for read in broken:
            if pattern.search(read.cell.source):
                return read
    return None


def _programmed(program: _Program, chosen: set[int]) -> list[tuple[_Read, list[ast.stmt]]]:
    """The cells of a program, each with its statements; those with `from __future__` lines for the cells below."""
    by_cell: dict[int, list[ast.stmt]] = defaultdict(list)
    for position in sorted(chosen):
        by_cell[program.place[position]].append(program.statements[position].node)
    last = max(by_cell, default=-1)
    futures = {number: read.code.futures for number, read in enumerate(program.cells[: last + 1]) if read.code.futures}
    return [
        (program.cells[number], [*futures.get(number, ()), *by_cell.get(number, ())])
        for number in sorted(by_cell.keys() | futures.keys())
    ]


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
        line = first + len(segment) - 1
    return text + "\n"


def _start(node: ast.stmt) -> tuple[int, int]:
    """Line and byte column where a statement starts, its decorators included."""
    if decorators := getattr(node, "decorator_list", None):
        return min(decorator.lineno for decorator in decorators), 0
    return node.lineno, node.col_offset


def _list(names: Iterable[str]) -> str:
    *most, last = names
    return f"{', '.join(most)} and {last}" if most else last
