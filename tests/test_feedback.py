"""The page a student gets: it says what the checks said, keeps what is hidden, and runs nothing."""

import re
from dataclasses import replace
from fractions import Fraction
from functools import partial
from html.parser import HTMLParser

import pytest
import small_course as sc

from autograder.judging import grading
from autograder.marks.gradebook import CellScore
from autograder.marks.late import Late
from autograder.pages import feedback
from autograder.pages.formgrader import Own

HALF = {**sc.RIGHT, "add": "def add(a, b):\n    return a + b + (b == 0)"}


@pytest.fixture
def course(tmp_path):
    return sc.course_in(tmp_path)


def record_of(course, cells=HALF, student="ada", **more):
    record = grading.grade_submission(sc.notebook(cells, **more), sc.material_of(course), 7, sc.Guest())
    return record | {"student": student}


class Reader(HTMLParser):
    """What a page says, and the tags and attributes it is made of."""

    def __init__(self, html):
        super().__init__()
        self.tags, self.attributes, self.said, self._quiet = [], [], [], False
        self.feed(html)
        self.text = re.sub(r"\s+", " ", " ".join(self.said))

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        self.attributes += attributes
        self._quiet = tag == "style"

    def handle_endtag(self, tag):
        self._quiet = False

    def handle_data(self, data):
        if not self._quiet:
            self.said.append(data)


def test_the_page_says_what_each_check_found(course):
    text = Reader(feedback.page(record_of(course), course, {})).text
    for said in (
        "Numbers",
        "ada",
        "zero changes nothing",
        "7 + 0 is not 7 here",
        "Hint: count on your fingers",
        "4.5 / 6",
    ):
        assert said in text
    assert "8.5 of 10 by checks" in text
    assert "0 of 3 by hand, 1 not marked yet" in text
    assert "8.5 of 13 in all so far" in text


def test_marks_and_comments_of_a_ta_are_on_it(course):
    cells = {"t1": CellScore(None, Fraction(5, 2), None, Fraction(3), False, "Nice <b>proof</b>")}
    text = Reader(feedback.page(record_of(course), course, cells)).text
    assert "2.5 / 3" in text
    assert "Nice <b>proof</b>" in text
    assert "11 of 13 in all" in text
    assert "not marked" not in text


def test_a_mark_over_an_automatic_score_is_what_counts(course):
    cells = {"add": CellScore(Fraction(9, 2), Fraction(6), None, Fraction(6), False)}
    text = Reader(feedback.page(record_of(course), course, cells)).text
    assert "A TA looked at this and gave 6 points" in text
    assert "10 of 10 by checks" in text


def test_what_the_guest_said_stays_with_staff(course):
    record = record_of(course, {**sc.RIGHT, "add": "def add(a, b):\n    raise ValueError(repr((a, b)))"})
    assert any("SECRET" in check["detail"] for check in record["checks"])
    assert "SECRET" not in feedback.page(record, course, {})


PAYLOADS = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "<svg onload=alert(1)>",
    "javascript:alert(1)",
    "</style><style>body{display:none}</style>",
    "<meta http-equiv=refresh content=0>",
    "{{ 7 * 7 }}{% raw %}",
    "\x1b]52;c;aGk=\x07",
    "\u202e31/31",
    "\ud800",
]


@pytest.mark.parametrize("payload", PAYLOADS)
def test_nothing_that_comes_from_outside_is_live(course, payload):
    cells = {"t1": CellScore(None, Fraction(1), None, Fraction(3), False, payload)}
    record = record_of(course, student=payload)
    record["remark"] = payload
    for check in record["checks"]:
        check["message"] = check["hint"] = payload
    clean = Reader(
        feedback.page(
            record_of(course), course, {**cells, "t1": CellScore(None, Fraction(1), None, Fraction(3), False, "x")}
        )
    )
    page = Reader(feedback.page(record, course, cells))
    assert set(page.tags) <= {*clean.tags, "p"}
    assert not {"script", "img", "svg", "iframe", "object", "link", "form"} & set(page.tags)
    assert not [name for name, _ in page.attributes if name.startswith("on") or name in ("href", "src")]
    assert page.tags.count("style") == page.tags.count("title") == 1
    assert "\x1b" not in page.text
    assert "\u202e" not in page.text
    assert "49" not in page.text.replace(record["provenance"]["submission"], "").replace(
        record["provenance"]["started"], ""
    )


def test_the_browser_is_told_to_load_and_run_nothing(course):
    policy = dict(Reader(feedback.page(record_of(course), course, {})).attributes)["content"]
    html = feedback.page(record_of(course), course, {})
    assert "default-src 'none'; img-src data:; style-src 'unsafe-inline'" in html
    assert policy
    assert "http://" not in html
    assert "https://" not in html
    assert 'name="viewport"' in html


def test_an_ungraded_hand_in_says_what_to_do(course):
    record = grading.grade_submission(b"{", sc.material_of(course), 7, sc.Guest()) | {"student": "ada"}
    text = Reader(feedback.page(record, course, {})).text
    assert "could not be graded" in text
    assert "not valid JSON" in text


def test_what_broke_in_the_grader_is_not_told_to_students(course):
    record = record_of(course) | {"state": "ungraded", "fault": "grader", "reason": "KeyError in test_add.py"}
    page = feedback.page(record, course, {})
    assert "test_add" not in page
    assert "not your fault" in page


def test_names_of_code_look_like_code_and_stay_text(course):
    record = record_of(course)
    for check in record["checks"]:
        check["message"] = check["hint"] = "`<b>` is `x`, 5` is not"
    html = feedback.page(record, course, {})
    assert "not yet: <code>&lt;b&gt;</code> is <code>x</code>, 5` is not</p>" in html and "<b>`" not in html


def test_an_exercise_that_was_not_attempted_says_it_once(course):
    text = Reader(feedback.page(record_of(course, sc.STUBS), course, {})).text
    assert text.count("not attempted") == 2


def test_the_page_is_written_where_it_belongs(course, tmp_path):
    assert feedback.write_feedback(tmp_path / "feedback", record_of(course, student="Łucja"), course, {})
    path = feedback.feedback_path(tmp_path / "feedback", "hw1", "Łucja")
    assert path == tmp_path / "feedback" / "Łucja" / "hw1.html"
    assert path.read_text(encoding="utf-8").startswith("<!doctype html>")


def test_a_page_is_written_again_only_when_what_it_is_made_from_changes(course, tmp_path):
    record, cell = record_of(course), CellScore(Fraction(6), None, None, Fraction(6), False)
    write = partial(feedback.write_feedback, tmp_path, record, course)
    assert write({"add": cell})
    assert not write({"add": cell})
    assert write({"add": replace(cell, comment="Well done.")})
    assert write({"add": cell}, late=Late(1, Fraction(1), "a day late"))
    assert feedback.write_feedback(tmp_path, record | {"remark": "another"}, course, {"add": cell})
    feedback.feedback_path(tmp_path, "hw1", record["student"]).write_text("cut off")
    assert write({"add": cell})


OWN = Own({"add": "def add(a, b):\n    return a  # <b>"}, {"t1": ("Because $\\frac12$ <i>x</i>", {})})


def test_the_students_own_answer_stands_beside_what_was_lost(course):
    cells = {"t1": CellScore(None, Fraction(1), None, Fraction(3), False, "See **(2)**: $\\sum_i x_i \\le 1$")}
    read = Reader(html := feedback.page(record_of(course), course, cells, OWN))
    assert "Your answer, as it was checked" in read.text and "return a # <b>" in read.text
    assert html.count("Your answer") == 2 and read.tags.count("math") == 2
    assert "mfrac" in read.tags and "mo" in read.tags and "strong" in read.tags
    assert "<i>x</i>" not in html and "<b>" not in html.split("Your answer", 1)[1]


def test_nothing_lost_nothing_shown_again(course):
    cells = {"t1": CellScore(None, Fraction(3), None, Fraction(3), False)}
    assert "Your answer" not in feedback.page(record_of(course, sc.RIGHT), course, cells, OWN)


def test_a_mark_that_waits_for_a_second_look_is_said(course):
    cells = {"t1": CellScore(None, Fraction(3), None, Fraction(3), True)}
    text = Reader(feedback.page(record_of(course), course, cells)).text
    assert "Waits for a second look: your answer changed after a TA had marked it." in text
    assert "of 13 in all so far" in text
    cells = {"t1": CellScore(None, Fraction(3), None, Fraction(3), False)}
    assert "second look" not in Reader(feedback.page(record_of(course), course, cells)).text
