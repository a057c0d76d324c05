"""The proof that nothing an instructor keeps lies among the files that students receive.

What must not leave is collected from its sources, by another way than the release takes: every line of a function's
body in the reference modules (below the docstring, or between the markers where there are any), every line of a model
answer or a rubric, every line of a hidden check. Then every text under `homeworks/` is searched for it, notebooks in
each string that they hold, without regard to spacing. Lines shorter than 20 characters say too little to count.

A line is exempt when it stands in what students are meant to see: an import, a signature, the setup, and for theory the
text of the problems. The released files themselves exempt nothing.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from autograder.course import ROOT, Homework
from autograder.releasing.authoring import ANSWER, RUBRIC, THEORY, authored_cells
from autograder.releasing.reference import BEGIN, END, SETUP, last_line, reference_path

SHORTEST = 20
# What everybody writes sooner or later; such a line gives no exercise away, and may stand anywhere.
IDIOMS = re.compile(
    r"for \w+ in (range)?\([\w\s.,+*-]*\):"
    r"|(\w+ = )?torch\.(Generator\(\)\.)?manual_seed\(\w+\)"
    r"|with torch\.no_grad\(\):"
    r"|optimizer\.zero_grad\(.*\)"
    r"|return self\.\w+\(\w+\)"
    r"|dx = \(grid\[1\] - grid\[0\]\)\.item\(\)"
)
SKIPPED_FOLDERS = {".ipynb_checkpoints", "__pycache__"}


def leaks(homework: Homework, root: Path = ROOT, candidate: dict[Path, bytes] | None = None) -> list[str]:
    """A sentence for each secret line that stands in a file under homeworks/; best if there is none.

    `candidate` are files that are about to be written there: they are searched instead of those present.
    """
    folder = root / "homeworks"
    files = {path: path.read_bytes() for path in _files(folder)} | (candidate or {})
    texts = {path.relative_to(folder).as_posix(): _squeezed(_text(path, data)) for path, data in sorted(files.items())}
    found = []
    for secret, origin in secret_lines(homework, root).items():
        found += [f"{name} holds a line of {origin}: {secret}" for name, text in texts.items() if secret in text]
    return sorted(found)


def secret_lines(homework: Homework, root: Path = ROOT) -> dict[str, str]:
    """What must not reach a student: each line, its runs of spaces squeezed -> where it comes from."""
    cells = authored_cells(homework, root)
    code_seen = set(_lines(SETUP.splitlines()))
    code_seen |= {line for cell in cells if cell.kind == "plain" for line in _lines(cell.source.splitlines())}
    text_seen = {line for cell in cells if cell.kind == "text" for line in _lines(cell.source.splitlines())}

    secrets: dict[str, str] = {}
    for module in sorted({exercise.module for exercise in homework.exercises}):
        path = reference_path(homework, module, root)
        secrets |= _secrets(hidden_code(path.read_text(encoding="utf-8")), path.name, code_seen)
    for path in sorted((root / "autograder" / "checks" / homework.id).glob("test_*.py")):
        source = path.read_text(encoding="utf-8")
        secrets |= _secrets(_without(source.splitlines(), _open_lines(ast.parse(source))), path.name, code_seen)
    for cell in cells:
        if cell.kind in (THEORY, RUBRIC, ANSWER):
            secrets |= _secrets(cell.source.splitlines(), f"the {cell.kind} of {cell.about}", text_seen)
    return secrets


def hidden_code(source: str) -> list[str]:
    """The lines of a reference module that are solution: what is in functions, without signatures and docstrings."""
    lines, tree = source.splitlines(), ast.parse(source)
    secret: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            span = range(node.lineno, last_line(node) + 1)
            begins = [number for number in span if lines[number - 1].strip() == BEGIN]
            for begin in begins:
                secret |= set(range(begin + 1, _end_marker(lines, begin)))
            if not begins:
                secret |= set(span)
    return [lines[number - 1] for number in sorted(secret - _open_lines(tree))]


def _end_marker(lines: list[str], begin: int) -> int:
    return next((n for n in range(begin + 1, len(lines) + 1) if lines[n - 1].strip() == END), len(lines) + 1)


def _open_lines(tree: ast.Module) -> set[int]:
    """The numbers of the lines that are imports, signatures or docstrings."""
    numbers: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            numbers |= set(range(node.lineno, last_line(node) + 1))
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            first = min([node.lineno, *(item.lineno for item in node.decorator_list)])
            numbers |= set(range(first, node.body[0].lineno))
            if ast.get_docstring(node) is not None:
                numbers |= set(range(node.body[0].lineno, last_line(node.body[0]) + 1))
    return numbers


def _without(lines: list[str], numbers: set[int]) -> list[str]:
    return [line for number, line in enumerate(lines, start=1) if number not in numbers]


def _secrets(lines: Iterable[str], origin: str, seen: Iterable[str]) -> dict[str, str]:
    return {line: origin for line in _lines(lines) if line not in seen and not IDIOMS.fullmatch(line)}


def _lines(lines: Iterable[str]) -> Iterator[str]:
    """The lines that are long enough to say something, with single spaces."""
    for line in lines:
        squeezed = _squeezed(line)
        if len(squeezed) >= SHORTEST:
            yield squeezed


def _squeezed(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip()


def _files(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not SKIPPED_FOLDERS & set(path.relative_to(folder).parts):
            yield path


def _text(path: Path, data: bytes) -> str:
    """The text of a file, of a notebook all the strings in it as well; nothing of a binary file."""
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return ""
    return "\n".join([text, *_strings(json.loads(text))]) if path.suffix == ".ipynb" else text


def _strings(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        if all(isinstance(item, str) for item in value):
            yield "".join(value)
        else:
            for item in value:
                yield from _strings(item)
    elif isinstance(value, dict):
        for key, item in value.items():
            yield key
            yield from _strings(item)
