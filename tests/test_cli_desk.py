"""The command line of the teaching desk: collect, export, similarity, and what goes wrong with them."""

import csv
import json
import unicodedata
import zipfile

import pytest
import small_course as sc
from test_cli import at, at_sql, blank  # noqa: F401

from autograder import __main__ as cli
from autograder import records
from autograder.course import load_course

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
    with open(path, encoding="utf-8-sig", newline="") as file:
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


def test_other_years_are_called_by_their_year_and_none_stands_for_another(at, monkeypatch):  # noqa: F811
    released = at.folder / "released.ipynb"
    released.write_bytes(sc.notebook())
    monkeypatch.setattr("autograder.provenance.released_notebook", lambda homework: released)
    at.hand_in("ada", sc.notebook(sc.STUBS, add=COPIED))
    years = [at.folder / place for place in ("2024/submissions", "2025/submissions", "other/2025")]
    for year in years:
        path = year / "old" / "hw1" / "hw1.ipynb"
        path.parent.mkdir(parents=True)
        path.write_bytes(sc.notebook(sc.STUBS, add=COPIED))
    assert at.run("similarity", "--hw", "1", "--earlier", *map(str, years)) == 0
    for year in ("2024", "2025", str(years[2])):
        assert f"100 %  ada  old ({year})" in at.out
    assert "3 pairs are alike" in at.out
    assert at.run("similarity", "--hw", "1", "--earlier", str(at.folder / "2019")) == 2
    assert "2019 is no folder" in at.err


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


def due(at, when):  # noqa: F811
    """The course of the desk, with a deadline for hw1."""
    text = sc.TOML.replace(
        'title = "Numbers"\n', f'title = "Numbers"\n[homework.deadline]\ndue = {when}\npenalty_per_day = 1\n', 1
    )
    (at.folder / "course.toml").write_text(text)
    at.monkey.setattr(cli, "load_course", lambda: load_course(at.folder / "course.toml"))


def test_the_moment_of_collecting_is_said_and_at_says_better(at, monkeypatch):  # noqa: F811
    at.monkey = monkeypatch
    due(at, "2026-01-10T23:59:00Z")
    source = zipped(at.folder / "x.zip", {f"{name}/hw1.ipynb": sc.notebook(sc.RIGHT) for name in ("ada", "bob", "cyd")})
    assert at.run("collect", source) == 0
    assert (
        "handed in: 3 at the moment of collecting" in at.out and "LATE by the moment of collecting alone: 3" in at.out
    )
    assert at.run("collect", "--at", "2026-01-11T12:00", source) == 0
    assert "handed in: 3 as AT= says" in at.out and "LATE" not in at.out
    assert at.grade() == 0
    assert "1 d, -1" in at.out and at.grades()["ada"]["late"] == "-1"
    (at.folder / "log.csv").write_text("id;submitted at\nada;2026-01-10 20:00\nbob;2026-01-12 20:00\n")
    assert at.run("collect", "--log", str(at.folder / "log.csv"), source) == 0, "AT= is surer"
    assert at.grade() == 0 and at.grades()["ada"]["late"] == "-1"
    assert at.run("collect", "--at", "10/11/2026", source) == 2
    assert "AT=10/11/2026 is no date and time" in at.err


def test_without_a_roster_an_extension_of_nobody_is_a_warning_with_one_an_error(at, monkeypatch):  # noqa: F811
    at.monkey = monkeypatch
    due(at, "2026-01-10T23:59:00Z")
    at.hand_in("ada")
    (at.folder / "extensions.csv").write_text("student;homework;until\nadda;hw1;2026-01-20 23:59\n")
    assert at.grade() == 0
    assert "'adda' has an extension of hw1 and handed in nothing; is the name right?" in at.out
    (at.folder / "roster.csv").write_text("id\nada\n")
    for command in (["grade"], ["final"], ["export"], ["feedback"], ["return", "--hw", "1"]):
        assert at.run(*command) == 2
        assert "line 2: nobody called 'adda' is on the roster; is 'ada' meant?" in at.err


def test_the_roster_at_the_command_line(at):  # noqa: F811
    (at.folder / "roster.csv").write_text("ID\tName\nada\tAda\nbob\tBob\n", encoding="utf-16")
    source = zipped(at.folder / "x.zip", {f"{name}/hw1.ipynb": sc.notebook(sc.RIGHT) for name in ("ada", "eve")})
    assert at.run("collect", source) == 1
    assert "left alone: eve/hw1.ipynb: 'eve' is not on the roster" in at.out
    assert at.run("collect", "--unknown", "take", source) == 0
    assert at.grade() == 0
    assert "not on the roster: eve" in at.out and "handed in nothing" in at.out
    assert set(at.grades()) == {"ada", "bob", "eve"} and at.grades()["bob"]["hw1"] == "0"
    assert at.run("export") == 0
    rows = read(at.folder / "exports" / "plain.csv")
    assert [row[:3] for row in rows[1:]] == [["ada", "hw1", "10"], ["bob", "hw1", "0"], ["eve", "hw1", "10"]]
    assert rows[2][5] == "hw1 was not handed in"
    (at.folder / "roster.csv").write_text("id\n.\na/b\n")
    for command in (["grade"], ["final"], ["export"], ["collect", source]):
        assert at.run(*command) == 2
        assert "line 2: the id is empty" in at.err and "line 3: the id has a slash" in at.err


def test_letters_of_another_script_are_a_warning_where_folders_were_made_by_hand(at):  # noqa: F811
    for name in ("ada", "ада"):
        at.hand_in(name)
    assert at.grade() == 0
    assert "'ada' looks like 'ада' in letters of another script" in at.out


def test_a_table_of_the_platform_is_filled(at):  # noqa: F811
    at.hand_in("ada")
    at.grade()
    (at.folder / "book.csv").write_text("ID number,Grade\nada,\nbob,\n")
    book = str(at.folder / "book.csv")
    assert at.run("export", "--into", book, "--hw", "1") == 2
    assert "INTO= needs HW=" in at.err
    at_sql(at, "UPDATE grade SET manual_score = 2, needs_manual_grade = 0 WHERE auto_score IS NULL")
    assert at.run("export", "--into", book, "--hw", "1") == 0
    assert read(at.folder / "exports" / "book-filled.csv") == [["ID number", "Grade"], ["ada", "12"], ["bob", ""]]
