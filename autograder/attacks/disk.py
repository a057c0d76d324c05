"""A disk that is full and a folder that is read-only: a sentence, the right exit code, and all that was there intact.

Both run in a mount namespace of their own that bubblewrap makes: a file system of a few megabytes, or a read-only view
of the folder. `python -m autograder.attacks.disk full|readonly FOLDER` is what runs inside.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from unittest import mock

from autograder import __main__ as command
from autograder.attacks import stages

SPACE = 24 << 20
LEFT = 60_000  # bytes left on the full disk: enough for a record or two, not for a class
STUDENTS = 6


def full() -> list[str]:
    """Grade a class on a disk that fills up. What is not as it should be."""
    with tempfile.TemporaryDirectory(prefix="full-") as folder:
        return _inside("full", folder, ["--size", str(SPACE), "--tmpfs", folder])


def read_only() -> list[str]:
    """Grade one more student in a folder that became read-only. What is not as it should be."""
    with (
        tempfile.TemporaryDirectory(prefix="readonly-") as name,
        stages.small_course(sandbox=stages.Answering()) as small,
    ):
        folder = Path(name)
        deserved = stages.hand_in(folder, 2)
        stages.grade(folder, small)
        stages.put(folder, "late", (folder / "submissions/s00/hw1/hw1.ipynb").read_text())
        before = _contents(folder)
        problems = _inside("readonly", name, ["--ro-bind", name, name])
        if _contents(folder) != before:
            problems.append("the folder has changed although it was read-only")
        stages.grade(folder, small)
        return problems + stages.complaints(folder, small, deserved | {"late": stages.RIGHT_TOTAL})


def _inside(what: str, folder: str, mounts: list[str]) -> list[str]:
    bubblewrap = shutil.which("bwrap")
    if bubblewrap is None:
        return ["bubblewrap is not installed"]
    program = [sys.executable, "-m", "autograder.attacks.disk", what, folder]
    run = subprocess.run(
        [bubblewrap, "--die-with-parent", "--dev-bind", "/", "/", *mounts, "--", *program],
        capture_output=True,
        text=True,
        timeout=300,
    )
    return [line for line in run.stdout.splitlines() if line] + (
        [f"it ended with {run.returncode}: {run.stderr[-800:]}"] if run.returncode else []
    )


def _contents(folder: Path) -> dict[str, str]:
    files = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def _command(folder: Path) -> tuple[int, str]:
    """Exit code of `make grade` here, and all that it says."""
    said = io.StringIO()
    with contextlib.redirect_stderr(said), contextlib.redirect_stdout(said):
        code = command.main(["grade", "--output", str(folder), "--jobs", "1", "--isolation", "none"])
    return code, said.getvalue()


def _expect_sentence(code: int, said: str, words: tuple[str, ...]) -> None:
    if code != command.GRADER_BROKE:
        print(f"exit code {code} instead of {command.GRADER_BROKE}: {said[-500:]}")
    if "Traceback" in said:
        print(f"a traceback instead of a sentence: {said[-800:]}")
    if not any(word in said for word in words):
        print(f"the sentence does not name the cause: {said[-500:]}")


def main(what: str, folder: Path) -> None:
    """Print what is not as it should be, a line each."""
    with (
        stages.small_course(sandbox=stages.Answering()) as small,
        mock.patch.object(command, "load_course", lambda: small),
    ):
        command_pool = mock.patch("autograder.judging.batch.process_pool", lambda workers: stages.Inline())
        with command_pool:
            if what == "readonly":
                _expect_sentence(*_command(folder), ("ead-only", "readonly", "read only"))
                return
            deserved = stages.hand_in(folder, 2)
            stages.grade(folder, small)
            before = stages.written(folder)
            deserved = stages.hand_in(folder, STUDENTS)
            ballast = folder / "ballast"
            with open(ballast, "wb", buffering=0) as file:
                file.write(bytes(max(0, shutil.disk_usage(folder).free - LEFT)))
            _expect_sentence(*_command(folder), ("No space left", "disk is full"))
            after = stages.written(folder)
            if any(after.get(student) != record for student, record in before.items()):
                print("a record of before has changed")
            for complaint in stages.gradebook_complaints(folder / "gradebook.db", small, {}):
                if "not whole" in complaint:
                    print(complaint)
            ballast.unlink()
            code, said = _command(folder)
            if code:
                print(f"with room again it ended with {code}: {said[-500:]}")
            for complaint in stages.complaints(folder, small, deserved):
                print(complaint)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
