"""What decides a result besides the submission: fingerprints of checks, reference, grader and versions, and the seed.

Nothing here imports torch, so that who only asks whether a result still holds need not wait for it.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import platform
import secrets
import tempfile
from collections.abc import Iterable
from importlib.metadata import version
from pathlib import Path
from typing import TypedDict

from autograder.course import ROOT, Course, Exercise, Homework

CHECKS = ROOT / "autograder" / "checks"
# By folder, so that no module can be forgotten: rooms that decide a result, and the toolkit, which a guest may import.
JUDGES = ("notebooks", "judging", "sandbox")
TOOLKIT = ROOT / "homeworks" / "dgm"


class Fingerprints(TypedDict):
    """Hashes of what grades a homework, and the versions of what runs it."""

    checks: str
    grader: str
    toolkit: str
    environment: dict[str, str]


def check_file(homework: Homework, exercise: Exercise) -> Path:
    return CHECKS / homework.id / f"test_{exercise.id}.py"


def released_notebook(homework: Homework) -> Path:
    return ROOT / "homeworks" / homework.id / f"{homework.id}.ipynb"


def solved_path(homework: Homework, root: Path = ROOT) -> Path:
    """The solved notebook, which is not handed out."""
    return root / "solutions" / homework.id / f"{homework.id}.ipynb"


def digest(data: bytes) -> str:
    """What a record calls a submission."""
    return hashlib.sha256(data).hexdigest()


def default_seed(course: Course, homework: Homework, secret: str = "") -> int:
    """The same for every student of a homework, so that all meet the same numbers, and with a secret nobody's guess."""
    text = f"{course.id}/{homework.id}" + (f"/{secret}" if secret else "")
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:4], "big")


def secret_name(homework: Homework, secret: str) -> str:
    """What records hold in the place of a seed that was drawn with the secret: a hash, from which neither follows."""
    return "secret " + hashlib.sha256(f"name of {homework.id}/{secret}".encode()).hexdigest()[:16]


def course_secret(file: Path) -> str:
    """The secret in that file, which is made, readable for its owner alone, where there is none. Raises OSError.

    Neither it nor what is drawn with it stands in a record. Who deletes the file has every submission graded anew.
    """
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile("w", dir=file.parent, prefix=f".{file.name}.") as draft:
            draft.write(secrets.token_hex(32))
            draft.flush()
            with contextlib.suppress(FileExistsError):  # somebody else was faster, and theirs counts
                os.link(draft.name, file)
    return file.read_text(encoding="utf-8").strip()


def fingerprints(homework: Homework) -> Fingerprints:
    """What decides a result besides submission, seed and isolation: checks and references, the grader, versions."""
    files = fingerprinted(homework)
    return {
        "checks": _digest(files["checks"], repr(homework)),
        "grader": _digest(files["grader"]),
        "toolkit": _digest(files["toolkit"]),
        "environment": {"python": platform.python_version(), "torch": version("torch"), "numpy": version("numpy")},
    }


def fingerprinted(homework: Homework) -> dict[str, list[Path]]:
    """The files behind the fingerprints of a homework: whole folders, so that a new file counts at once."""
    rooms = [path for room in JUDGES for path in sorted((ROOT / "autograder" / room).rglob("*.py"))]
    checks = sorted((CHECKS / homework.id).glob("test_*.py"))
    references = sorted((ROOT / "solutions" / homework.id).glob("*.py"))
    return {
        "checks": [*checks, *references, released_notebook(homework)],
        "grader": [ROOT / "autograder" / "checking.py", *rooms],
        "toolkit": [path for path in sorted(TOOLKIT.rglob("*")) if path.is_file() and _counts(path)],
    }


def _counts(path: Path) -> bool:
    """Whether a file of the toolkit may act on a result: its code and data, but not the public checks."""
    parts = path.relative_to(TOOLKIT).parts
    left_by_tools = {"__pycache__", "build"} & set(parts) or any(part.startswith(".") for part in parts)
    describes = path.suffix in (".md", ".toml") or "dgm.egg-info" in parts
    return not left_by_tools and not describes and parts[0] != "checks"


def _digest(files: Iterable[Path], *more: str) -> str:
    total = hashlib.sha256()
    for path in files:
        total.update(path.relative_to(ROOT).as_posix().encode() + b"\0")
        total.update(hashlib.sha256(path.read_bytes()).digest() if path.exists() else b"missing")
    for text in more:
        total.update(hashlib.sha256(text.encode()).digest())
    return total.hexdigest()
