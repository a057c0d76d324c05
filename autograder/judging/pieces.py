"""A mistake costs once: the course's own piece stands in for a wrong one where another exercise builds on it.

The piece is the reference's program of the needed exercise. It runs in a module of its own, so that none of its names
meets a student's, and only the names that the exercise asks for are put over the student's, after all of their code.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable

from autograder.course import Exercise

Part = tuple[str, str]  # (label, source)

_PIECE = """\
import sys, types
__piece__ = sys.modules[{module!r}] = types.ModuleType({module!r})
for __label__, __source__ in {parts!r}:
    exec(compile(__source__, __label__, "exec", dont_inherit=True), vars(__piece__))
{names} = {values}
del __piece__, __label__, __source__
"""


def standing_in(exercise: Exercise, parts: Iterable[Part]) -> Part:
    """The part of a program that puts the course's piece over the student's; `parts` are the reference's program."""
    source = _PIECE.format(
        module=f"course_{exercise.id}",
        parts=[(f"the course's {exercise.id}, {label}", source) for label, source in parts],
        names=", ".join(exercise.names),
        values=", ".join(f"__piece__.{name}" for name in exercise.names),
    )
    return f"the course's {exercise.id}", source


def bound_early(parts: Iterable[Part], names: Iterable[str]) -> bool:
    """Whether a name is looked up while the parts are loaded, and not when a function of theirs is called.

    A base class, a decorator, a default or a constant keeps the student's piece, whatever comes after it. The parts are
    a student's: this belongs into the process that reads submissions (`apart`). What is nested too deeply to be walked
    through counts as bound.
    """
    wanted = set(names)
    try:
        return any(
            isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and node.id in wanted
            for _, source in parts
            for statement in ast.parse(source).body
            for node in _loaded(statement)
        )
    except RecursionError:
        return True


def _loaded(node: ast.AST) -> Iterable[ast.AST]:
    """The node and what stands below it, but for the bodies and annotations of functions."""
    yield node
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
        decorators = [] if isinstance(node, ast.Lambda) else node.decorator_list
        below: Iterable[ast.AST] = [*decorators, *node.args.defaults, *filter(None, node.args.kw_defaults)]
    else:
        below = ast.iter_child_nodes(node)
    for child in below:
        yield from _loaded(child)
