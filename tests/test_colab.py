"""A notebook that is alone: its first cell gets the toolkit from the course's address, or says what to do."""

import os
import shutil
import subprocess
import sys
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import nbformat
import pytest
import small_course as sc

from autograder.course import ROOT, CourseError, load_course
from autograder.provenance import released_notebook
from autograder.releasing import stubs
from autograder.releasing.reference import ReleaseError

ADDRESS = "https://course.example.org/files/dgm-0.1.0-py3-none-any.whl"
COURSE = load_course()
CHECKED = "\ndef nll(logits, counts):\n    return logits.sum()\n\ncheck('maximum_likelihood')\n"


def setup_of(notebook):
    (cell,) = [cell for cell in notebook.cells if cell.cell_type == "code" and "import dgm" in cell.source]
    return cell.source


def as_authored():
    """Homework 1 as released, with its import of the toolkit as the source has it."""
    notebook = nbformat.read(released_notebook(COURSE.homework("hw1")), as_version=4)
    for cell in notebook.cells:
        cell.source = cell.source.replace(stubs.ALONE.format(stubs.SAID), stubs.IMPORTS_TOOLKIT)
    return notebook


def with_address(address):
    notebook = as_authored()
    stubs._where_it_is_alone(notebook, address)
    return setup_of(notebook)


@pytest.fixture(scope="module")
def wheels(tmp_path_factory):
    """A folder with the wheel that `make wheel` makes, built from a copy: a build leaves files beside its source."""
    folder = tmp_path_factory.mktemp("wheel")
    source = folder / "source"
    ignore = shutil.ignore_patterns("__pycache__", "build", "*.egg-info")
    shutil.copytree(ROOT / "homeworks" / "dgm", source, ignore=ignore)
    options = ["-q", "--no-deps", "--no-build-isolation", "--no-index", "--disable-pip-version-check"]
    command = [sys.executable, "-m", "pip", "wheel", *options, "--wheel-dir", folder / "made", source]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return folder / "made"


@pytest.fixture
def server(wheels):
    """The address of the wheel on a server of this machine, and what was asked for there."""
    asked = []

    class Handler(SimpleHTTPRequestHandler):
        def log_message(self, *_):
            asked.append(self.path)

    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=wheels)) as made:
        threading.Thread(target=made.serve_forever, daemon=True).start()
        (wheel,) = wheels.glob("dgm-*.whl")
        yield f"http://127.0.0.1:{made.server_address[1]}/{wheel.name}", asked
        made.shutdown()


class Alone:
    """A folder with nothing but the notebook's code, on a machine where pip installs into a folder of its own."""

    def __init__(self, folder):
        self.folder, target = folder / "content", folder / "installed"
        self.folder.mkdir()
        target.mkdir()
        private = {"PYTHONPATH": str(target), "PIP_TARGET": str(target), "MPLCONFIGDIR": str(folder)}
        quiet = {"PIP_NO_DEPS": "1", "PIP_NO_INDEX": "1", "PIP_DISABLE_PIP_VERSION_CHECK": "1", "OMP_NUM_THREADS": "1"}
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        self.environment = {**os.environ, **private, **quiet, "PATH": path, "MPLBACKEND": "agg"}

    def run(self, code):
        (self.folder / "notebook.py").write_text(code, encoding="utf-8")
        return self.do(sys.executable, "notebook.py")

    def do(self, *command, **more):
        return subprocess.run(
            command, cwd=self.folder, env=self.environment, capture_output=True, text=True, timeout=300, **more
        )


@pytest.fixture
def alone(tmp_path):
    return Alone(tmp_path)


def test_the_first_cell_gets_the_toolkit_from_the_course_s_address_once(alone, server):
    address, asked = server
    code = with_address(address) + CHECKED
    for _ in range(2):
        done = alone.run(code)
        assert "fit_mle" in done.stdout and "checks not passed yet" in done.stderr, "its public checks have run"
    assert len(asked) == 1, "what is there is not installed again"


def test_without_an_address_it_says_what_to_do_and_that_works(alone, wheels):
    code = setup_of(nbformat.read(released_notebook(COURSE.homework("hw1")), as_version=4)) + CHECKED
    done = alone.run(code)
    said = done.stderr.strip().splitlines()[-1]
    assert done.returncode == 1 and said.startswith("ModuleNotFoundError: The toolkit dgm is not here. Put this")
    advice = said.partition("run in a cell above: !")[2]
    (wheel,) = wheels.glob("dgm-*.whl")
    shutil.copy(wheel, alone.folder)
    installed = alone.do("sh", "-c", advice)
    assert installed.returncode == 0, installed.stderr
    assert "checks not passed yet" in alone.run(code).stderr


@pytest.mark.parametrize("homework", COURSE.given, ids=lambda homework: homework.id)
def test_every_homework_says_it(homework):
    assert setup_of(nbformat.read(released_notebook(homework), as_version=4)).count(stubs.ALONE.format(stubs.SAID)) == 1


def test_where_the_toolkit_is_nothing_is_installed(monkeypatch):
    source = with_address(ADDRESS)
    assert source.count(ADDRESS) == 1
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: pytest.fail("something was run"))
    exec(source[source.index("import importlib") : source.index("from dgm import check")], {"sys": sys})


def test_two_cells_that_import_the_toolkit_are_refused():
    notebook = as_authored()
    notebook.cells.append(nbformat.v4.new_code_cell("x = 1\nimport dgm\n"))
    with pytest.raises(ReleaseError, match="2 cells"):
        stubs._where_it_is_alone(notebook, ADDRESS)


@pytest.mark.parametrize("address", ["http://x.org/dgm-1.whl", "https://x.org/other-1.whl", 'https://x"/dgm-1.whl', ""])
def test_an_address_that_is_none(tmp_path, address):
    path = tmp_path / "course.toml"
    path.write_text(sc.TOML.replace('title = "A small course"', f"title = \"A\"\ntoolkit = '{address}'"))
    with pytest.raises(CourseError, match="toolkit"):
        load_course(path)
    path.write_text(sc.TOML.replace('title = "A small course"', f'title = "A"\ntoolkit = "{ADDRESS}"'))
    assert load_course(path).toolkit == ADDRESS
