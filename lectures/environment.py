"""What building the lectures needs and nothing else does: Sphinx's packages, KaTeX (Node), chromium.

The packages are the project's extra `lectures`. They go into `build/lectures/venv`, which also sees what is installed
in `.venv`, so that cells run with the very PyTorch that grades. KaTeX and axe come from npm into `build/lectures/node`.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
import sysconfig
import tomllib
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
NOTES = ROOT / "lectures" / "notes"
BUILD = ROOT / "build" / "lectures"
VENV = BUILD / "venv"
NODE = BUILD / "node"
KATEX = NODE / "node_modules" / "katex" / "dist"
AXE = NODE / "node_modules" / "axe-core" / "axe.min.js"
MANIFESTS = [ROOT / "lectures" / name for name in ("package.json", "package-lock.json")]

PATIENCE = 300  # seconds for a page to load in chromium: a busy machine needs half a minute for a thousand formulas

NODE_IS_MISSING = "Node is not installed (Debian: apt-get install nodejs npm), so formulas cannot be drawn"
CHROMIUM_IS_MISSING = "chromium is not installed (Debian: apt-get install chromium)"


class MissingError(Exception):
    """Something that building needs is not there; the sentence says what to do."""


def pins() -> list[str]:
    """The project's extra `lectures`."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    return project["project"]["optional-dependencies"]["lectures"]


def problem() -> str | None:
    """Why the site cannot be built here right now, or None. Installs nothing."""
    if not _ready(VENV, _python_stamp()):
        return "the lectures' packages are not installed (make lectures installs them)"
    if shutil.which("node") is None:
        return NODE_IS_MISSING
    return None if _ready(NODE, _node_stamp()) else "KaTeX is not installed (make lectures installs it)"


def python() -> Path:
    """The Python of the lectures' environment, which is made unless it is there. Raises MissingError."""
    path, stamp = VENV / "bin" / "python", _python_stamp()
    if _ready(VENV, stamp):
        return path
    print(f"lectures: making {VENV.relative_to(ROOT)} (once; a minute)", file=sys.stderr)
    (VENV / "ready").unlink(missing_ok=True)
    if not path.exists():
        venv.create(VENV, with_pip=True, symlinks=True)
    # A line in a .pth file is a folder to import from, after the environment's own.
    own = Path(sysconfig.get_path("purelib", vars={"base": str(VENV), "platbase": str(VENV)}))
    (own / "course.pth").write_text(f"{sysconfig.get_path('purelib')}\n")
    command = [str(path), "-m", "pip", "install", "-q", "--disable-pip-version-check", *pins()]
    if subprocess.run(command).returncode != 0:
        raise MissingError("pip could not install the lectures' packages (see above); is the network there?")
    (VENV / "ready").write_text(stamp)
    return path


def node() -> bool:
    """Whether formulas can be drawn: Node is there, and KaTeX, which is installed if need be. Raises MissingError."""
    if shutil.which("node") is None:
        return False
    if not _ready(NODE, _node_stamp()):
        if shutil.which("npm") is None:
            raise MissingError("npm is not installed (Debian: apt-get install npm); it fetches KaTeX once")
        NODE.mkdir(parents=True, exist_ok=True)
        for manifest in MANIFESTS:
            shutil.copy(manifest, NODE)
        command = ["npm", "ci", "--no-audit", "--no-fund", "--loglevel=error"]
        if subprocess.run(command, cwd=NODE, stdout=subprocess.DEVNULL).returncode != 0:
            raise MissingError("npm could not install KaTeX (see above); is the network there?")
        (NODE / "ready").write_text(_node_stamp())
    return True


def chromium() -> str:
    """The path of chromium. Raises MissingError."""
    if path := shutil.which("chromium"):
        return path
    raise MissingError(CHROMIUM_IS_MISSING)


def _python_stamp() -> str:
    about = (pins(), sys.version, str(VENV), sysconfig.get_path("purelib"))
    return hashlib.sha256(repr(about).encode()).hexdigest()


def _node_stamp() -> str:
    return hashlib.sha256(b"".join(path.read_bytes() for path in MANIFESTS)).hexdigest()


def _ready(folder: Path, stamp: str) -> bool:
    file = folder / "ready"
    return file.exists() and file.read_text() == stamp
