"""The command line of the teaching desk: collect, export, similarity, and what goes wrong with them."""

import csv
import json
import unicodedata
import zipfile

import pytest
import small_course as sc
from test_cli import at, at_sql, blank  # noqa: F401

from autograder import records

COPIED = """\
def add(a, b):
    total = 0
    for value in (a, b):
        if value > 0:
            total = total + value * 1
        else:
            total = total - abs(value)
    return total
"""


def zipped(path, entries):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in entries.items():
            archive.writestr(name, data)
    return str(path)


def test_what_moodle_exports_is_collected_and_graded(at):  # noqa: F811
    names = ("Ada King_12345", "Ольга Ким_48211", "田中_1001", unicodedata.normalize("NFD", "Łucja Żółć_1002"))
    entries = {f"{name}_assignsubmission_file_/hw1.ipynb": sc.notebook(sc.RIGHT) for name in names}
    entries["Py Person_82_assignsubmission_file_/hw1.py"] = b"x = 1"
    assert at.run("collect", zipped(at.folder / "m.zip", entries)) == 1
    assert "left alone: Py Person_82_assignsubmission_file_/hw1.py: is no notebook" in at.out
    assert "4 new, 0 replaced, 0 the same, 1 left alone" in at.out
    assert at.grade() == 0
    assert {name: row["hw1"] for name, row in at.grades().items()} == {
        unicodedata.normalize("NFC", name.rpartition("_")[0]): "10" for name in names
    }
    assert at.run("collect", zipped(at.folder / "m.zip", {k: v for k, v in entries.items() if "Py" not in k})) == 0
    assert "0 new, 0 replaced, 4 the same, 0 left alone" in at.out


def test_what_canvas_exports_is_collected(at):  # noqa: F811
    names = {"kingada_12345_67890_hw1-2.ipynb": b"1", "ng_LATE_12346_2_Homework.ipynb": b"2"}
    assert at.run("collect", "--hw", "1", zipped(at.folder / "c.zip", names)) == 0
    assert "kingada_12345/hw1" in at.out and "ng_12346/hw1" in at.out


@pytest.mark.parametrize(
    ("source", "says"),
    [
        ("", "what is to be collected? make collect FROM=downloads.zip"),
        ("missing.zip", "there is no"),
        ("course.toml", "neither a folder nor a zip file"),
        (".", "name the downloads alone"),
    ],
)
def test_what_cannot_be_collected_is_wrong_usage(at, source, says):  # noqa: F811
    at.hand_in("ada")
    assert at.run("collect", str(at.folder / source) if source else "") == 2
    assert says in at.err and "Traceback" not in at.err


def read(path):
    with open(path, encoding="utf-8", newline="") as file:
        return list(csv.reader(file))


def test_export_after_marking(at):  # noqa: F811
    at.hand_in("ada")
    at.hand_in("=cmd")
    at.grade()
    at_sql(at, "UPDATE grade SET manual_score = 2.25, needs_manual_grade = 0 WHERE auto_score IS NULL")
    (at.folder / "exam.csv").write_text("student,points\nada,25.5\n")
    assert at.run("export") == 0
    for name in ("moodle-hw1.csv", "canvas-hw1.csv", "moodle-exam.csv", "plain.csv"):
        assert name in at.out
    assert read(at.folder / "exports" / "moodle-hw1.csv")[1:] == [["'=cmd", "12.25", ""], ["ada", "12.25", ""]]
    assert read(at.folder / "exports" / "canvas-exam.csv")[2:] == [["ada", "", "", "ada", "", "25.5"]]
    results = at.folder / "exports" / "gradescope" / "hw1" / "ada" / "results.json"
    assert json.loads(results.read_text())["score"] == 12.25


def test_export_with_a_malformed_exam_writes_nothing(at):  # noqa: F811
    at.hand_in("ada")
    at.grade()
    (at.folder / "exam.csv").write_text("student,points\nghost,3\n")
    assert at.run("export") == 2
    assert "ghost" in at.err and not (at.folder / "exports").exists()


@pytest.mark.parametrize("command", ["export", "final", "feedback", "formgrader"])
def test_before_any_grading_there_is_a_sentence(at, command):  # noqa: F811
    (at.folder / "gradebook.db").unlink()
    assert at.run(command) == 2
    assert "run `make grade` first" in at.err


def test_similarity_names_the_pair_and_who_was_not_compared(at, monkeypatch):  # noqa: F811
    released = at.folder / "released.ipynb"
    released.write_bytes(sc.notebook())
    monkeypatch.setattr("autograder.provenance.released_notebook", lambda homework: released)
    for name in ("ada", "bob"):
        at.hand_in(name, sc.notebook(sc.STUBS, add=COPIED))
    at.hand_in("cyd", b"{")
    at.hand_in("dan")
    assert at.run("similarity", "--hw", "1") == 0
    assert "100 %  ada  bob" in at.out and "not compared: cyd" in at.out and "1 pair" in at.out
    assert (at.folder / "similarity" / "hw1.html").exists()
    assert at.run("similarity", "--hw", "9") == 2
    assert "the course has" in at.err
    assert at.run("similarity", "--hw", "hw1", "--submissions", str(at.folder / "nowhere")) == 2


def test_a_homework_is_known_by_its_number_too(at):  # noqa: F811
    at.hand_in("ada")
    assert at.grade("--hw", "1") == 0
    assert records.read_record(at.folder / "records", "hw1", "ada")["total"] == "10"


@pytest.mark.parametrize(("broken", "advice"), [("garbage", "move it away"), ("older", "nbgrader db upgrade")])
def test_a_database_that_cannot_be_used_says_what_to_do(at, broken, advice):  # noqa: F811
    at.hand_in("ada")
    at.grade()
    if broken == "older":
        at_sql(at, "ALTER TABLE grade DROP COLUMN extra_credit")
    else:
        (at.folder / "gradebook.db").write_bytes(b"no database at all" * 1000)
    before = (at.folder / "gradebook.db").read_bytes()
    for command in (["final"], ["export"], ["feedback"], ["formgrader", "--no-browser"]):
        assert at.run(*command) == 3
        assert advice in at.err and "Traceback" not in at.err
    assert at.grade("--force") == 3
    assert advice in at.out and at.record("ada")["total"] == "10"
    assert (at.folder / "gradebook.db").read_bytes() == before
