"""Mutants: the reference with one small mistake, made by machine.

A mutator is a function from a node of the syntax tree to the texts that could stand in its place. Only what a student
writes is changed: the lines between the markers of the solution, without docstrings, annotations and messages. The
text around a change stays as it is, so that a mutant reads like the line a student might have written.

General tools for Python (they swap operators and constants) know nothing of axes, reductions, `detach` or generators,
which is where mistakes in this course are made; hence these.
"""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TypeGuard

from autograder.releasing.reference import BEGIN, END, Placed, last_line

Change = tuple[int, int, str]  # from byte, to byte, what stands there instead
Mutator = Callable[["Text", Placed], Iterator[Change]]

BINARY = {
    ast.Add: ("+", ["-"]),
    ast.Sub: ("-", ["+"]),
    ast.Mult: ("*", ["/"]),
    ast.Div: ("/", ["*"]),
    ast.FloorDiv: ("//", ["%"]),
    ast.Mod: ("%", ["//"]),
    ast.Pow: ("**", ["*"]),
    ast.BitAnd: ("&", ["|"]),
    ast.BitOr: ("|", ["&"]),
}
COMPARISONS = {
    ast.Lt: ("<", ["<=", ">"]),
    ast.LtE: ("<=", ["<", ">"]),
    ast.Gt: (">", [">=", "<"]),
    ast.GtE: (">=", [">", "<"]),
    ast.Eq: ("==", ["!="]),
    ast.NotEq: ("!=", ["=="]),
    ast.In: ("in", ["not in"]),
}
# What students take for one another.
TWINS = (
    "mean sum",
    "max min",
    "amax amin",
    "argmax argmin",
    "all any",
    "var std",
    "exp expm1",
    "log log1p",
    "sigmoid tanh",
    "softmax log_softmax",
    "maximum minimum",
    "ones zeros",
    "ones_like zeros_like",
    "rand randn",
    "tril triu",
    "cumsum cumprod",
    "sqrt square",
    "floor ceil",
)
TWIN = {a: b for pair in TWINS for a, b in (pair.split(), pair.split()[::-1])}
# Functions of one tensor that may be forgotten.
FORGETTABLE = set(
    "abs clamp clamp_max clamp_min cumsum detach exp expm1 flip log log1p log_softmax logsigmoid mT neg relu sigmoid "
    "softmax softplus sqrt square tanh tril triu logsumexp".split()
)


@dataclass(frozen=True)
class Mutant:
    """One changed reference. `name` says where and what, and stays the same as long as that line does."""

    name: str
    kind: str
    source: str


class Text:
    """A cell's source, addressed as the syntax tree does: line and column in bytes."""

    def __init__(self, source: str) -> None:
        self.bytes = source.encode()
        self.starts = [0]
        for line in self.bytes.splitlines(keepends=True):
            self.starts.append(self.starts[-1] + len(line))

    def span(self, node: Placed) -> tuple[int, int]:
        """From which byte to which a node of this text reaches. Raises ValueError for a node that stands in none."""
        end = self.starts[last_line(node) - 1] + (node.end_col_offset or 0)  # 0 never: both ends are known, or none
        return self.starts[node.lineno - 1] + node.col_offset, end

    def of(self, node: Placed) -> str:
        return self[self.span(node)]

    def __getitem__(self, span: tuple[int, int]) -> str:
        return self.bytes[span[0] : span[1]].decode()

    def changed(self, change: Change) -> str:
        begin, end, text = change
        return (self.bytes[:begin] + text.encode() + self.bytes[end:]).decode()


def mutants(source: str) -> list[Mutant]:
    """Every mutant of a cell of the reference, in the order of its lines; none twice, and none that is no Python."""
    tree, text = ast.parse(source), Text(source)
    lines = source.splitlines()
    theirs = _solution_lines(lines)
    found: list[Mutant] = []
    seen = {ast.dump(tree)}
    names: Counter[str] = Counter()
    for function, node in _nodes(tree):
        if not theirs.issuperset(range(node.lineno, last_line(node) + 1)):
            continue
        for mutator in MUTATORS:
            for change in mutator(text, node):
                changed = text.changed(change)
                try:
                    shape = ast.dump(ast.parse(changed))
                except SyntaxError:
                    continue
                if shape in seen:
                    continue
                seen.add(shape)
                name = f"{function}: {_told(lines, changed.splitlines())}"
                names[name] += 1
                number = f" (#{names[name]})" if names[name] > 1 else ""
                found.append(Mutant(name + number, mutator.__name__.replace("_", " "), changed))
    return found


def _solution_lines(lines: list[str]) -> set[int]:
    inside, found = False, set()
    for number, line in enumerate(lines, start=1):
        if line.strip() == BEGIN:
            inside = True
        elif line.strip() == END:
            inside = False
        elif inside:
            found.add(number)
    return found


def _nodes(node: ast.AST, function: str = "") -> Iterator[tuple[str, Placed]]:
    """Every statement and expression that runs, with the function it stands in, from the top down."""
    children: Iterable[ast.AST] = ast.iter_child_nodes(node)
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        function = f"{function}.{node.name}".lstrip(".")
        children = [*node.decorator_list, *node.body]
    if _calls(node, "zip"):
        children = node.args  # `strict=True` is for us
    for child in children:
        if _is_words(child):
            continue
        if isinstance(child, Placed):
            yield function, child
        yield from _nodes(child, function)


def _is_words(node: ast.AST) -> bool:
    """Docstrings, texts with values in them, complaints: nothing of it is judged."""
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
        return True
    return isinstance(node, ast.JoinedStr | ast.Raise | ast.Assert | ast.Import | ast.ImportFrom | ast.arguments)


def _told(before: list[str], after: list[str]) -> str:
    """The lines that differ, on one line."""
    while before and after and before[0] == after[0]:
        before, after = before[1:], after[1:]
    while before and after and before[-1] == after[-1]:
        before, after = before[:-1], after[:-1]
    old, new = (" ".join(_bare(line) for line in part) for part in (before, after))
    return f"`{old}` became `{new}`"


def _bare(line: str) -> str:
    return re.sub(r"  # .*$", "", line).strip()


# --- mutators: what each could become -------------------------------------------------------------------------------


def _operator(text: Text, after: ast.expr, before: ast.expr, symbol: str) -> tuple[int, int]:
    """Where the operator between two operands stands; there may be brackets and comments around it."""
    begin, end = text.span(after)[1], text.span(before)[0]
    at = text[(begin, end)].index(symbol)
    return begin + at, begin + at + len(symbol)


def operator_swapped(text: Text, node: ast.AST) -> Iterator[Change]:
    if isinstance(node, ast.BinOp) and type(node.op) in BINARY:
        symbol, others = BINARY[type(node.op)]
        begin, end = _operator(text, node.left, node.right, symbol)
        yield from ((begin, end, other) for other in others)
    if isinstance(node, ast.AugAssign) and type(node.op) in BINARY:
        symbol, others = BINARY[type(node.op)]
        begin, end = _operator(text, node.target, node.value, symbol)
        yield from ((begin, end, other) for other in others)
    if isinstance(node, ast.Compare) and len(node.ops) == 1 and type(node.ops[0]) in COMPARISONS:
        symbol, others = COMPARISONS[type(node.ops[0])]
        begin, end = _operator(text, node.left, node.comparators[0], symbol)
        yield from ((begin, end, other) for other in others)


def term_dropped(text: Text, node: ast.AST) -> Iterator[Change]:
    """One side of a sum, a product or a quotient."""
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add | ast.Sub | ast.Mult | ast.Div):
        begin, end = text.span(node)
        left, right = _operator(text, node.left, node.right, BINARY[type(node.op)][0])
        sign = "-" if isinstance(node.op, ast.Sub) else ""
        first, second = text[(begin, left)].strip(), text[(right, end)].strip()
        yield begin, end, f"({first})"
        yield begin, end, f"({sign}{second})"


def sign_flipped(text: Text, node: ast.AST) -> Iterator[Change]:
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub | ast.Not | ast.Invert):
        begin, end = text.span(node)
        yield begin, end, f"({text.of(node.operand)})"
    if isinstance(node, ast.Return) and node.value is not None and not isinstance(node.value, ast.Tuple | ast.Dict):
        begin, end = text.span(node.value)
        yield begin, end, f"-({text.of(node.value)})"


def constant_changed(text: Text, node: ast.AST) -> Iterator[Change]:
    if not isinstance(node, ast.Constant):
        return
    begin, end = text.span(node)
    if isinstance(node.value, bool):
        yield begin, end, str(not node.value)
    elif isinstance(node.value, int):
        yield begin, end, str(node.value + 1)
        yield begin, end, f"({node.value - 1})"
    elif isinstance(node.value, float):
        yield begin, end, str(2 * node.value or 1.0)


def bound_shifted(text: Text, node: ast.AST) -> Iterator[Change]:
    """Slices, indices and ranges that are not plain numbers, by one."""
    bounds: list[ast.expr] = []
    if isinstance(node, ast.Slice):
        bounds = [bound for bound in (node.lower, node.upper) if bound is not None]
    elif isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Name | ast.BinOp):
        bounds = [node.slice]
    elif _calls(node, "range"):
        bounds = node.args
        if len(node.args) == 1:
            begin, end = text.span(node.args[0])
            yield begin, end, f"1, {text.of(node.args[0])}"
    for bound in bounds:
        if not isinstance(bound, ast.Constant):
            begin, end = text.span(bound)
            yield begin, end, f"{text.of(bound)} - 1"
            yield begin, end, f"{text.of(bound)} + 1"


def axis_or_option_dropped(text: Text, node: ast.AST) -> Iterator[Change]:
    """A keyword argument, or the axis of a reduction."""
    if not isinstance(node, ast.Call) or _calls(node, "zip"):
        return
    arguments: list[Placed] = [*node.args, *node.keywords]
    spans = [text.span(argument) for argument in arguments]
    for index, argument in enumerate(arguments):
        reduces = isinstance(node.func, ast.Attribute) and node.func.attr in REDUCTIONS and argument in node.args
        named = isinstance(argument, ast.keyword) and argument.arg is not None
        if named or (reduces and isinstance(argument, ast.Constant | ast.UnaryOp | ast.Tuple)):
            begin, end = spans[index]
            if index > 0:
                begin = spans[index - 1][1]
            elif index + 1 < len(arguments):
                end = spans[index + 1][0]
            yield begin, end, ""


REDUCTIONS = set("mean sum max min amax amin prod all any var std softmax log_softmax logsumexp cumsum flip".split())


def function_confused(text: Text, node: ast.AST) -> Iterator[Change]:
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in TWIN:
        _, end = text.span(node.func)
        yield end - len(node.func.attr), end, TWIN[node.func.attr]


def function_forgotten(text: Text, node: ast.AST) -> Iterator[Change]:
    """`x.exp()` or `torch.exp(x)` without the exp; `x.detach()` above all."""
    if isinstance(node, ast.Attribute) and node.attr == "mT":
        yield (*text.span(node), f"{_inner(text, node)}")
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in FORGETTABLE:
        module = isinstance(node.func.value, ast.Name) and node.func.value.id in ("torch", "F", "np", "math")
        if not module:
            yield (*text.span(node), _inner(text, node.func))
        elif node.args:
            yield (*text.span(node), f"({text.of(node.args[0])})")


def _inner(text: Text, node: ast.Attribute) -> str:
    """What stands before the dot, with its brackets."""
    begin, end = text.span(node)
    return text[(begin, end)].rsplit(".", 1)[0].rstrip()


SYMMETRIC = set("min max maximum minimum logaddexp isinstance".split())


def arguments_swapped(text: Text, node: ast.AST) -> Iterator[Change]:
    """Neighbours among a call's arguments, or in a tuple that is returned or passed."""
    if isinstance(node, ast.Call) and text.of(node.func).split(".")[-1] not in SYMMETRIC:
        groups = [node.args] + [argument.elts for argument in node.args if isinstance(argument, ast.Tuple)]
    elif isinstance(node, ast.Return) and isinstance(node.value, ast.Tuple):
        groups = [node.value.elts]
    else:
        return
    for group in groups:
        for one, other in zip(group[:-1], group[1:], strict=True):
            if not any(isinstance(item, ast.Starred) for item in (one, other)):
                begin, end = text.span(one)[0], text.span(other)[1]
                between = text[(text.span(one)[1], text.span(other)[0])]
                yield begin, end, text.of(other) + between + text.of(one)


def statement_forgotten(text: Text, node: Placed) -> Iterator[Change]:
    """A call for its effect, an update, a variable set anew, a way out of a loop."""
    again = (
        isinstance(node, ast.Assign)
        and isinstance(node.targets[0], ast.Name)
        and any(isinstance(inner, ast.Name) and inner.id == node.targets[0].id for inner in ast.walk(node.value))
    )
    writes = isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Subscript)
    if again or writes or isinstance(node, ast.Expr | ast.AugAssign | ast.Break | ast.Continue):
        if "super()" not in text.of(node):
            yield (*text.span(node), "pass")


def condition_negated(text: Text, node: ast.AST) -> Iterator[Change]:
    if isinstance(node, ast.If | ast.IfExp) and not isinstance(node.test, ast.Compare):
        begin, end = text.span(node.test)
        yield begin, end, f"not ({text.of(node.test)})"


def gradient_let_through(text: Text, node: ast.AST) -> Iterator[Change]:
    """`with torch.no_grad():` that is not there."""
    if isinstance(node, ast.With):
        for item in node.items:
            if "no_grad" in text.of(item.context_expr) or "enable_grad" in text.of(item.context_expr):
                yield (*text.span(item.context_expr), "torch.enable_grad()")
                yield (*text.span(item.context_expr), "torch.no_grad()")


def _calls(node: ast.AST, name: str) -> TypeGuard[ast.Call]:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == name


MUTATORS: tuple[Mutator, ...] = (
    operator_swapped,
    term_dropped,
    sign_flipped,
    constant_changed,
    bound_shifted,
    axis_or_option_dropped,
    function_confused,
    function_forgotten,
    arguments_swapped,
    statement_forgotten,
    condition_negated,
    gradient_let_through,
)
