"""A notebook that is alone: its first cell gets the toolkit from the course's address."""

import subprocess
import sys

import nbformat
import pytest
import small_course as sc

from autograder.course import CourseError, load_course
from autograder.provenance import released_notebook
from autograder.releasing import stubs
from autograder.releasing.reference import ReleaseError

ADDRESS = "https://course.example.org/files/dgm-0.1.0-py3-none-any.whl"


def released():
    return nbformat.read(released_notebook(load_course().homework("hw1")), as_version=4)


def test_the_first_cell_installs_what_is_missing_and_nothing_else(tmp_path, monkeypatch):
    notebook = released()
    before = [cell.source for cell in notebook.cells]
    stubs._install_toolkit(notebook, ADDRESS)
    changed = [cell.source for cell, old in zip(notebook.cells, before, strict=True) if cell.source != old]
    assert len(changed) == 1 and changed[0].count(ADDRESS) == 1
    block = changed[0][changed[0].index("try:") : changed[0].index("from dgm import check")]
    monkeypatch.setattr(subprocess, "run", lambda command, check: asked.append((command, check)))
    asked: list = []
    exec(block, {"sys": sys})  # the toolkit is here: nothing is installed
    assert asked == []
    monkeypatch.setitem(sys.modules, "dgm", None)  # as where it is not
    with pytest.raises(ModuleNotFoundError):
        exec(block, {"sys": sys})
    assert asked == [([sys.executable, "-m", "pip", "install", "-q", ADDRESS], True)]


def test_two_cells_that_import_the_toolkit_are_refused():
    notebook = released()
    notebook.cells.append(nbformat.v4.new_code_cell("x = 1\nimport dgm\n"))
    with pytest.raises(ReleaseError, match="2 cells"):
        stubs._install_toolkit(notebook, ADDRESS)


@pytest.mark.parametrize("address", ["http://x.org/dgm-1.whl", "https://x.org/other-1.whl", 'https://x"/dgm-1.whl', ""])
def test_an_address_that_is_none(tmp_path, address):
    path = tmp_path / "course.toml"
    path.write_text(sc.TOML.replace('title = "A small course"', f"title = \"A\"\ntoolkit = '{address}'"))
    with pytest.raises(CourseError, match="toolkit"):
        load_course(path)
    path.write_text(sc.TOML.replace('title = "A small course"', f'title = "A"\ntoolkit = "{ADDRESS}"'))
    assert load_course(path).toolkit == ADDRESS
