"""`python -m dgm.classroom hw1/hw1.ipynb`: the public checks of a notebook without the notebook, for a robot.

Only what defines something is run (imports, functions, classes, constants), not the trainings and plots: a push gets
its answer in a minute. The exit code is 0 where every check that the notebook calls is green.
"""

from __future__ import annotations

import ast
import json
import sys
from pathlib import Path
from typing import Any

from dgm.checking import ChecksFailed, UnknownExercise

DEFINITIONS = (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
ASSIGNMENTS = (ast.Assign, ast.AnnAssign)
LIBRARIES = {"math", "np", "numpy", "torch", "nn", "F"}


def definitions(source: str) -> list[ast.stmt]:
    """The statements of a cell that define something and cost nothing. Raises SyntaxError."""
    return [statement for statement in ast.parse(_python(source)).body if _defines(statement)]


def _defines(statement: ast.stmt) -> bool:
    """Whether it is a definition, a method given to a class, or a value for which libraries alone are called."""
    if not isinstance(statement, ASSIGNMENTS):
        return isinstance(statement, DEFINITIONS)
    targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
    called = {_root(node.func) for node in ast.walk(statement) if isinstance(node, ast.Call)}
    return called <= LIBRARIES or all(isinstance(target, ast.Attribute) for target in targets)


def _root(expression: ast.expr) -> str:
    """The name that an expression such as `torch.nn.Linear` begins with; "" for any other."""
    while isinstance(expression, ast.Attribute):
        expression = expression.value
    return expression.id if isinstance(expression, ast.Name) else ""


def bound(source: str) -> set[str]:
    """Every name that something in a cell is given to, also what is not run. Raises SyntaxError."""
    nodes = ast.walk(ast.parse(_python(source)))
    return {node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}


def checked(source: str) -> list[str]:
    """The exercises that a cell calls `check` for."""
    try:
        tree = ast.parse(_python(source))
    except SyntaxError:
        return []
    return [
        call.args[0].value
        for call in ast.walk(tree)
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == "check"
        if call.args and isinstance(call.args[0], ast.Constant) and isinstance(call.args[0].value, str)
    ]


def run(path: Path) -> list[str]:
    """Run the public checks of a notebook, printing what they say. Returns the exercises that are not green.

    Raises OSError, ValueError for a file that is no notebook.
    """
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    sources = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
    namespace: dict[str, Any] = {"__name__": "__main__"}
    skipped: set[str] = set()  # names that would be there, had everything been run
    for number, source in enumerate(sources, start=1):
        try:
            statements = definitions(source)
            skipped |= bound(source)
        except SyntaxError as error:
            print(f"code cell {number}: SyntaxError: {error}")
            continue
        for statement in statements:
            try:
                exec(compile(ast.Module([statement], []), f"code cell {number}", "exec"), namespace)
            except Exception as error:  # a student's cell: said, and the checks that need it will say the rest
                if not (isinstance(error, NameError) and error.name in skipped):
                    print(f"code cell {number}: {type(error).__name__}: {error}")
    failed = []
    for exercise in dict.fromkeys(name for source in sources for name in checked(source)):
        name = exercise if "/" in exercise else f"{path.stem}/{exercise}"
        try:
            exec(f"from dgm import check\ncheck({name!r})", namespace)
        except (ChecksFailed, UnknownExercise) as error:
            print(error)
            failed.append(exercise)
    return failed


def _python(source: str) -> str:
    """The cell without the lines that only IPython reads."""
    return "\n".join("" if line.lstrip().startswith(("%", "!")) else line for line in source.splitlines())


def main(arguments: list[str]) -> int:
    """Run the checks of each notebook named. Returns the exit code."""
    if not arguments:
        print("python -m dgm.classroom hw1/hw1.ipynb ...", file=sys.stderr)
        return 2
    failed: dict[str, list[str]] = {}
    for argument in arguments:
        try:
            failed[argument] = run(Path(argument))
        except (OSError, ValueError, KeyError, TypeError) as error:
            print(f"{argument} is no notebook that can be read: {error}", file=sys.stderr)
            return 2
    for argument, names in failed.items():
        print(f"{argument}: " + (f"not green yet: {', '.join(names)}" if names else "every public check is green"))
    return 1 if any(failed.values()) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
