"""`python -m autograder`: what it writes, what it says, and how it ends."""

import csv
import json
import os
import sqlite3
import subprocess
import sys
from fractions import Fraction

import pytest
import small_course as sc

from autograder import __main__ as cli
from autograder import provenance, records
from autograder.course import ROOT, load_course
from autograder.desk import demo
from autograder.desk import whole_class as desk
from autograder.intake import submissions
from autograder.intake.submissions import find_submissions, student_id_problem
from autograder.judging import batch, grading
from autograder.marks.gradebook import Book, sqlite_url
from autograder.sandbox import SandboxError, sandbox_problem

HALF = {**sc.RIGHT, "add": "def add(a, b):\n    return a + b + (b == 0)"}


@pytest.fixture(scope="module")
def blank(tmp_path_factory):
    folder = tmp_path_factory.mktemp("blank")
    Book(sqlite_url(folder / "gradebook.db"), sc.course_in(folder)).close()
    return (folder / "gradebook.db").read_bytes()


class Desk:
    """A course in a folder, and the command line on it. `guest` counts what is really run."""

    def __init__(self, folder, course, guest, capsys):
        self.folder, self.course, self.guest, self.capsys = folder, course, guest, capsys

    def hand_in(self, student, data=None, homework="hw1", name=None):
        path = self.folder / "submissions" / student / homework / (name or f"{homework}.ipynb")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(sc.notebook(sc.RIGHT) if data is None else data)
        return path

    def run(self, *arguments):
        code = cli.main([*arguments, "--output", str(self.folder)])
        self.out, self.err = self.capsys.readouterr()
        return code

    def grade(self, *arguments):
        return self.run("grade", "--jobs", "1", *arguments)

    def record(self, student):
        return records.read_record(self.folder / "records", "hw1", student)

    def written(self):
        """When each page and record was last written: a run that finds nothing new leaves all of them."""
        kept = ("records", "autograded", "feedback")
        files = [path for folder in kept for path in (self.folder / folder).rglob("*") if path.is_file()]
        return {path: path.stat().st_mtime_ns for path in files}

    def grades(self):
        with open(self.folder / "grades.csv", encoding="utf-8-sig", newline="") as file:
            return {row["student"]: row for row in csv.DictReader(file)}


@pytest.fixture
def at(tmp_path, monkeypatch, capsys, blank):
    course, guest = sc.course_in(tmp_path), sc.Guest()
    guest.isolation = "bubblewrap"
    material = sc.material_of(course)
    (tmp_path / "gradebook.db").write_bytes(blank)
    monkeypatch.setattr(cli, "load_course", lambda: course)
    monkeypatch.setattr("autograder.course.load_course", lambda: course)
    monkeypatch.setattr("autograder.sandbox.sandbox_problem", lambda: None)
    monkeypatch.setattr(grading, "load_material", lambda homework: material)
    monkeypatch.setattr(provenance, "fingerprints", lambda homework: dict(material.fingerprints))
    monkeypatch.setattr(batch, "open_sandbox", lambda isolation: guest)
    monkeypatch.setattr(batch, "process_pool", lambda workers: sc.Inline())
    made = Desk(tmp_path, course, guest, capsys)
    made.material = material
    return made


# --- a class


def test_a_class_is_graded_and_everything_written(at):
    at.hand_in("ada")
    at.hand_in("bob", sc.notebook(HALF))
    at.hand_in("zoë", sc.notebook())
    assert at.grade() == 0
    assert [at.record(name)["total"] for name in ("ada", "bob", "zoë")] == ["10", "8.5", "0"]
    assert {name: row["hw1"] for name, row in at.grades().items()} == {"ada": "10", "bob": "8.5", "zoë": "0"}
    assert "not marked yet" in at.grades()["ada"]["provisional"]
    assert all((at.folder / "feedback" / name / "hw1.html").exists() for name in ("ada", "bob", "zoë"))
    for said in ("ada", "8.5", "4 passed", "●●", "◐●", "··"):
        assert said in at.out
    assert "\x1b" not in at.out + at.err


def test_one_bad_submission_is_named_and_stops_nobody(at):
    at.hand_in("ada")
    at.hand_in("bob", b"{ not json")
    assert at.grade() == 1
    assert at.record("ada")["total"] == "10"
    assert (at.record("bob")["state"], at.record("bob")["total"]) == ("ungraded", None)
    assert "bob/hw1" in at.out
    assert "not valid JSON" in at.out
    assert "hw1 could not be graded" in at.grades()["bob"]["provisional"]


def test_what_has_not_changed_is_not_graded_again(at):
    at.hand_in("ada")
    at.hand_in("bob", b"{")
    at.grade()
    sessions, written = at.guest.sessions, at.written()
    assert at.grade() == 1
    assert at.guest.sessions == sessions
    assert "2 of 2 unchanged" in at.out
    assert at.written() == written
    assert at.grade("--force") == 1
    assert at.guest.sessions > sessions


@pytest.mark.parametrize("what", ["submission", "seed", "checks"])
def test_what_changed_is_graded_again_and_says_why(at, what):
    at.hand_in("ada", sc.notebook(HALF))
    at.hand_in("bob", sc.notebook(HALF))
    at.grade()
    more = []
    if what == "submission":
        at.hand_in("ada")
    elif what == "seed":
        more = ["--seed", "5"]
    else:
        at.material.fingerprints["checks"] = "c1"
    assert at.grade(*more) == 0
    assert what in at.out.split("graded again")[1]
    if what == "submission":
        assert "add 4.5→6" in at.out
        assert "1 of 2 unchanged" in at.out
    if what == "seed":
        assert at.record("ada")["provenance"]["seed"] == 5


def test_a_regrade_after_marking_keeps_the_mark_and_flags_a_changed_answer(at):
    at.hand_in("ada", sc.notebook(HALF, answer="Because."))
    at.grade()
    at_sql(at, "UPDATE grade SET manual_score = 3, needs_manual_grade = 0 WHERE auto_score IS NULL")
    assert at.grade("--force") == 0
    assert "not marked" not in at.grades()["ada"]["provisional"]
    assert at.grades()["ada"]["hw1"] == "11.5"
    at.hand_in("ada", sc.notebook(sc.RIGHT, answer="Because of that."))
    at.grade()
    assert at.grades()["ada"]["hw1"] == "13"
    assert "t1 changed since marked" in at.grades()["ada"]["provisional"]


def at_sql(at, statement):
    with sqlite3.connect(at.folder / "gradebook.db") as database:
        database.execute(statement)


def test_a_broken_check_is_the_grader_s_fault(at):
    def broken(grade):
        """never works"""
        raise KeyError("ours")

    at.material.checks["twice"] = (sc.check("twice", broken, 4),)
    at.hand_in("ada")
    assert at.grade() == 3
    assert at.record("ada")["fault"] == "grader"
    assert "grader's fault" in at.out
    at.material.checks["twice"] = (sc.check("twice", sc.doubled, 4),)
    assert at.grade() == 0, "what the grader broke is graded again without being asked"


def test_a_locked_gradebook_keeps_the_records_and_the_next_run_catches_up(at, monkeypatch):
    monkeypatch.setattr(desk, "Book", lambda url, course: Book(url, course, lock_seconds=0.2))
    at.hand_in("ada")
    at.hand_in("bob")
    other = sqlite3.connect(at.folder / "gradebook.db", isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    assert at.grade() == 3
    assert "locked" in at.out
    assert at.record("bob")["total"] == "10"
    other.execute("ROLLBACK")
    sessions = at.guest.sessions
    assert at.grade() == 0
    assert at.guest.sessions == sessions
    assert at.grades()["bob"]["hw1"] == "10"


def test_a_damaged_record_is_replaced(at):
    at.hand_in("ada")
    at.grade()
    path = at.folder / "records" / "hw1" / "ada.json"
    path.write_text(path.read_text()[:100])
    assert at.grade() == 0
    assert json.loads(path.read_text())["total"] == "10"


def test_a_grader_that_cannot_start_grades_nothing(at, monkeypatch):
    def missing(homework):
        raise FileNotFoundError("test_add.py is missing")

    monkeypatch.setattr(grading, "load_material", missing)
    at.hand_in("ada")
    assert at.grade() == 3
    assert "test_add.py is missing" in at.err
    assert not (at.folder / "records").exists()


def test_names_and_sentences_cannot_play_tricks_in_the_terminal(at):
    at.hand_in("[red]ada")
    at.hand_in("bob", b"{", name="hw1.ipynb")
    at.hand_in("eve", name="hw1 [bold]\x1b[2J.ipynb")
    assert at.grade() == 1
    assert "[red]ada" in at.out
    assert "\x1b" not in at.out + at.err


# --- where things are looked for


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("hw1 (2).ipynb", "rename it to hw1.ipynb"),
        ("HW1.ipynb", "rename it to hw1.ipynb"),
        ("hw1.py", "ask for the notebook"),
        ("hw1.zip", "ask for the notebook"),
    ],
)
def test_a_file_of_another_name_is_reported_with_what_to_do(at, name, says):
    at.hand_in("ada", name=name)
    assert at.grade() == 1
    assert name in at.out
    assert says in at.out
    assert at.record("ada")["state"] == "ungraded"


def test_two_notebooks_neither_of_the_right_name(at):
    at.hand_in("ada", name="a.ipynb")
    at.hand_in("ada", name="b.ipynb")
    assert at.grade() == 1
    assert "rename the one that counts" in at.out


def test_the_right_name_beside_others_is_graded_and_the_others_are_named(at):
    at.hand_in("ada")
    at.hand_in("ada", b"{", name="hw1-Copy1.ipynb")
    (at.folder / "submissions" / "ada" / "hw1" / ".ipynb_checkpoints").mkdir()
    assert at.grade() == 0
    assert "hw1-Copy1.ipynb" in at.out


def test_folders_that_are_not_where_they_should_be(at):
    at.hand_in("ada", homework="HW1", name="hw1.ipynb")
    at.hand_in("bob", homework="hw9")
    (at.folder / "submissions" / "cyd" / "hw1").mkdir(parents=True)
    (at.folder / "submissions" / "loose.ipynb").write_bytes(sc.notebook())
    (at.folder / "submissions" / "notes.txt").write_text("for me")
    assert at.grade() == 1
    for said in (
        "rename 'HW1' to 'hw1'",
        "'hw9' is no homework",
        "is empty",
        "loose.ipynb: this file is no student's folder",
    ):
        assert said in at.out
    assert "notes.txt" not in at.out


def test_links_that_lead_elsewhere_are_refused(at):
    secret = at.hand_in("ada")
    theirs = at.folder / "submissions" / "eve" / "hw1"
    theirs.mkdir(parents=True)
    (theirs / "hw1.ipynb").symlink_to(secret)
    (at.folder / "submissions" / "mal").symlink_to(secret.parent.parent)
    assert at.grade() == 1
    assert "leads out of the student's folder" in at.out
    assert at.record("eve")["state"] == "ungraded"
    assert "this folder is a link" in at.out


def test_a_folder_that_cannot_be_read_stops_nobody(at, monkeypatch):
    at.hand_in("ada")
    at.hand_in("bob")
    look = submissions._of_student

    def refuse(folder, student, *rest):
        if student == "ada":
            raise PermissionError(13, "Permission denied")
        return look(folder, student, *rest)

    monkeypatch.setattr(submissions, "_of_student", refuse)
    assert at.grade() == 1
    assert "Permission denied" in at.out
    assert at.record("bob")["total"] == "10"


def test_a_pipe_is_not_waited_for(at):
    folder = at.folder / "submissions" / "ada" / "hw1"
    folder.mkdir(parents=True)
    os.mkfifo(folder / "hw1.ipynb")
    assert at.grade() == 1
    assert "not an ordinary file" in at.out


@pytest.mark.parametrize(
    "name", ["..", ".ada", "a/b", "a\\b", "a\nb", "a\x1b[2J", "a\u202eb", " ada", "a" * 129, "ж" * 120, "", "\udcff"]
)
def test_ids_that_are_refused(name):
    assert student_id_problem(name)


@pytest.mark.parametrize("name", ["ada", "s-123.b_c", "Łucja Żak", "田中", "o'neil", "a@b.org", "=cmd"])
def test_ids_that_are_not(name):
    assert student_id_problem(name) is None


def test_ids_that_cannot_be_told_apart_are_reported_and_not_graded(at):
    for name in ("ada", "Ada", "zoe\u0308", "zoë", "bob"):
        at.hand_in(name)
    assert at.grade() == 1
    assert at.record("bob")["state"] == "graded"
    assert [at.record(name)["state"] for name in ("ada", "Ada", "zoë")] == ["ungraded"] * 3
    assert "differ only in case" in at.out


def test_a_name_that_is_refused_is_reported(at):
    at.hand_in(".hidden")
    at.hand_in("bob")
    assert at.grade() == 1
    assert "begins with a dot" in at.out


# --- wrong usage


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--hw", "hw7"], "the course has: hw1, hw2"),
        (["--hw", "hw2"], "planned"),
        (["--hw", "../hw1"], "the course has: hw1, hw2"),
        (["--student", "nobody"], "there are: ada"),
        (["--student", "../ada"], "there are: ada"),
        (["--submissions", "/no/such/folder"], "there is no folder"),
        (["--jobs", "0"], "number of processes"),
        (["--jobs", "two"], "number of processes"),
        (["--seed", "-1"], "whole number"),
        (["--isolation", "hope"], "bubblewrap"),
        (["--nonsense"], "nonsense"),
    ],
)
def test_wrong_usage_ends_with_2_and_a_sentence(at, arguments, says):
    at.hand_in("ada")
    assert at.grade(*arguments) == 2
    assert says in at.err
    assert "Traceback" not in at.err
    assert at.guest.sessions == 0


def test_one_student_alone(at):
    at.hand_in("ada")
    at.hand_in("bob")
    assert at.grade("--student", "bob", "--hw", "hw1") == 0
    assert at.record("ada") is None
    assert at.record("bob")["total"] == "10"


def test_usage_errors_import_neither_torch_nor_nbgrader():
    program = "import sys; from autograder.__main__ import main; code = main(['grade', '--hw', 'hw99']); "
    program += "assert not {'torch', 'nbgrader', 'rich'} & set(sys.modules); sys.exit(code)"
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "hw99" in done.stderr


def test_without_a_sandbox_real_submissions_are_refused(at, monkeypatch):
    def refuse(isolation):
        raise SandboxError("bubblewrap is missing; install it")

    monkeypatch.setattr(batch, "open_sandbox", refuse)
    at.hand_in("ada")
    assert at.grade() == 3
    assert "install it (ISOLATION=none" in at.err
    assert at.guest.sessions == 0


def test_isolation_none_is_loud_and_recorded(at, monkeypatch):
    monkeypatch.setattr("autograder.sandbox.sandbox_problem", lambda: "bubblewrap is missing; install it")
    at.guest.isolation = "none"
    at.hand_in("ada")
    assert at.grade("--isolation", "none") == 0
    assert "***" in at.err
    assert at.record("ada")["provenance"]["isolation"] == "none"


@pytest.fixture
def demo_class(monkeypatch):
    """A demo class of two: one who solved the small course's homework, and one whose file is broken."""

    def write_class(folder, course, homeworks):
        for name, data in (("demo-student", sc.notebook(sc.RIGHT)), ("broken", b"{")):
            path = folder / name / "hw1" / "hw1.ipynb"
            path.parent.mkdir(parents=True)
            path.write_bytes(data)

    monkeypatch.setattr(demo, "write_class", write_class)
    members = (demo.Member("demo-student", "", dict), demo.Member("broken", "", dict, readable=False))
    monkeypatch.setattr(demo, "members", lambda homework: members)
    monkeypatch.setattr(demo, "expected_points", lambda member, homework: Fraction(10) if member.readable else None)


def test_only_the_demo_falls_back_and_says_so(at, monkeypatch, demo_class):
    monkeypatch.setattr("autograder.sandbox.sandbox_problem", lambda: "bubblewrap is missing; install it")
    at.guest.isolation = "none"
    assert at.grade() == 0
    assert "grading a demo class" in at.out
    assert "WITHOUT isolation" in at.err
    assert "Every member of the demo class got what they should" in at.out
    record = records.read_record(at.folder / "build" / "demo" / "records", "hw1", "demo-student")
    assert record["provenance"]["isolation"] == "none"
    assert not (at.folder / "records").exists()


def test_a_demo_class_that_comes_out_otherwise_is_the_grader_s_fault(at, monkeypatch, demo_class):
    monkeypatch.setattr(demo, "expected_points", lambda member, homework: Fraction(9))
    assert at.grade() == 3
    assert "demo-student/hw1 should get 9 and got 10" in at.out
    assert "broken/hw1 should get 9 and got no points" in at.out


def test_the_whole_way_with_real_processes_and_the_real_homework(tmp_path):
    """A submission with nothing in it and a file that is no notebook: through the pool, the sandbox and the checks."""
    released = provenance.released_notebook(load_course().homework("hw1")).read_bytes()
    for name, data in (("ada", released), ("bob", b"{")):
        path = tmp_path / "submissions" / name / "hw1" / "hw1.ipynb"
        path.parent.mkdir(parents=True)
        path.write_bytes(data)
    command = [sys.executable, "-m", "autograder", "grade", "--jobs", "1", "--output", str(tmp_path)]
    command += ["--isolation", "none"] if sandbox_problem() else []
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 1, done.stderr
    ada = records.read_record(tmp_path / "records", "hw1", "ada")
    assert (ada["total"], ada["fault"]) == ("0", "")
    assert {check["state"] for check in ada["checks"]} == {"not-attempted"}
    assert "bob/hw1" in done.stdout
    assert "graded 2 of 2" in done.stderr


# --- closing


def test_final_prints_and_writes(at):
    at.hand_in("ada")
    at.grade()
    at_sql(at, "UPDATE grade SET manual_score = 3, needs_manual_grade = 0 WHERE auto_score IS NULL")
    (at.folder / "exam.csv").write_text("student,points\nada,26\n")
    assert at.run("final") == 0
    assert at.grades()["ada"]["grade"] == "2.875"
    assert "hw2 not yet given: ada" in at.out
    assert "2*" in at.out


def test_final_before_any_grading(at):
    (at.folder / "gradebook.db").unlink()
    assert at.run("final") == 2
    assert "run `make grade` first" in at.err


@pytest.mark.parametrize("text", ["student\nada\n", "student,points\nghost,3\n", "student,points\nada,99\n"])
def test_final_with_a_malformed_exam_writes_nothing(at, text):
    at.hand_in("ada")
    at.grade()
    before = (at.folder / "grades.csv").read_bytes()
    (at.folder / "marks.csv").write_text(text)
    assert at.run("final", "--exam", str(at.folder / "marks.csv")) == 2
    assert "line" in at.err
    assert (at.folder / "grades.csv").read_bytes() == before


def test_grading_goes_on_with_a_malformed_exam(at):
    at.hand_in("ada")
    (at.folder / "exam.csv").write_text("nonsense")
    assert at.grade() == 0
    assert "exam is left out" in at.out
    assert at.grades()["ada"]["hw1"] == "10"


def test_feedback_is_written_anew_with_the_marks(at):
    at.hand_in("ada")
    at.grade()
    at_sql(at, "UPDATE grade SET manual_score = 2, needs_manual_grade = 0 WHERE auto_score IS NULL")
    assert at.run("feedback") == 0
    assert "2 / 3" in (at.folder / "feedback" / "ada" / "hw1.html").read_text()


def test_litter_is_no_submission(at):
    at.hand_in("ada")
    for name in (".ipynb_checkpoints", "__MACOSX"):
        (at.folder / "submissions" / name).mkdir()
    found = find_submissions(at.folder / "submissions", at.course.given, ["hw1", "hw2"])
    assert [submission.student for submission in found] == ["ada"]
