"""The scoreboard: it grows from notebook to notebook, and neither a bad file nor a read-only folder stops anybody."""

import json
import math
import subprocess
import sys

import dgm
import pytest
import torch
from dgm import scores

DIGITS = {"homework": 1, "data": "digits", "unit": "nats per image"}


@pytest.fixture
def board(monkeypatch, tmp_path):
    """The file of a scoreboard of its own; `restart` is a new kernel."""
    monkeypatch.setattr(scores, "scoreboard_path", lambda: tmp_path / "scoreboard.json")
    monkeypatch.setattr(scores, "_session", {})
    return tmp_path / "scoreboard.json"


def restart(monkeypatch):
    monkeypatch.setattr(scores, "_session", {})


def test_the_next_notebook_shows_what_the_first_one_reached(board, monkeypatch, capsys):
    dgm.scoreboard(**DIGITS, models={"MADE": (18.3, "exact"), "independent pixels": (25.4, "exact")})
    restart(monkeypatch)
    capsys.readouterr()
    later = DIGITS | {"homework": 2}
    dgm.scoreboard(**later, models={"VAE": (torch.tensor(18.42), "bound"), "IWAE": (17.5, "estimate")})
    assert capsys.readouterr().out.splitlines() == [
        "digits: nats per image, lower is better",
        "  IWAE                  ≈ 17.50  estimate  homework 2",
        "  MADE                  = 18.30  exact     homework 1",
        "  VAE                   ≤ 18.42  bound     homework 2",
        "  independent pixels    = 25.40  exact     homework 1",
    ]


def test_a_model_has_one_row_and_other_data_and_units_stand_apart(board, capsys):
    dgm.scoreboard(**DIGITS, models={"MADE": (20.0, "exact")})
    dgm.scoreboard(**(DIGITS | {"data": "clothes"}), models={"MADE": (9.0, "exact")})
    dgm.scoreboard(**(DIGITS | {"unit": "bits per dimension"}), models={"MADE": (0.4, "exact")})
    capsys.readouterr()
    dgm.scoreboard(**DIGITS, models={"MADE": (18.0, "exact")})
    assert capsys.readouterr().out.splitlines()[1:] == ["  MADE    = 18.00  exact     homework 1"]
    assert len(scores.read(board)) == 3
    dgm.scoreboard(**(DIGITS | {"homework": 2}), models={"MADE": (17.0, "exact")})
    assert capsys.readouterr().out.splitlines()[1:] == ["  MADE    = 17.00  exact     homework 1"]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"unit": "nats"}, "unit must be one of nats per image, bits per dimension, got 'nats'"),
        ({"models": {"MADE": (18.0, "lower bound")}}, "kind must be one of exact, bound, estimate"),
        ({"models": {"right": (18.0, "exact"), "MADE": (math.nan, "exact")}}, "value must be a finite number"),
        ({"models": {"MADE": (math.inf, "bound")}}, "value must be a finite number"),
        ({"homework": "hw1"}, "homework must be a whole number"),
        ({"data": ""}, "model and data must be texts"),
    ],
)
def test_what_is_no_score_is_refused_and_nothing_is_kept(board, change, words):
    with pytest.raises(ValueError, match=words):
        dgm.scoreboard(**(DIGITS | {"models": {"MADE": (18.0, "exact")}} | change))
    assert not board.exists() and not scores._session


@pytest.mark.parametrize("text", ["", "no json", "{}", "7", '[1, {"model": "x"}, null]', '[{"homework": 1'])
def test_a_damaged_file_is_begun_anew(board, text):
    board.write_text(text)
    dgm.scoreboard(**DIGITS, models={"MADE": (18.0, "exact")})
    assert [row.model for row in scores.read(board).values()] == ["MADE"]


def test_good_rows_of_a_damaged_file_stay(board):
    dgm.scoreboard(**DIGITS, models={"MADE": (18.0, "exact")})
    rows = json.loads(board.read_text())
    board.write_text(json.dumps([rows[0] | {"model": 3}, rows[0] | {"value": None}, rows[0], rows[0] | {"more": 1}]))
    assert [row.value for row in scores.read(board).values()] == [18.0]


def test_where_nothing_can_be_written_the_kernel_remembers(board, monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(scores, "scoreboard_path", lambda: tmp_path / "nowhere" / "scoreboard.json")
    dgm.scoreboard(**DIGITS, models={"MADE": (18.0, "exact")})
    dgm.scoreboard(**DIGITS, models={"PixelCNN": (17.0, "exact")})
    shown = capsys.readouterr().out
    assert shown.count("MADE") == 2 and "Kept until the kernel stops" in shown


def test_a_write_that_fails_leaves_the_old_file_and_no_other(board, monkeypatch, tmp_path):
    dgm.scoreboard(**DIGITS, models={"MADE": (18.0, "exact")})
    before = board.read_text()

    def refuse(*_):
        raise PermissionError

    monkeypatch.setattr(scores.os, "replace", refuse)
    dgm.scoreboard(**DIGITS, models={"PixelCNN": (17.0, "exact")})
    assert board.read_text() == before and list(tmp_path.iterdir()) == [board]


def test_it_lies_beside_the_toolkit_or_the_homework(monkeypatch, tmp_path):
    assert scores.scoreboard_path().parent.name == "homeworks"
    monkeypatch.setattr(scores, "__file__", str(tmp_path / "site-packages" / "dgm" / "scores.py"))
    (tmp_path / "course" / "hw3").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "course" / "hw3")
    assert scores.scoreboard_path() == tmp_path / "course" / "scoreboard.json"
    monkeypatch.chdir(tmp_path / "course")
    assert scores.scoreboard_path() == tmp_path / "course" / "scoreboard.json"


def test_a_notebook_gets_a_table_in_which_names_are_text(board, monkeypatch):
    shown = []
    monkeypatch.setattr(scores, "show", lambda text, html: shown.append(html))
    dgm.scoreboard(**DIGITS, models={"old": (18.0, "exact")})
    dgm.scoreboard(**DIGITS, models={"<b>new</b>": (-2.0, "bound")})
    assert "&lt;b&gt;new&lt;/b&gt;" in shown[-1] and "<b>new" not in shown[-1]
    rows = [row for row in shown[-1].split("<tr")[1:]]
    assert "bold" in rows[0] and "≤ -2.000" in rows[0] and "width: 0px" in rows[0]
    assert "normal" in rows[1] and "= 18.00" in rows[1] and "width: 160px" in rows[1]


def test_importing_the_toolkit_writes_nothing(tmp_path):
    probe = "import dgm.scores, pathlib; print(dgm.scores.scoreboard_path().exists())"
    before = scores.scoreboard_path().exists()
    done = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, cwd=tmp_path)
    assert done.stdout.strip() == str(before), done.stderr
