"""How the toolkit talks to a notebook: the first call of every homework, and one way to show a message.

Outside IPython everything is printed as plain text.
"""

import ast
import random
import sys
from html import escape
from types import TracebackType
from typing import Any

import numpy as np
import torch

from dgm.stubs import unwritten

_waiting: dict[str, Any] = {}  # names that a cell would have defined, had a stub not stopped it: what they wait for


class OneLineError(Exception):
    """An error whose sentence says all: a notebook shows that line, without a traceback."""

    def _render_traceback_(self) -> list[str]:  # the name by which IPython asks
        return [f"{type(self).__name__}: {self}"]


def setup(seed: int = 0) -> None:
    """Make results repeatable and pictures readable; call it once, at the top of the notebook.

    One torch thread (small networks are several times faster so), seeds for torch, NumPy and `random`, the course's
    plot style, and one friendly line instead of a traceback when a cell needs code that is not written yet.
    """
    from dgm.plots import use_style

    torch.set_num_threads(1)
    torch.manual_seed(seed)
    np.random.seed(seed)
    random.seed(seed)
    use_style()
    if (shell := ipython()) is not None:
        shell.set_custom_exc((NotImplementedError, NameError), _explain)


def ipython() -> Any | None:
    """The running IPython shell, or None. It is never imported for this."""
    module = sys.modules.get("IPython")
    return module.get_ipython() if module else None


def show(text: str, html: str) -> None:
    """Show a message: rich where the notebook can, plain elsewhere. What comes from outside must be escaped in html."""
    if ipython() is None:
        print(text)
        return
    from IPython.display import display

    sys.stdout.flush()  # what the student printed comes first
    display({"text/plain": text, "text/html": html}, raw=True)


def _explain(
    shell: Any, kind: type[BaseException], error: BaseException, trace: TracebackType, tb_offset: int | None = None
) -> None:
    """IPython calls this for the errors that an unwritten stub leads to; any other gets its ordinary traceback.

    A cell that a stub stopped does not define its names. When a later cell misses one of them, the stub is still the
    reason, and the same line says so.
    """
    task = _waiting.get(error.name or "") if isinstance(error, NameError) else unwritten(error)
    if task is None:
        shell.showtraceback((kind, error, trace), tb_offset=tb_offset)
        return
    for name in _assigned_names(shell.user_ns.get("In", [""])[-1]) - shell.user_ns.keys():
        _waiting[name] = task
    again = f'Come back when check("{task.exercise}") is green.'
    show(
        f"Not written yet: {task.exercise}: {task.text}. {again}",
        '<div style="border-left: 4px solid #e69f00; padding: 4px 10px">'
        f"<b>Not written yet: {escape(task.exercise)}:</b> {escape(task.text)}. {escape(again)}</div>",
    )


def _assigned_names(cell: str) -> set[str]:
    """The names that a cell gives a value to."""
    try:
        nodes = list(ast.walk(ast.parse(cell)))
    except SyntaxError:
        return set()
    names = {node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    return names | {node.name for node in nodes if isinstance(node, ast.FunctionDef | ast.ClassDef)}
