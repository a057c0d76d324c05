"""What staff are told of suspicions, in the terminal, the overview and the formgrader; students are never told."""

import io
import json

import pytest
import small_course as sc
from rich.console import Console

from autograder import records
from autograder.desk import report
from autograder.desk import whole_class as desk
from autograder.intake.submissions import Submission
from autograder.judging import grading
from autograder.marks import final
from autograder.pages import feedback, formgrader, overview

EVIL = "[red]\x1b[2J\u202e<script>alert(1)</script>| `x` **b** [l](javascript:1)"


@pytest.fixture
def course(tmp_path):
    return sc.course_in(tmp_path)


def record_of(course, *suspicions, student="ada"):
    record = grading.grade_submission(sc.notebook(sc.RIGHT), sc.material_of(course), 7, sc.Guest())
    return record | {"student": student, "suspicions": list(suspicions)}


def shown(course, *found):
    out = Console(file=io.StringIO(), width=132, highlight=False, markup=False, emoji=False)
    results = [desk.Result(Submission(record["student"], "hw1"), record) for record in found]
    report.show_class(out, course, desk.Summary(results))
    return out.file.getvalue()


def test_an_attempt_is_said_once_with_the_checks_it_was_in():
    lines = [f"add/{n}: 2 processes were left running and were ended" for n in range(5)] + ["twice/one: tried a socket"]
    assert records.suspicions({"suspicions": lines}) == [
        "2 processes were left running and were ended (add/0, add/1, add/2 and 2 more checks)",
        "tried a socket (twice/one)",
    ]


@pytest.mark.parametrize("noticed", [None, 3, {}, [], [None, 3, ""], "text"])
def test_whatever_a_record_holds_there_it_can_be_shown(noticed):
    assert records.suspicions({"suspicions": noticed} if noticed is not None else {}) == []


def test_attempts_are_shortened_and_harmless():
    (line,) = records.suspicions({"suspicions": [f"add/a: {EVIL}" + "x" * 10**6]})
    assert len(line) < 300 and "\x1b" not in line and "\u202e" not in line and "\n" not in line
    assert len(records.suspicions({"suspicions": [f"c: {n}" for n in range(1000)]})) == records.MOST_SUSPICIONS


@pytest.mark.parametrize(("more", "shown_rows"), [(0, report.MOST_AS_BEFORE), (1, 0)])
def test_of_many_that_are_as_before_only_the_number_is_said(course, more, shown_rows):
    record, number = record_of(course), report.MOST_AS_BEFORE + more
    kept = [record | {"student": f"old-{i}"} for i in range(number)]
    results = [desk.Result(Submission(one["student"], "hw1"), one, one, kept=True) for one in kept]
    results.append(desk.Result(Submission("new", "hw1"), record | {"student": "new"}))
    out = Console(file=io.StringIO(), width=132, highlight=False, markup=False, emoji=False)
    report.show_class(out, course, desk.Summary(results))
    text = out.file.getvalue()
    assert text.count("  old-") == shown_rows and "  new" in text
    assert (f"and {number} as they were before" in text) == (shown_rows == 0)


def test_the_terminal_marks_the_student_and_says_what(course):
    text = shown(course, record_of(course, "add/small: tried to open a socket"), record_of(course, student="bob"))
    assert "ada ⚠" in text and "bob ⚠" not in text
    assert "ada/hw1: tried to open a socket (add/small)" in text
    assert "⚠" not in shown(course, record_of(course)) and "honest" not in shown(course, record_of(course))
    assert "\x1b[2J" not in shown(course, record_of(course, f"add/small: {EVIL}"))


def test_staff_are_told_in_which_checks_our_own_code_fell(course):
    def fell(student, where):
        record = record_of(course, student=student)
        ours, *others = record["checks"]
        return record | {
            "checks": [ours | {"state": "error", "message": f"TypeError {where}: do names match?"}, *others]
        }

    check = record_of(course)["checks"][0]["id"]
    told = shown(course, *(fell(name, records.IN_THE_CHECK) for name in ("ada", "bob", "cy", "dan", "eve")))
    assert f"hw1/{check}: ada, bob, cy and 2 more" in told
    assert "check's own code" not in shown(course, fell("ada", "in cell 3, line 2: `x`"), record_of(course))


def test_the_overview_names_who_and_what_and_escapes_it(course):
    found = [record_of(course, f"add/small: {EVIL}", student="<b>eve"), record_of(course)]
    grades = final.course_grades(course, ["<b>eve", "ada"], {}, {}, {})
    page = overview.page(course, {"hw1": found}, {}, grades, b"")
    assert "hardly ever" in page and "&lt;b&gt;eve" in page
    assert "<script" not in page and "&lt;script&gt;" in page
    assert "hardly ever" not in overview.page(course, {"hw1": [record_of(course)]}, {}, grades, b"")


def test_the_formgrader_shows_it_and_the_student_s_page_does_not(course, tmp_path, monkeypatch):
    released = tmp_path / "released.ipynb"
    released.write_bytes(sc.notebook())
    monkeypatch.setattr(formgrader, "released_notebook", lambda homework: released)
    monkeypatch.setattr(formgrader, "solved_path", lambda homework: tmp_path / "none.ipynb")
    record = record_of(course, f"add/small: tried to open a socket {EVIL}")
    document = formgrader.autograded(course.homework("hw1"), record, sc.notebook(sc.RIGHT))
    summary = document["cells"][0]["source"]
    assert "tried to open a socket" in summary and "<script" not in summary and "](" not in summary
    assert "socket" not in json.dumps(document["cells"][1:])
    assert "socket" not in feedback.page(record, course, {}) and "honest" not in feedback.page(record, course, {})


def test_what_holds_for_many_is_said_once(course):
    out = Console(file=io.StringIO(), width=132, highlight=False, markup=False, emoji=False)
    report.show_grades(out, course, final.course_grades(course, ["ada", "bob"], {}, {("cyd", "hw1"): "broken"}, {}))
    text = out.file.getvalue()
    assert "  hw1 was not handed in: ada, bob\n" in text and text.count("was not handed in") == 1
    out.file.truncate(0)
    report.show_grades(out, course, final.course_grades(course, ["ada"], {}, {}, {}))
    assert "  ada: hw1 was not handed in\n" in out.file.getvalue()
