"""What a marker had before them when they marked: so that a change under a mark can be shown beside it.

`marked/<homework>/<student>.json` holds, for each cell with a mark, the answer's text and the automatic score at that
time, the lines of the rubric that were given, and when it was. The marks themselves are in the gradebook alone.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import TypedDict

from autograder.records import write_atomically

LONGEST_ANSWER = 60_000  # characters that are kept


class Snapshot(TypedDict):
    """One cell when it was marked: its text, its automatic score, the rubric's lines given, and when."""

    answer: str
    automatic: float | None
    lines: list[int]
    when: str


def marked_path(folder: Path, homework: str, student: str) -> Path:
    return folder / homework / f"{student}.json"


def read_marked(folder: Path, homework: str, student: str) -> dict[str, Snapshot]:
    """cell -> what it was when it was marked; empty where nothing was kept, or nothing that can be read."""
    try:
        found = json.loads(marked_path(folder, homework, student).read_text(encoding="utf-8"))
        return {cell: _snapshot(kept) for cell, kept in found.items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}


def keep_marked(
    folder: Path,
    homework: str,
    student: str,
    cell: str,
    answer: str,
    automatic: float | None,
    lines: Iterable[int] | None = None,
) -> None:
    """Note that the cell was marked as it is now; without `lines`, those given before stay. Raises OSError."""
    path, kept = marked_path(folder, homework, student), read_marked(folder, homework, student)
    before = kept[cell]["lines"] if cell in kept else []
    kept[cell] = {
        "answer": answer[:LONGEST_ANSWER],
        "automatic": automatic,
        "lines": sorted(set(before if lines is None else lines)),
        "when": datetime.now(UTC).isoformat(timespec="seconds"),
    }
    write_atomically(path, lambda file: file.write(json.dumps(kept, ensure_ascii=False, indent=1) + "\n"))


def _snapshot(kept: Snapshot) -> Snapshot:
    automatic = kept["automatic"]
    return {
        "answer": str(kept["answer"]),
        "automatic": None if automatic is None else float(automatic),
        "lines": [int(line) for line in kept["lines"]],
        "when": str(kept["when"]),
    }
