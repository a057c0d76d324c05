"""A whole term at the desk: three homeworks on three platforms, and at its end the right mark of everybody.

    .venv/bin/python tests/desk_term.py       or, with everything else, tests/test_desk_term.py

Moodle, Canvas and Blackboard name the same seven people in their own ways. Between them lie both nights in which clocks
change, an extension, a stranger, a team of two, a student who marries, one who is absent from the exam and one who only
sits it, a late file behind one in time, and a check that was wrong and is put right when theory is marked already.
Student code is run by a guest in this process: everything else is what `make` runs. The right marks were added up by
hand, in the table at the end.
"""

import csv
import sqlite3
import sys
import zipfile
from pathlib import Path

import pytest
import small_course as sc
from test_cli import Desk, blank  # noqa: F401

from autograder import __main__ as cli
from autograder import provenance, records
from autograder.checking import number
from autograder.course import load_course
from autograder.judging import batch, grading

HALF = {**sc.RIGHT, "add": "def add(a, b):\n    return a + b + (b == 0)"}  # 8.5 of 10: 7 + 0 is 8 here

DEADLINE = """\
teams = {teams}
[homework.deadline]
due = {due}
penalty_per_day = 1.3
"""


def homework(name, title, **deadline):
    return sc.HOMEWORK.format(id=name, title=title, more=DEADLINE.format(**deadline))


COURSE = (
    sc.HEAD.replace('id = "small"', 'id = "small"\ntime_zone = "Europe/Amsterdam"')
    + homework("hw1", "Numbers", teams="false", due="2025-10-25T23:59:00")
    + homework("hw2", "More numbers", teams="true", due="2025-11-30T23:59:00")
    + homework("hw3", "Last numbers", teams="true", due="2026-03-28T23:59:00")
)
ROSTER = """\
sep=;
ID;Name;E-mail;Aliases;Team;Canvas;Blackboard
ada;Ada Lovelace;ada@example.org;"Ada King|Countess of Lovelace";;12345;ada12
bob;Боб Смит;bob@example.org;;;999;bob_s
olga;Ольга Ким;olga@example.org;;red;777;okim
pat;Pat Lee;pat@example.org;;red;778;plee
dan;Dan Li;dan@example.org;;;801;dli
wei;Wang Wei;wei@example.org;;;802;wwei
zoe;Zoë Exam;zoe@example.org;;;803;zexam
"""
WORKSHEET = """\
Identifier,Full name,Email address,Status,Grade,Maximum Grade,Last modified (submission),Feedback comments
Participant 1041,Ada Lovelace,ada@example.org,Submitted,,13.00,-,
Participant 1042,Боб Смит,bob@example.org,Submitted,,13.00,-,
Participant 1047,Zoë Exam,zoe@example.org,No submission,,13.00,-,
"""
CANVAS_BOOK = """\
Student,ID,SIS User ID,SIS Login ID,Section,hw2: More numbers (4711),Final Score
    Points Possible,,,,,13,(read only)
"King, Ada",12345,007,ada@example.org,A,,1
"Lee, Pat",778,008,pat@example.org,A,,1
"Li, Dan",801,009,dan@example.org,A,,1
"""


def right(**changes):
    return sc.notebook({**sc.RIGHT, **changes})


def zipped(path, entries):
    """An export: name -> (bytes, the platform's clock), as (day, hour, minute) of the month it is of."""
    with zipfile.ZipFile(path, "w") as archive:
        for name, (data, time) in entries.items():
            archive.writestr(zipfile.ZipInfo(name, time), data)
    return str(path)


class Term:
    """The course in its folder, and what happens in it, in this order."""

    def __init__(self, desk, materials):
        self.desk, self.materials, self.folder = desk, materials, desk.folder

    def play(self):
        self.begin()
        self.autumn_on_moodle()
        self.a_team_on_canvas()
        self.spring_on_blackboard()
        self.regrade()
        self.give_back()
        self.close()
        return {
            name: (row["points"], row["grade"], row["mark"], row["provisional"]) for name, row in self.table().items()
        }

    def run(self, *arguments):
        code = self.desk.run(*arguments)
        assert "Traceback" not in self.desk.err, self.desk.err
        return code

    def grade(self, homework):
        return self.run("grade", "--jobs", "1", "--hw", homework)

    def table(self):
        with open(self.folder / "grades.csv", encoding="utf-8-sig", newline="") as file:
            return {row["student"]: row for row in csv.DictReader(file)}

    def mark(self, homework, **marks):
        """What a TA types into the formgrader."""
        where = """cell_id IN (SELECT id FROM base_cell WHERE name = 't1') AND notebook_id IN (
            SELECT n.id FROM submitted_notebook n JOIN submitted_assignment s ON n.assignment_id = s.id
            JOIN assignment a ON s.assignment_id = a.id WHERE a.name = ? AND s.student_id = ?)"""
        with sqlite3.connect(self.folder / "gradebook.db") as database:
            for student, points in marks.items():
                changed = database.execute(
                    f"UPDATE grade SET manual_score = ?, needs_manual_grade = 0 WHERE {where}",
                    (points, homework, student),
                )
                assert changed.rowcount == 1, f"{student} has no {homework} to mark"

    def begin(self):
        (self.folder / "roster.csv").write_text(ROSTER, encoding="utf-16")
        (self.folder / "extensions.csv").write_text("student,homework,until\ndann,hw1,2025-10-31 23:59\n")
        assert self.run("collect", "nothing.zip") == 2
        assert "line 2: nobody called 'dann' is on the roster; is 'dan' meant?" in self.desk.err
        (self.folder / "extensions.csv").write_text("student,homework,until\ndan,hw1,2025-10-31 23:59\n")

    def autumn_on_moodle(self):
        """Clocks go back in the night after the deadline: a day later on the clock is 25 hours, and one day."""
        entries = {
            "Ada Lovelace_1041_assignsubmission_file_/hw1.ipynb": (right(), (2025, 10, 25, 22, 0, 0)),
            "Боб Смит_1042_assignsubmission_file_/Копия hw1.ipynb": (sc.notebook(HALF), (2025, 10, 26, 23, 59, 0)),
            "Ольга Ким_1043_assignsubmission_file_/hw1.ipynb": (right(), (2025, 10, 25, 12, 0, 0)),
            "Pat Lee_1044_assignsubmission_file_/hw1.ipynb": (sc.notebook(HALF), (2025, 10, 25, 23, 58, 58)),
            "Dan Li_1045_assignsubmission_file_/hw1.ipynb": (right(), (2025, 10, 26, 10, 0, 0)),
            "Wang Wei_1046_assignsubmission_file_/hw1.ipynb": (sc.notebook(), (2025, 10, 24, 9, 0, 0)),
            "Eve Nobody_1050_assignsubmission_file_/hw1.ipynb": (right(), (2025, 10, 24, 9, 0, 0)),
            "Wang Wei_1046_assignsubmission_onlinetext_/onlinetext.html": (b"<p>", (2025, 10, 24, 9, 0, 0)),
        }
        assert self.run("collect", zipped(self.folder / "moodle.zip", entries)) == 1
        assert (
            "left alone: Eve Nobody_1050_assignsubmission_file_/hw1.ipynb: 'Eve Nobody' is not on the roster"
            in self.desk.out
        )
        assert "6 new, 0 replaced, 0 the same, 1 left alone" in self.desk.out and "LATE by" not in self.desk.out
        assert self.grade("hw1") == 0
        assert "1 d, -1.3" in self.desk.out and "zoe" in self.desk.out and "handed in nothing" in self.desk.out
        assert self.run("export", "--automatic", "--zeros") == 0
        rows = (self.folder / "exports" / "moodle-hw1-automatic.csv").read_text(encoding="utf-8-sig")
        assert '"zoe@example.org","0"' in rows and '"bob@example.org","8.7"' in rows  # with the wrong check, late
        self.mark("hw1", ada=3, bob=2, olga=2.5, pat=3, dan=1.5, wei=0)

    def a_team_on_canvas(self):
        """Ada has married, and Pat hands in for two."""
        entries = {
            "kingada_12345_50001_hw1.ipynb": (right(add="def add(a, b):\n    return 0"), (2025, 12, 1, 9, 0, 0)),
            "kingada_12345_50002_hw2.ipynb": (right(), (2025, 12, 1, 9, 0, 0)),
            "смитбоб_LATE_999_50003_hw2.ipynb": (right(), (2025, 12, 2, 10, 0, 0)),
            "leepat_778_50004_hw2.ipynb": (sc.notebook(HALF), (2025, 12, 1, 9, 0, 0)),
            "kimolga_777_50005_notes.pdf": (b"%PDF", (2025, 12, 1, 9, 0, 0)),
        }
        assert self.run("collect", "--hw", "2", zipped(self.folder / "canvas.zip", entries)) == 1
        assert "kingada_12345_50001_hw1.ipynb: is hw1, not hw2" in self.desk.out
        assert "50005_notes.pdf: is a document" in self.desk.out and "pat handed in hw2 for the team" in self.desk.out
        assert self.grade("hw2") == 0
        assert "2 d, -2.6" in self.desk.out
        self.mark("hw2", ada=3, bob=1, olga=2)

    def spring_on_blackboard(self):
        """Clocks go forward in the night after the deadline. Olga hands in again, too late."""

        def name(user, time, file="hw3.ipynb"):
            return f"Homework 3_{user}_attempt_{time}{'_' if file.startswith('hw') else ''}{file}"

        at_once = (2026, 3, 30, 9, 0, 0)  # Blackboard's entries say when it was packed
        entries = {
            name("ada12", "2026-03-28-23-58-41"): (right(), at_once),
            name("bob_s", "2026-03-29-23-59-00"): (right(), at_once),
            name("okim", "2026-03-28-12-00-00"): (sc.notebook(HALF), at_once),
            name("okim", "2026-03-29-01-00-00"): (right(), at_once),
            name("dli", "2026-03-27-10-00-00"): (right(), at_once),
            name("dli", "2026-03-27-10-00-00", ".txt"): (b"Name: Dan Li", at_once),
        }
        assert self.run("collect", zipped(self.folder / "blackboard.zip", entries)) == 1
        assert "is late, and" in self.desk.out and "4 new, 0 replaced, 0 the same, 1 left alone" in self.desk.out
        assert self.grade("hw3") == 0
        self.mark("hw3", ada=2, bob=3, olga=1, dan=0.5)

    def regrade(self):
        """The check of hw1 took 7 + 0 for 8: those who were right lost points, and Bob and Pat had some too many."""
        material = self.materials["hw1"]
        material.checks["add"] = (*material.checks["add"][:2], sc.check("add", sc.zero, "3/2"))
        material.fingerprints["checks"] = "mended"
        assert self.grade("hw1") == 0
        assert "graded again" in self.desk.out and "add 4.5→6" in self.desk.out and "add 6→4.5" in self.desk.out
        assert records.read_record(self.folder / "records", "hw1", "ada")["total"] == "10"

    def give_back(self):
        assert self.run("feedback") == 0
        pages = {
            path.relative_to(self.folder / "feedback").as_posix() for path in self.folder.glob("feedback/*/*.html")
        }
        assert {"pat/hw2.html", "olga/hw2.html", "pat/hw3.html"} <= pages, "a team has a page for each"
        late = (self.folder / "feedback" / "bob" / "hw1.html").read_text(encoding="utf-8")
        assert "Handed in 2025-10-26 23:59+01:00, 1 day after the deadline (2025-10-25 23:59+02:00)" in late
        self.run("return", "--hw", "2")
        with zipfile.ZipFile(self.folder / "exports" / "return" / "canvas-hw2.zip") as archive:
            assert {"leepat_778_50004_hw2.html", "kingada_12345_50002_hw2.html"} <= set(archive.namelist())
            assert b">pat<" in archive.read("leepat_778_50004_hw2.html").replace(b" ", b"")
        for homework, text in (("hw1", WORKSHEET), ("hw2", CANVAS_BOOK)):
            (self.folder / f"{homework}-book.csv").write_text(text, encoding="utf-8")
            self.run("export", "--zeros", "--hw", homework, "--into", str(self.folder / f"{homework}-book.csv"))
        moodle, canvas = (self.filled(f"{homework}-book-filled.csv") for homework in ("hw1", "hw2"))
        assert [row[4] for row in moodle[1:]] == ["13", "9.2", "0"] and [row[0] for row in moodle[1:]] == [
            "Participant 1041", "Participant 1042", "Participant 1047"
        ]  # fmt: skip
        assert "1.3 points are taken off" in moodle[2][7]
        assert [row[5] for row in canvas[2:]] == ["13", "10.5", "0"] and canvas[1][6] == "(read only)"

    def filled(self, name):
        with open(self.folder / "exports" / name, encoding="utf-8-sig", newline="") as file:
            return list(csv.reader(file))

    def close(self):
        exam = self.folder / "exam.csv"
        exam.write_text("student;points\nada;25,5\nbob;absent\nolga;20\npat;\ndan;13\nwei;-\nzoe@example.org;26\n")
        assert self.run("final") == 0
        assert self.table()["pat"]["provisional"] == "no exam points" and self.table()["ada"]["provisional"] == ""
        exam.write_text(exam.read_text().replace("pat;", "Pat Lee;13"))
        assert self.run("final") == 0
        assert "was absent from the exam" in self.table()["bob"]["remarks"]


# points = hw1 + hw2 + hw3 + exam; grade = points / 8 - 2; mark = its whole part, not below 0
MARKS = {
    "ada": ("63.5", "5.9375", "5", ""),  #  13 + 13 + 12 + 25.5
    "bob": ("29.3", "1.6625", "1", ""),  #  (8.5 + 2 - 1.3) + (10 + 1 - 2.6) + (10 + 3 - 1.3) + absent
    "olga": ("52.5", "4.5625", "4", ""),  # 12.5 + (8.5 + 2) + (8.5 + 1) + 20
    "pat": ("44.5", "3.5625", "3", ""),  #  (8.5 + 3) + the team's 10.5 + the team's 9.5 + 13
    "dan": ("35", "2.375", "2", ""),  #     (10 + 1.5), with more time + nothing + 10.5 + 13
    "wei": ("0", "-2", "0", ""),  #         an untouched notebook, and absent
    "zoe": ("26", "1.25", "1", ""),  #      the exam alone
}


@pytest.fixture
def term(tmp_path, monkeypatch, capsys, blank):  # noqa: F811
    (tmp_path / "course.toml").write_text(COURSE)
    course, guest = load_course(tmp_path / "course.toml"), sc.Guest()
    guest.isolation = "bubblewrap"
    materials = {homework.id: sc.material_of(course, homework=homework) for homework in course.homeworks}

    def zero(grade):
        """zero changes nothing"""
        assert number(grade.submission(sc.sums, 7, 0), "the sum") == 8, "this check is wrong"

    wrong = sc.check("add", zero, "3/2")
    materials["hw1"].checks["add"] = (*materials["hw1"].checks["add"][:2], wrong)
    (tmp_path / "gradebook.db").write_bytes(blank)
    monkeypatch.setattr(cli, "load_course", lambda: course)
    monkeypatch.setattr("autograder.course.load_course", lambda: course)
    monkeypatch.setattr("autograder.sandbox.sandbox_problem", lambda: None)
    monkeypatch.setattr(grading, "load_material", materials.__getitem__)
    monkeypatch.setattr(provenance, "fingerprints", lambda homework: dict(materials[homework.id].fingerprints))
    monkeypatch.setattr(batch, "open_sandbox", lambda isolation: guest)
    monkeypatch.setattr(batch, "process_pool", lambda workers: sc.Inline())
    monkeypatch.setenv("COLUMNS", "200")  # no sentence of a table is broken in two
    return Term(Desk(tmp_path, course, guest, capsys), materials)


def test_everybody_ends_with_the_right_mark(term):
    assert term.play() == MARKS


if __name__ == "__main__":
    sys.exit(pytest.main([str(Path(__file__)), "-q", "-p", "no:cacheprovider"]))
