"""The gradebook, on a real nbgrader database."""

import os
import sqlite3
import sys
import time
from fractions import Fraction
from pathlib import Path

import pytest
import small_course as sc
from nbgrader.api import Base, Gradebook, get_alembic_version

from autograder.course import load_course
from autograder.judging import grading
from autograder.marks.gradebook import Book, GradebookError, sqlite_url


@pytest.fixture(scope="module")
def blank(tmp_path_factory):
    """An empty gradebook, made once and copied."""
    folder = tmp_path_factory.mktemp("blank")
    Book(sqlite_url(folder / "gradebook.db"), sc.course_in(folder)).close()
    return folder / "gradebook.db"


@pytest.fixture
def url(blank, tmp_path):
    path = tmp_path / "gradebook.db"
    path.write_bytes(blank.read_bytes())
    return sqlite_url(path)


@pytest.fixture
def course(tmp_path):
    return sc.course_in(tmp_path)


@pytest.fixture
def book(url, course):
    with Book(url, course, lock_seconds=0.3) as book:
        yield book


def record_of(course, student="ada", cells=sc.RIGHT, **more):
    record = grading.grade_submission(sc.notebook(cells, **more), sc.material_of(course), 7, sc.Guest())
    return record | {"student": student}


HALF = {**sc.RIGHT, "add": "def add(a, b):\n    return a + b + (b == 0)"}


def test_scores_arrive_as_nbgrader_sees_them(book, course, url):
    book.save(record_of(course))
    with Gradebook(url, "small") as theirs:
        submission = theirs.find_submission("hw1", "ada")
        assert (submission.score, submission.max_score, submission.needs_manual_grade) == (10.0, 13.0, True)
        assert (submission.max_code_score, submission.max_written_score) == (10.0, 3.0)
        theory = theirs.find_grade("t1", "hw1", "hw1", "ada")
        assert (theory.auto_score, theory.manual_score, theory.needs_manual_grade) == (None, None, True)
        exercise = theirs.find_grade("add", "hw1", "hw1", "ada")
        assert (exercise.auto_score, exercise.needs_manual_grade, exercise.failed_tests) == (6.0, False, False)
        assert theirs.find_comment("t1", "hw1", "hw1", "ada").comment is None
        assert theirs.find_comment("add_code", "hw1", "hw1", "ada").comment is None


def test_every_score_comes_back_exactly(book, course):
    for numerator in (1, 2083, 33_333, 130_000):
        record = record_of(course)
        record["exercises"][0]["points"] = f"{numerator / 10_000:.4f}"
        book.save(record)
        assert book.scores(course.homework("hw1"))["ada"]["add"].auto == Fraction(numerator, 10_000)


def mark(url, cell, score, extra=None, comment=None, student="ada"):
    """What the formgrader does when a TA types a mark."""
    with Gradebook(url, "small") as theirs:
        grade = theirs.find_grade(cell, "hw1", "hw1", student)
        grade.manual_score, grade.extra_credit, grade.needs_manual_grade = score, extra, False
        if comment is not None:
            theirs.find_comment(cell, "hw1", "hw1", student).manual_comment = comment
        theirs.db.commit()


def test_a_regrade_keeps_what_a_ta_wrote(book, course, url):
    book.save(record_of(course, cells=HALF))
    mark(url, "t1", 2.5, extra=0.25, comment="well argued")
    changes = book.save(record_of(course))
    cells = book.scores(course.homework("hw1"))["ada"]
    assert (cells["t1"].manual, cells["t1"].extra, cells["t1"].comment) == (
        Fraction(5, 2),
        Fraction(1, 4),
        "well argued",
    )
    assert not cells["t1"].needs_mark
    assert [(c.cell, c.old, c.new) for c in changes] == [("add", Fraction(9, 2), Fraction(6))]


def test_a_mark_over_an_automatic_score_stays_and_is_flagged_when_that_changes(book, course, url):
    book.save(record_of(course, cells=HALF))
    mark(url, "add", 5.0)
    book.save(record_of(course, cells=HALF))
    assert not book.scores(course.homework("hw1"))["ada"]["add"].needs_mark
    book.save(record_of(course))
    cell = book.scores(course.homework("hw1"))["ada"]["add"]
    assert (cell.manual, cell.auto, cell.score, cell.needs_mark) == (5, 6, 5, True)


def test_a_marked_answer_that_changed_is_flagged(book, course, url):
    book.save(record_of(course))
    mark(url, "t1", 2.0)
    book.save(record_of(course, answer="Another answer."), changed_answers=["t1"])
    cell = book.scores(course.homework("hw1"))["ada"]["t1"]
    assert (cell.manual, cell.needs_mark) == (2, True)


def test_saving_twice_changes_nothing(book, course, url):
    book.save(record_of(course))
    before = dump(url)
    assert book.save(record_of(course)) == []
    assert dump(url) == before


def dump(url):
    with sqlite3.connect(url.removeprefix("sqlite:///")) as database:
        return list(database.iterdump())


def test_points_that_change_in_the_course_change_in_the_gradebook(book, course, url, tmp_path):
    book.save(record_of(course))
    path = tmp_path / "course.toml"
    path.write_text(sc.TOML.replace("points = 6", "points = 5").replace("points = 4", "points = 5"))
    with Book(url, load_course(path)) as again:
        assert again.register(again.course.homework("hw1")) == []
        assert again.scores(again.course.homework("hw1"))["ada"]["add"].maximum == 5
    with Gradebook(url, "small") as theirs:
        assert theirs.find_grade_cell("twice", "hw1", "hw1").max_score == 5.0


def test_an_exercise_added_to_the_course_gets_its_row(book, course, url, tmp_path):
    book.save(record_of(course))
    path = tmp_path / "course.toml"
    path.write_text(sc.TOML.replace('id = "twice"', 'id = "double"'))
    with Book(url, load_course(path)) as again:
        assert again.register(again.course.homework("hw1")) == ["twice"]
        record = record_of(course)
        record["exercises"][1]["id"] = "double"
        again.save(record)
        assert again.scores(again.course.homework("hw1"))["ada"]["double"].auto == 4


def test_a_locked_gradebook_is_a_sentence_and_leaves_nothing_half_written(book, course, url):
    book.save(record_of(course, "bob"))
    before = dump(url)
    other = sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(GradebookError, match="locked by another program"):
        book.save(record_of(course))
    other.execute("ROLLBACK")
    assert dump(url) == before
    book.save(record_of(course))
    assert book.students() == ["ada", "bob"]


def test_a_failure_between_two_scores_leaves_neither(book, course, url, monkeypatch):
    book.save(record_of(course, "bob"))
    before = dump(url)

    def fail(*_):
        raise RuntimeError("pulled the plug")

    monkeypatch.setattr(book._book.db, "commit", fail)
    with pytest.raises(RuntimeError, match="plug"):
        book.save(record_of(course))
    monkeypatch.undo()
    book.close()
    assert dump(url) == before


def test_a_file_that_is_no_database(tmp_path, course):
    (tmp_path / "gradebook.db").write_text("not a database, but long enough to be taken for one" * 100)
    with pytest.raises(GradebookError, match="cannot be used"):
        Book(sqlite_url(tmp_path / "gradebook.db"), course)


def test_a_new_database_says_which_schema_it_has(url, monkeypatch):
    monkeypatch.setenv("PATH", os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]))
    with sqlite3.connect(url.removeprefix("sqlite:///")) as database:
        assert database.execute("SELECT version_num FROM alembic_version").fetchall() == [(get_alembic_version(),)]


def test_a_database_cut_off_while_it_was_made_is_made_to_the_end(url, tmp_path, course, monkeypatch):
    """First comes the version, then the tables."""
    with sqlite3.connect(url.removeprefix("sqlite:///")) as database:
        whole = database.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name").fetchall()
    young = tmp_path / "young.db"
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(Base.metadata, "create_all", interrupt)
        Book(sqlite_url(young), course)
    Book(sqlite_url(young), course).close()
    with sqlite3.connect(young) as database:
        assert database.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name").fetchall() == whole
        assert len(database.execute("SELECT * FROM alembic_version").fetchall()) == 1


def interrupt(*_, **__):
    raise KeyboardInterrupt


def test_a_trigger_in_the_database_is_refused(url, course):
    with sqlite3.connect(url.removeprefix("sqlite:///")) as database:
        database.execute("CREATE TRIGGER plus AFTER INSERT ON grade BEGIN UPDATE grade SET extra_credit = 99; END")
    with pytest.raises(GradebookError, match="plus"):
        Book(url, course)


def test_ungraded_records_have_no_scores_to_save(book, course):
    with pytest.raises(ValueError, match="only graded"):
        book.save(record_of(course) | {"state": "ungraded"})


def test_a_submission_takes_less_than_30_ms(book, course):
    record = record_of(course)
    book.save(record | {"student": "first"})
    begin = time.process_time()
    for number in range(20):
        book.save(record | {"student": f"s{number}"})
    assert (time.process_time() - begin) / 20 < 0.030
