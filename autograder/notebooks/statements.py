"""What the statements of a code cell bind and read: the facts from which an exercise is sliced.

Which names a piece of Python looks up is decided by the compiler, so it is read off the compiled code rather than
guessed from the syntax tree: scopes of functions, classes and comprehensions, defaults, decorators and annotations
are then right by construction. Student code is compiled here and never executed.

IPython's own syntax is taken out first: a cell whose magic runs another language (`%%bash`) vanishes, `%%time` and its
like lose their first line, and a line such as `%matplotlib inline`, `!pip install` or `help?` becomes `pass`. Lines
keep their numbers. `%%writefile helper.py` becomes a statement that makes the module, which imports of it need.
"""

from __future__ import annotations
import __future__

import ast
import dis
import inspect
import re
import sys
import textwrap
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from types import CodeType

MAX_CELL_CHARACTERS = 100_000  # the parser needs a second for the worst text of this length
MAX_PARSED_CHARACTERS = 500_000  # what may be spent on finding the magics of one cell

PYTHON_CELL_MAGICS = {"time", "timeit", "capture", "prun"}
CELL_MAGIC = re.compile(r"\s*%%\s*(\w*)")
WRITTEN = re.compile(r"""\s*%%\s*(?:writefile|file)[ \t]+["']?(?:\./)?([^\W\d]\w*)\.py["']?[ \t]*$""")
# A module from its text, as one expression: it is a statement like any other, and runs where an import needs it.
MODULE = (
    "__import__('sys').modules.__setitem__({name!r}, (lambda made: (exec(compile({text!r}, {file!r}, 'exec'), "
    "made.__dict__), made)[1])(__import__('types').ModuleType({name!r})))"
)
MAGIC_LINE = re.compile(r"^\s*(?:[%!?]|[\w.,][\w.,\s]*=\s*[%!])|\?\s*$")  # linear: indents may be 100,000 spaces long

WORD = re.compile(r"[^\W\d]\w*")

READ = {"LOAD_NAME", "LOAD_GLOBAL", "LOAD_FROM_DICT_OR_GLOBALS"}
COMPREHENSIONS = {"<listcomp>", "<setcomp>", "<dictcomp>", "<genexpr>"}
FUTURE_FLAGS = {name: getattr(__future__, name).compiler_flag for name in __future__.all_feature_names}
COMPOUND = (ast.If, ast.For, ast.While, ast.Try, ast.TryStar, ast.With, ast.Match, ast.AsyncFor, ast.AsyncWith)
DEFINITION = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
CHANGING_CALLS = {"setattr", "delattr"}
CHANGING_METHODS = {"append", "extend", "insert", "add", "update", "setdefault", "register"}


class CellError(Exception):
    """A cell that does not compile. `str` is the reason, with the line where there is one."""


@dataclass(frozen=True)
class Statement:
    """One statement at the top level of a cell.

    `binds` are the names it (perhaps) defines and `reads` those it looks up when it runs; `calls_read` are looked up
    by the functions it defines, when somebody calls them. `changes` are names whose object it modifies, as in
    `Model.sample = sample` or `TABLE["x"] = 1`. `mentions` may be looked up: they stand in annotations, which Python
    may keep as text (`dataclass` looks there for ClassVar all the same), or are files of modules that it imports.
    """

    node: ast.stmt
    binds: frozenset[str] = frozenset()
    reads: frozenset[str] = frozenset()
    calls_read: frozenset[str] = frozenset()
    changes: frozenset[str] = frozenset()
    mentions: frozenset[str] = frozenset()
    star_import: bool = False

    @property
    def is_import(self) -> bool:
        return isinstance(self.node, ast.Import)

    def adds_to_package(self, name: str) -> bool:
        """Whether this is `import name` or `import name.module`, which leaves what `name` had before."""
        aliases = self.node.names if isinstance(self.node, ast.Import) else ()
        return any(alias.asname is None and alias.name.partition(".")[0] == name for alias in aliases)

    @property
    def may_not_bind(self) -> bool:
        """Whether the names may keep what they had before, as after `if`."""
        return isinstance(self.node, COMPOUND)


@dataclass(frozen=True)
class Code:
    """A cell that compiles: its text without magics, line by line, its statements and its `from __future__` lines.

    `flags` are the compiler's for these and for the lines of cells above: in a notebook they hold from there on.
    """

    lines: tuple[str, ...]
    statements: tuple[Statement, ...]
    futures: tuple[ast.ImportFrom, ...] = ()
    flags: int = 0


@lru_cache(maxsize=256)  # most cells of a submission are as they were given, and nobody changes what was read
def read_code(source: str, flags: int = 0) -> Code:
    """The statements of a code cell below others with these flags. Raises CellError, and nothing else."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a student's invalid escape sequence is not our warning
            return _read(source, flags)
    except CellError:
        raise
    except SyntaxError as error:
        raise CellError(_sentence(error)) from None
    except (RecursionError, MemoryError):
        raise CellError("its code is nested too deeply") from None
    except Exception as error:
        raise CellError(f"Python cannot read it ({type(error).__name__})") from None


def check_compiles(source: str, flags: int = 0) -> None:
    """Raise CellError unless plain Python, without IPython's additions, compiles the source."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            compile(source, "cell", "exec", flags, dont_inherit=True)
    except Exception as error:
        raise CellError(_sentence(error) if isinstance(error, SyntaxError) else type(error).__name__) from None


def _read(source: str, flags: int) -> Code:
    if len(source) > MAX_CELL_CHARACTERS:
        raise CellError(f"it has {len(source):,} characters of code, more than {MAX_CELL_CHARACTERS:,}")
    if written := WRITTEN.match(source.split("\n", 1)[0]):
        return _module(written[1], source.partition("\n")[2], flags)
    tree, text = _parse(_without_cell_magic(source))
    futures = tuple(node for node in tree.body if isinstance(node, ast.ImportFrom) and node.module == "__future__")
    flags |= _flags(futures)
    compile(tree, "cell", "exec", flags | ast.PyCF_ALLOW_TOP_LEVEL_AWAIT, dont_inherit=True)
    statements = (_statement(node, flags) for node in tree.body if node not in futures)
    return Code(tuple(text.split("\n")), tuple(item for item in statements if item is not None), futures, flags)


def _module(name: str, text: str, flags: int) -> Code:
    """The cell that writes a module `name.py` as a statement which makes the module, and defines that file."""
    inside = ast.parse(text)  # what does not compile is the cell's fault
    made = MODULE.format(name=name, text=text, file=f"{name}.py")
    statement = _statement(ast.parse(made).body[0], 0)
    assert statement is not None
    imported = frozenset(file for node in ast.walk(inside) for file in _imported_files(node))
    statement = replace(statement, binds=frozenset({f"{name}.py"}), mentions=imported - {f"{name}.py"})
    return Code((made,), (statement,), (), flags)


def _imported_files(node: ast.AST) -> list[str]:
    """The files that a cell may have written for what a statement imports."""
    if isinstance(node, ast.Import):
        return [f"{alias.name}.py" for alias in node.names]
    return [f"{node.module}.py"] if isinstance(node, ast.ImportFrom) and node.module and not node.level else []


# --- IPython's syntax ---------------------------------------------------------------------------------------------


def _without_cell_magic(source: str) -> str:
    """The source without its `%%` lines; empty when the magic hands the cell to something other than Python."""
    lines = source.split("\n")
    for index, line in enumerate(lines):
        if not line.strip():
            continue
        if not (magic := CELL_MAGIC.match(line)):
            break
        if magic[1] not in PYTHON_CELL_MAGICS:
            return ""
        lines[index] = ""
    return "\n".join(lines)


def _parse(source: str) -> tuple[ast.Module, str]:
    """The tree and the text it was read from; magic lines are replaced where, and only where, Python stumbles."""
    budget = MAX_PARSED_CHARACTERS
    while True:
        try:
            return ast.parse(source), source
        except IndentationError:
            dedented = textwrap.dedent(source)  # as IPython does
            if dedented == source:
                raise
            source = dedented
        except SyntaxError as error:
            budget -= len(source)
            repaired = _without_magic_line(source, error.lineno)
            if repaired is None or budget < 0:
                raise
            source = repaired


def _without_magic_line(source: str, lineno: int | None) -> str | None:
    """The source with `pass` for the magic in that line; None when there is no magic in it."""
    lines = source.split("\n")
    if lineno is None or not 1 <= lineno <= len(lines) or not MAGIC_LINE.search(lines[lineno - 1]):
        return None
    index = lineno - 1
    continued = lines[index].endswith("\\")
    lines[index] = lines[index][: len(lines[index]) - len(lines[index].lstrip())] + "pass"
    while continued and index + 1 < len(lines):
        index += 1
        continued = lines[index].endswith("\\")
        lines[index] = ""
    return "\n".join(lines)


# --- one statement ------------------------------------------------------------------------------------------------


def _flags(futures: tuple[ast.ImportFrom, ...]) -> int:
    flags = 0
    for node in futures:
        for alias in node.names:
            flags |= FUTURE_FLAGS.get(alias.name, 0)
    return flags


def _statement(node: ast.stmt, flags: int) -> Statement | None:
    """The facts about a statement; None for one that awaits at the top level, which only a notebook can run."""
    module = ast.Module(body=[node], type_ignores=[])
    code = compile(module, "cell", "exec", flags | ast.PyCF_ALLOW_TOP_LEVEL_AWAIT, dont_inherit=True)
    if code.co_flags & inspect.CO_COROUTINE:
        return None
    names = _Names(code)
    return Statement(
        node,
        binds=frozenset(names.binds),
        reads=frozenset(names.reads),
        calls_read=frozenset(names.calls_read),
        changes=_changed_names(node),
        mentions=frozenset(_mentioned(node))
        | frozenset(file for item in ast.walk(node) for file in _imported_files(item)),
        star_import=isinstance(node, ast.ImportFrom) and node.names[0].name == "*",
    )


class _Names:
    """The names that a module's code binds, those it reads before it binds them, and those its functions read."""

    def __init__(self, module: CodeType) -> None:
        self.binds: set[str] = set()
        self.reads: set[str] = set()
        self.calls_read: set[str] = set()
        self._scan(module, bound=self.binds, runs_now=True)

    def _scan(self, code: CodeType, bound: set[str], runs_now: bool) -> None:
        """Follow the instructions in order; functions, classes and comprehensions are entered where they are made."""
        for instruction in dis.get_instructions(code):
            value = instruction.argval
            if instruction.opname == "STORE_NAME":
                bound.add(value)
            elif instruction.opname in READ:
                if not runs_now:
                    self.calls_read.add(value)
                elif value not in bound and value not in self.binds:
                    self.reads.add(value)
            elif isinstance(value, CodeType):
                is_class = not value.co_flags & inspect.CO_NEWLOCALS
                self._scan(value, set(), runs_now and (is_class or value.co_name in COMPREHENSIONS))


def _changed_names(node: ast.stmt) -> frozenset[str]:
    """Names at the root of what a statement modifies, outside functions and classes.

    That are attributes and subscripts it assigns to, the first argument of `setattr`, and the object of a bare call
    such as `TABLE.update(...)` or a decorator `@function.register`.
    """
    changed = [*_targets(node), *_updated(node)]
    return frozenset(root for target in changed if (root := _root(target)) is not None)


def _targets(node: ast.stmt) -> Iterator[ast.expr]:
    todo: list[ast.AST] = [node]
    while todo:
        current = todo.pop()
        if isinstance(current, ast.Attribute | ast.Subscript) and not isinstance(current.ctx, ast.Load):
            yield current
        if isinstance(current, ast.Call) and current.args and _called(current) in CHANGING_CALLS:
            yield current.args[0]
        if not isinstance(current, (*DEFINITION, ast.Lambda)):
            todo.extend(ast.iter_child_nodes(current))


def _called(call: ast.Call) -> str:
    return call.func.id if isinstance(call.func, ast.Name) else ""


def _updated(node: ast.stmt) -> Iterator[ast.expr]:
    """What `TABLE.update(...)` and `@function.register` add to."""
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
        method = node.value.func
        if isinstance(method, ast.Attribute) and method.attr in CHANGING_METHODS:
            yield method
    for decorator in getattr(node, "decorator_list", ()):
        method = decorator.func if isinstance(decorator, ast.Call) else decorator
        if isinstance(method, ast.Attribute) and method.attr == "register":
            yield method


def _mentioned(node: ast.stmt) -> Iterator[str]:
    """The names in annotations of a function's arguments and of a class body, also of those written as text."""
    for annotation in _annotations(node):
        for item in ast.walk(annotation):
            if isinstance(item, ast.Name):
                yield item.id
            elif isinstance(item, ast.Constant) and isinstance(item.value, str):
                yield from WORD.findall(item.value)


def _annotations(node: ast.stmt) -> Iterator[ast.expr]:
    if isinstance(node, ast.AnnAssign):
        yield node.annotation
    elif isinstance(node, ast.ClassDef):
        for statement in node.body:
            yield from _annotations(statement)
    elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        arguments = node.args
        every = [*arguments.posonlyargs, *arguments.args, arguments.vararg, *arguments.kwonlyargs, arguments.kwarg]
        yield from (argument.annotation for argument in every if argument is not None and argument.annotation)
        if node.returns:
            yield node.returns


def _root(target: ast.expr) -> str | None:
    while isinstance(target, ast.Attribute | ast.Subscript):
        target = target.value
    return target.id if isinstance(target, ast.Name) else None


def _sentence(error: SyntaxError) -> str:
    """What Python says of it, and which Python that is: a newer one may have read it."""
    reason = (error.msg or "invalid syntax").split(" (<unknown>")[0][:200]
    reason = f"{reason} (the grader has Python {sys.version_info.major}.{sys.version_info.minor})"
    return f"line {error.lineno}: {reason}" if error.lineno else reason
