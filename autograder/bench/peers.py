"""nbgrader and otter-grader as their users run them, in an environment of their own that nobody else needs."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
import tomllib
import venv
from pathlib import Path
from typing import Any

from autograder.bench import measure
from autograder.bench.light import write
from autograder.bench.measure import Usage
from autograder.bench.places import BUILD, LOGS, environment
from autograder.course import ROOT

VENV = BUILD / "venv"
SECONDS_PER_CELL = 1800  # training cells take their time

Document = dict[str, Any]


class PeersError(Exception):
    """The peers' environment cannot be made; the sentence says why."""


def pins() -> list[str]:
    """What the peers' environment holds beyond requirements.txt: the project's extra `bench`."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    return project["project"]["optional-dependencies"]["bench"]


def provide() -> Path:
    """Make the peers' environment unless it is there, and return its Python. Raises PeersError."""
    requirements = ROOT / "requirements.txt"
    wanted = hashlib.sha256(requirements.read_bytes() + repr((pins(), sys.version, str(VENV))).encode()).hexdigest()
    stamp, python = VENV / "ready", VENV / "bin" / "python"
    if stamp.exists() and stamp.read_text() == wanted:
        return python
    print(f"bench: making {VENV.relative_to(ROOT)} with the peers (once; a few minutes)", file=sys.stderr)
    stamp.unlink(missing_ok=True)
    if not python.exists():
        venv.create(VENV, with_pip=True, symlinks=True)
    lines = [line.strip() for line in requirements.read_text().splitlines()]
    torch = [line for line in lines if line.startswith("torch==")]  # first, or another package chooses the build
    constraint = BUILD / "constraints.txt"
    constraint.write_text("\n".join(torch) + "\n")
    for step in (torch, ["-r", str(requirements), "-c", str(constraint), *pins()]):
        command = [str(python), "-m", "pip", "install", "-q", "--disable-pip-version-check", *step]
        if subprocess.run(command).returncode != 0:
            raise PeersError("pip could not install the peers (see above); is the network there? Then run it again")
    stamp.write_text(wanted)
    return python


def nbgrader(name: str, source: Document, submissions: dict[str, Document]) -> Usage:
    """One `nbgrader autograde` over the whole class. `source` is the instructor's notebook of homework `name`."""
    folder = BUILD / f"nbgrader-{name}"
    shutil.rmtree(folder, ignore_errors=True)
    write(folder, "source", name, source)
    for student, document in submissions.items():
        write(folder / "submitted", student, name, document)
    (folder / "nbgrader_config.py").write_text(
        f"c = get_config()\nc.CourseDirectory.root = {str(folder)!r}\nc.CourseDirectory.course_id = 'bench'\n"
        f"c.ExecutePreprocessor.timeout = {SECONDS_PER_CELL}\nc.Execute.timeout = {SECONDS_PER_CELL}\n"
    )
    tool, env = VENV / "bin" / "nbgrader", _environment()
    measure.run([tool, "generate_assignment", name], LOGS / f"nbgrader-{name}-release.txt", cwd=folder, env=env)
    used = measure.run([tool, "autograde", name], LOGS / f"nbgrader-{name}.txt", cwd=folder, env=env)
    graded = [folder / "autograded" / student / name / f"{name}.ipynb" for student in submissions]
    if missing := [path.parent.parent.name for path in graded if not path.exists()]:
        raise measure.CommandFailedError(f"nbgrader left {', '.join(missing)} ungraded; see {LOGS}")
    return used


def otter(name: str, tests: dict[str, str], submissions: dict[str, Document]) -> list[Usage]:
    """`otter run` on each submission, with a zip file that `otter generate` made of the tests (name -> file)."""
    folder = BUILD / f"otter-{name}"
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "tests").mkdir(parents=True)
    for test, text in tests.items():
        (folder / "tests" / f"{test}.py").write_text(text)
    tool, env = VENV / "bin" / "otter", _environment()
    generate: list[str | Path] = [tool, "generate", "-t", "tests", "-o", "autograder.zip", "--no-environment"]
    measure.run(generate, LOGS / f"otter-{name}-generate.txt", cwd=folder, env=env)
    used = []
    for student, document in submissions.items():
        path = write(folder / "submitted", student, name, document)
        command: list[str | Path] = [tool, "run", path, "-a", folder / "autograder.zip", "-o", path.parent]
        used.append(measure.run(command, LOGS / f"otter-{name}-{student}.txt", cwd=path.parent, env=env))
        if not (path.parent / "results.json").exists():
            raise measure.CommandFailedError(f"otter left {student} ungraded; see {LOGS}")
    return used


def _environment() -> dict[str, str]:
    env = environment(ROOT)
    return env | {"PATH": f"{VENV / 'bin'}:{env.get('PATH', '')}", "PYTHONPATH": str(ROOT / "homeworks")}
