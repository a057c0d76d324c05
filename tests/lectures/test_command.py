"""`python -m lectures`: what is missing is named, the rest is done, and the exit code says which."""

import sys

import pytest
import torch

from lectures import __main__ as command
from lectures import environment
from lectures.build import lectures
from lectures.environment import CHROMIUM_IS_MISSING, NODE_IS_MISSING, MissingError
from lectures.figures import shake


@pytest.fixture
def run(monkeypatch, tmp_path, capsys):
    """Runs the command on a site of one page in tmp_path; returns exit code, output and errors."""
    (tmp_path / "html").mkdir()
    (tmp_path / "html" / "index.html").write_text('<p id="a"><a href="#a">here</a></p>')
    monkeypatch.setattr(command, "ROOT", tmp_path)
    monkeypatch.setattr(command, "HTML", tmp_path / "html")
    monkeypatch.setattr(command, "html", lambda **settings: True)

    def no_chromium():
        raise MissingError(CHROMIUM_IS_MISSING)

    monkeypatch.setattr(environment, "chromium", no_chromium)

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["lectures", *arguments])
        code = command.main()
        return code, *capsys.readouterr()

    return run


def test_a_build_says_where_the_site_is(run):
    assert run("build") == (0, "lectures: html/index.html\n", "")


def test_without_node_the_site_is_built_and_the_formulas_are_missed(run, monkeypatch):
    monkeypatch.setattr(command, "html", lambda **settings: False)
    code, out, err = run("build")
    assert code == 1 and "html/index.html" in out
    assert NODE_IS_MISSING in err and "apt-get install nodejs npm" in err


def test_cells_run_shaken_beside_the_site_and_its_cells(run, monkeypatch):
    asked = {}
    monkeypatch.setattr(command, "html", lambda **settings: asked.update(settings) or True)
    code, out, _ = run("shaken", "--seed", "3")
    assert code == 0 and "seed 3" in out
    assert asked["settings"]["LECTURES_SHAKEN"] == "3" and asked["target"] != command.HTML
    assert asked["settings"]["LECTURES_CACHE"].endswith("cache-shaken-3")


def test_shaken_steps_make_errors_of_the_size_of_rounding():
    weights = torch.nn.Parameter(torch.ones(1000))
    weights.grad = torch.zeros(1000)
    step = torch.optim.SGD([weights], lr=0.1).step
    step()
    assert (weights == 1).all()
    shaking = shake(seed=0)
    try:
        step()
    finally:
        shaking.remove()
    errors = (weights - 1).abs()
    assert (errors > 0).double().mean() > 0.5 and errors.max() < 1e-6


def test_without_chromium_the_text_is_checked(run):
    code, out, err = run("check")
    assert code == 1 and "1 pages, nothing wrong" in out
    assert "apt-get install chromium" in err and "not looked at in a browser" in err


def test_what_is_wrong_is_listed(run, tmp_path):
    (tmp_path / "html" / "index.html").write_text('<a href="gone.html">there</a>')
    code, out, err = run("check")
    assert code == 2 and "1 things wrong" in out and "index.html: gone.html leads nowhere" in err


def test_without_chromium_there_is_no_pdf(run):
    code, _, err = run("pdf")
    assert code == 2 and CHROMIUM_IS_MISSING in err


def test_a_lecture_that_is_not_written_is_named(run):
    code, _, err = run("build", "--lecture", "99")
    assert code == 2 and f"there is no lecture 99 yet; written are {', '.join(lectures())}" in err


def test_a_bank_that_cannot_fill_a_ticket_ends_with_its_sentence(run):
    code, _, err = run("exam", "--tickets", "0")
    assert code == 2 and "an exam needs at least one ticket, not 0" in err


def test_the_table_has_a_line_for_every_lecture(run):
    code, out, _ = run("table")
    assert code == 0 and [line.split("|")[1].strip() for line in out.splitlines()[2:]] == lectures()


def test_packages_that_cannot_be_installed_are_named(monkeypatch, tmp_path):
    place = tmp_path / "venv"
    (place / "bin").mkdir(parents=True)
    (place / "bin" / "python").write_text("#!/bin/sh\nexit 1\n")
    (place / "bin" / "python").chmod(0o755)
    (place / "lib" / f"python{sys.version_info[0]}.{sys.version_info[1]}" / "site-packages").mkdir(parents=True)
    monkeypatch.setattr(environment, "VENV", place)
    monkeypatch.setattr(environment, "ROOT", tmp_path)
    monkeypatch.setattr(environment, "pins", lambda: ["nothing==1"])
    assert environment.problem() == "the lectures' packages are not installed (make lectures installs them)"
    with pytest.raises(MissingError, match="pip could not install the lectures' packages"):
        environment.python()
    assert not (place / "ready").exists()
