"""The site from the pages, by Sphinx; any warning is an error. Cells run again when what they import changes."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from lectures import environment
from lectures.environment import BUILD, NOTES, ROOT

HTML = BUILD / "html"
LECTURE = re.compile(r"l\d\d")
COLOURS = re.compile(r"\x1b\[[0-9;]*m")
# What nbclient says of a cell that failed: its source between two rules, then the traceback, then the error.
FAILED = re.compile(
    r"following cell:\n-{18}\n(.*?)\n-{18}\n.*?^(\w+(?:Error|Exception)(?:: .*?)?)$", re.MULTILINE | re.DOTALL
)
NOISE = "Kernel is running over TCP without encryption"


class BuildFailedError(Exception):
    """Sphinx found something wrong; what it is stands above."""


def lectures(notes: Path = NOTES) -> list[str]:
    """The lectures that are written: l01, l02, ..."""
    return sorted(path.stem for path in notes.glob("l*.md") if LECTURE.fullmatch(path.stem))


def html(notes: Path = NOTES, target: Path = HTML, only: str = "", settings: dict[str, str] | None = None) -> bool:
    """Build the pages in `notes` into `target`; whether formulas could be drawn.

    With `only`, a lecture like "l05", the cells of the others do not run: their figures and numbers are left out.
    Raises BuildFailedError, and MissingError where not even a site without formulas can be built.
    """
    python, formulas = environment.python(), environment.node()
    shutil.rmtree(target, ignore_errors=True)  # a page that is no longer written must not survive
    command = [python, "-m", "sphinx", "-b", "html", "-q", "-W", "-n", "--keep-going", "-c", NOTES]
    command += ["-d", target.with_name(target.name + "-doctrees"), notes, target]
    done = _shown(command, _environment(only, formulas) | (settings or {}))
    if done.returncode != 0:
        places = "".join(f"\n    {sentence}" for sentence in failed_cells(done.stdout, notes))
        raise BuildFailedError(f"the lectures were not built: see the warnings above{places}")
    return formulas


def failed_cells(output: str, notes: Path) -> list[str]:
    """ "l02.md, line 312: AssertionError: ..." for every cell whose error Sphinx reported."""
    found = []
    for cell, error in FAILED.findall(COLOURS.sub("", output)):
        for page in sorted(notes.glob("*.md")):
            text = page.read_text(encoding="utf-8")
            if cell in text:
                line = text[: text.index(cell)].count("\n") + 1
                found.append(f"{page.name}, the cell from line {line}: {error}")
    return list(dict.fromkeys(found))


def _environment(only: str, formulas: bool) -> dict[str, str]:
    return {
        "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "homeworks")]),
        "PYTHONHASHSEED": "0",
        "PYDEVD_DISABLE_FILE_VALIDATION": "1",
        "OMP_NUM_THREADS": "1",
        "LECTURES_ONLY": only,
        "LECTURES_FORMULAS": "katex" if formulas else "source",
    }


def _shown(command: list[object], settings: dict[str, str]) -> subprocess.CompletedProcess:
    """Run, show what is said as it comes, and keep it."""
    pipe = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True, "encoding": "utf-8"}
    said = []
    with subprocess.Popen(command, cwd=ROOT, env=os.environ | settings, **pipe) as process:
        for line in process.stdout:
            said.append(line)
            if NOISE not in line:
                sys.stderr.write(line)
    return subprocess.CompletedProcess(command, process.returncode, "".join(said))
