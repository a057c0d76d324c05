"""The toolkit stands on its own: it installs alone, imports nothing of the course, and imports fast."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

TOOLKIT = Path(__file__).resolve().parents[2] / "homeworks" / "dgm"

PROBE = """
import sys, time
import torch
start = time.perf_counter()
import dgm
seconds = time.perf_counter() - start
ours = sorted(name for name in sys.modules if name.split(".")[0] in ("solutions", "autograder", "tests"))
heavy = sorted({"matplotlib", "sklearn", "scipy", "IPython", "pytest"} & set(sys.modules))
train, test = dgm.digits()
shapes = [tuple(dgm.mnist(28)[0].shape), tuple(dgm.fashion_mnist()[0].shape)]
print(dgm.__file__, seconds, ours, heavy, len(train), len(dgm.stubs.check_files()), shapes, sep="|")
"""


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """The toolkit installed into a folder of its own, from a copy (a build leaves files beside its source)."""
    folder = tmp_path_factory.mktemp("install")
    source = folder / "source"
    shutil.copytree(TOOLKIT, source, ignore=shutil.ignore_patterns("__pycache__", "build", "*.egg-info"))
    (source / "checks" / "hw1").mkdir(parents=True, exist_ok=True)
    (source / "checks" / "hw1" / "one_more.py").write_text("")
    command = [sys.executable, "-m", "pip", "install", "--no-deps", "--no-build-isolation", "--no-index", "--quiet"]
    done = subprocess.run(
        [*command, "--disable-pip-version-check", "--target", folder / "target", source], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return folder / "target"


def probe(python_path, cwd):
    """Import the toolkit in a fresh process that sees it and the packages, and nothing of the course."""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", PROBE],
        cwd=cwd,
        env={"PYTHONPATH": str(python_path), "PATH": ""},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip().split("|")


def test_it_installs_alone_with_its_checks(installed, tmp_path):
    file, _, ours, _, digits, checks, images = probe(installed, tmp_path)
    assert Path(file).is_relative_to(installed)
    assert (ours, digits) == ("[]", "1500")
    assert int(checks) == 1 + len(list(TOOLKIT.glob("checks/*/[!_]*.py")))
    assert images == "[(20000, 1, 28, 28), (15000, 1, 14, 14)]"
    assert not list(installed.glob("dgm/**/pyproject.toml"))
    assert sum(path.stat().st_size for path in installed.rglob("*") if path.is_file()) < 10_000_000


def test_it_works_from_the_folder_imports_nothing_of_ours_and_fast(tmp_path):
    _, seconds, ours, heavy, *_ = probe(TOOLKIT.parent, tmp_path)
    assert ours == "[]" and heavy == "[]"
    assert float(seconds) < 0.5, "import dgm should cost little beside torch"


def test_no_file_names_the_rooms_of_the_instructors():
    for path in TOOLKIT.rglob("*.py"):
        text = path.read_text()
        assert "solutions." not in text and "autograder" not in text, path


def test_the_public_face_is_complete():
    import dgm

    assert all(hasattr(dgm, name) for name in dgm.__all__)
    assert all(getattr(dgm, name).__doc__ for name in dgm.__all__)
