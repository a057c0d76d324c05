"""Set up everything that `make` needs, with the system's Python and nothing else.

Creates `.venv` from `requirements.txt` (torch first: see `INSTALL_FIRST`) and sees to bubblewrap, in which student
code runs: installed when this is root on a machine with apt, else the command is printed. Run again it does nothing
unless `requirements.txt` has changed.
"""

import hashlib
import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
REQUIREMENTS = ROOT / "requirements.txt"
STAMP = VENV / "ready"
OLDEST_PYTHON = (3, 11)

# Another package that asks for any torch would otherwise choose the build, and may choose one with gigabytes of CUDA.
INSTALL_FIRST = "torch"


class SetupError(Exception):
    """The environment cannot be made; the sentence says what to do."""


def main() -> int:
    try:
        require_python()
        fingerprint = environment_fingerprint()
        if not (STAMP.exists() and STAMP.read_text() == fingerprint):
            create_environment()
            STAMP.write_text(fingerprint)
    except SetupError as error:
        print(f"set-up: {error}", file=sys.stderr)
        return 2
    provide_bubblewrap()
    return 0


def require_python() -> None:
    if sys.version_info < OLDEST_PYTHON:
        found = ".".join(map(str, sys.version_info[:3]))
        raise SetupError(
            f"Python 3.11 or newer is needed, this is {found}; choose one with `make PYTHON=python3.12 ...`"
        )
    try:
        import ensurepip  # noqa: F401
    except ImportError:
        raise SetupError(
            "this Python cannot make virtual environments; on Debian: apt-get install python3-venv"
        ) from None


def environment_fingerprint() -> str:
    return hashlib.sha256(REQUIREMENTS.read_bytes() + sys.version.encode() + str(ROOT).encode()).hexdigest()


def create_environment() -> None:
    print(f"set-up: making {VENV.name} (once; torch alone is several hundred megabytes)", file=sys.stderr)
    STAMP.unlink(missing_ok=True)
    if not (VENV / "bin" / "python").exists():
        venv.create(VENV, with_pip=True, symlinks=True)
    pins = [line.strip() for line in REQUIREMENTS.read_text().splitlines()]
    first = [pin for pin in pins if pin.partition("==")[0] == INSTALL_FIRST]
    for step in (first, ["-r", str(REQUIREMENTS)]):
        command = [str(VENV / "bin" / "python"), "-m", "pip", "install", "-q", "--disable-pip-version-check", *step]
        if subprocess.run(command).returncode != 0:
            raise SetupError("pip could not install the packages (see above); is the network there? Then run it again")


def provide_bubblewrap() -> None:
    """Install bubblewrap where that is allowed, else say how; grading itself decides what to do without it."""
    if shutil.which("bwrap"):
        return
    if not sys.platform.startswith("linux"):
        print(
            "set-up: bubblewrap exists on Linux only; student code cannot be isolated on this machine", file=sys.stderr
        )
        return
    if os.geteuid() == 0 and shutil.which("apt-get"):
        print("set-up: installing bubblewrap", file=sys.stderr)
        install = ["apt-get", "install", "-y", "-q", "bubblewrap"]
        if _quietly(install) == 0:
            return
        _quietly(["apt-get", "update", "-q"])
        if _quietly(install) == 0:
            return
    print(
        "set-up: bubblewrap is missing, and real submissions are not graded without it; install it with\n"
        "    sudo apt-get install bubblewrap      (Debian, Ubuntu)\n"
        "    sudo dnf install bubblewrap          (Fedora)",
        file=sys.stderr,
    )


def _quietly(command: list[str]) -> int:
    return subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode


if __name__ == "__main__":
    sys.exit(main())
