"""The scoreboard: what the models of all homeworks reach, in one table that grows.

It is kept in `scoreboard.json` beside the homeworks' folders, so that each notebook shows what the earlier ones
reached. Where that file cannot be written, the rows live as long as the kernel.
"""

import json
import math
import os
import tempfile
from dataclasses import asdict, dataclass, replace
from html import escape
from pathlib import Path

from dgm.notebook import show

UNITS = ("nats per image", "bits per dimension")
# How a value stands to the model's own negative log-likelihood, which nobody but an exact model knows.
KINDS = {"exact": "=", "bound": "≤", "estimate": "≈"}
FILE = "scoreboard.json"
_session: dict[tuple[str, str, str], "Score"] = {}  # what this kernel added


@dataclass(frozen=True)
class Score:
    """One row. `value` is a negative log-likelihood of test data: exactly, at most, or about so many `unit`."""

    homework: int
    model: str
    value: float
    unit: str
    kind: str
    data: str

    def __post_init__(self) -> None:
        if self.unit not in UNITS:
            raise ValueError(f"unit must be one of {', '.join(UNITS)}, got {self.unit!r}")
        if self.kind not in KINDS:
            raise ValueError(f"kind must be one of {', '.join(KINDS)}, got {self.kind!r}")
        if not isinstance(self.value, float) or not math.isfinite(self.value):
            raise ValueError(f"value must be a finite number, got {self.value!r}")
        if type(self.homework) is not int:
            raise ValueError(f"homework must be a whole number, got {self.homework!r}")
        if not all(isinstance(text, str) and text for text in (self.model, self.data)):
            raise ValueError(f"model and data must be texts, got {self.model!r} and {self.data!r}")

    @property
    def key(self) -> tuple[str, str, str]:
        return self.data, self.unit, self.model


def scoreboard(*, homework: int, data: str, unit: str, models: dict[str, tuple[float, str]]) -> None:
    """Put models on the scoreboard, and show what it holds about this data in this unit, the best first.

    `models` maps a model's name to its negative log-likelihood of the test data (lower is better) and the kind of that
    number: "exact"; "bound", where the true value is at most this; "estimate", where it may lie on either side. A model
    that is there already gets its new number, and stays with the homework that it came from. `unit` is "nats per image"
    or "bits per dimension".
    Raises ValueError for another unit or kind, or a value that is not finite; then nothing is kept.
    """
    rows = [Score(homework, name, float(value), unit, kind, data) for name, (value, kind) in models.items()]
    path = scoreboard_path()
    board = read(path) | _session
    for row in rows:
        first = board[row.key].homework if row.key in board else homework
        board[row.key] = _session[row.key] = replace(row, homework=min(first, homework))
    note = "" if write(path, board) else f"Kept until the kernel stops: {path} cannot be written."
    shown = sorted((row for row in board.values() if row.key[:2] == (data, unit)), key=lambda row: row.value)
    show(_text(shown, note), _html(shown, {row.key for row in rows}, note))


def scoreboard_path() -> Path:
    """Where the scoreboard is kept: beside `dgm`, or, where that is installed, beside the folder of the homework."""
    package = Path(__file__).resolve().parent
    if not {"site-packages", "dist-packages"} & set(package.parts):
        return package.parent / FILE
    here = Path.cwd()
    return (here.parent if here.name.startswith("hw") else here) / FILE


def read(path: Path) -> dict[tuple[str, str, str], Score]:
    """The rows of a file; none where there is no file, and without those that are not rows."""
    try:
        entries = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    rows = {}
    for entry in entries if isinstance(entries, list) else ():
        try:
            row = Score(**entry)
        except (TypeError, ValueError):
            continue
        rows[row.key] = row
    return rows


def write(path: Path, rows: dict[tuple[str, str, str], Score]) -> bool:
    """Whether the file could be written: at once or not at all, so that another notebook never reads half a file."""
    text = json.dumps([asdict(row) for row in rows.values()], ensure_ascii=False, indent=1)
    scratch = None
    try:
        with tempfile.NamedTemporaryFile("w", dir=path.parent, suffix=".tmp", delete=False, encoding="utf-8") as file:
            scratch = file.name
            file.write(text + "\n")
        os.replace(scratch, path)
        return True
    except OSError:
        if scratch is not None:
            Path(scratch).unlink(missing_ok=True)
        return False


def _text(rows: list[Score], note: str) -> str:
    width = max(len(row.model) for row in rows)
    lines = [f"{rows[0].data}: {rows[0].unit}, lower is better"]
    for row in rows:
        number = f"{KINDS[row.kind]} {row.value:#.4g}"
        lines.append(f"  {row.model:{width}}  {number:>9}  {row.kind:8}  homework {row.homework}")
    return "\n".join([*lines, note] if note else lines)


def _html(rows: list[Score], new: set[tuple[str, str, str]], note: str) -> str:
    most = max(row.value for row in rows)
    lines = []
    for row in rows:
        number = f"{KINDS[row.kind]} {row.value:#.4g}"
        bar = f'<div style="background: #0072b2; height: 9px; width: {_bar(row.value, most)}px"></div>'
        cells = [escape(row.model), number, row.kind, f"homework {row.homework}", bar]
        weight = "bold" if row.key in new else "normal"
        columns = "".join(f'<td style="text-align: left">{cell}</td>' for cell in cells)
        lines.append(f'<tr style="font-weight: {weight}">{columns}</tr>')
    head = f"<b>{escape(rows[0].data)}</b>: {rows[0].unit}, lower is better"
    small = f"<p>{escape(note)}</p>" if note else ""
    return f"<div><p>{head}</p><table>{''.join(lines)}</table>{small}</div>"


def _bar(value: float, most: float) -> int:
    """The length of a bar in pixels; densities of real vectors can have a negative log-likelihood below 0: no bar."""
    return round(160 * value / most) if value > 0 else 0
