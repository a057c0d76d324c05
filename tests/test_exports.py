"""Exports: what Moodle, Canvas and Gradescope read, exact and harmless."""

import csv
import json
from fractions import Fraction

import pytest
import small_course as sc

from autograder import exports, final, grading
from autograder.gradebook import CellScore
from autograder.late import ON_TIME, Late


def cell(auto, manual, most, comment=""):
    number = [None if score is None else Fraction(score) for score in (auto, manual)]
    return CellScore(*number, None, Fraction(most), False, comment)


DONE = {"add": cell("6", None, 6), "twice": cell("2.5", None, 4), "t1": cell(None, "2.25", 3, "=well argued")}
OPEN = {"add": cell("6", None, 6), "twice": cell("0", None, 4), "t1": cell(None, None, 3)}


@pytest.fixture
def course(tmp_path):
    return sc.course_in(tmp_path)


def grades(course, exam=None, **students):
    return final.course_grades(course, students, {"hw1": students}, {}, exam or {})


def read(path):
    with open(path, encoding="utf-8", newline="") as file:
        return list(csv.reader(file))


def test_moodle_gets_points_once_they_are_final(course, tmp_path):
    found = grades(course, {"ada": Fraction("20.5")}, ada=DONE, bob=OPEN)
    exports.write_exports(tmp_path, course, found)
    header, ada, bob = read(tmp_path / "moodle.csv")
    assert header == ["ID number", "hw1: Numbers", "Exam", "Feedback"]
    assert ada[:3] == ["ada", "10.75", "20.5"] and bob[:3] == ["bob", "", ""]


def test_ids_that_are_addresses_are_called_so(course):
    assert exports.moodle(course, grades(course, **{"ada@b.org": DONE}))[0][0] == "Email address"


def test_canvas_finds_its_columns_and_maxima(course, tmp_path):
    """The rules of Canvas's importer: `Student` and `ID` first, then the SIS columns, `Section` before the scores."""
    exports.write_exports(tmp_path, course, grades(course, {"ada": Fraction(20)}, ada=DONE, bob=OPEN))
    header, most, ada, bob = read(tmp_path / "canvas.csv")
    assert header == ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", "hw1: Numbers", "Exam"]
    assert "Points Possible" in most[0] and most[5:] == ["13", "26"]
    assert ada == ["ada", "", "", "ada", "", "10.75", "20"] and bob[5:] == ["", ""]
    assert len({len(row) for row in (header, most, ada, bob)}) == 1


def test_canvas_gets_no_column_that_would_only_clear_grades(course):
    assert exports.canvas(course, grades(course, bob=OPEN))[0] == list(exports.CANVAS_COLUMNS)


def test_names_are_not_formulas_in_any_table(course, tmp_path):
    exports.write_exports(tmp_path, course, grades(course, **{"=HYPERLINK(0)": DONE, "a,b\n": DONE}))
    for name in ("moodle.csv", "canvas.csv", "plain.csv"):
        fields = [field for row in read(tmp_path / name) for field in row]
        assert "'=HYPERLINK(0)" in fields and not any(field.startswith("=") for field in fields)


def test_gradescope_results(course, tmp_path):
    answer = {**sc.RIGHT, "add": "def add(a, b):\n    raise ValueError('secret')"}
    record = grading.grade_submission(sc.notebook(answer), sc.material_of(course), 7, sc.Guest()) | {"student": "ada"}
    cells = {"add": cell("0", "1.5", 6, "close"), "twice": cell("0", None, 4), "t1": cell(None, "2", 3, "good")}
    homework = course.homework("hw1")
    path = exports.write_results(tmp_path, homework, record, cells, Late(1, Fraction(1), "a day late"))
    made = json.loads(path.read_text())
    assert made["score"] == 2.5
    assert abs(sum(test["score"] for test in made["tests"]) - made["score"]) < 1e-9
    assert {"name", "score", "output", "visibility"} <= set.intersection(*(set(test) for test in made["tests"]))
    assert {test.get("status") for test in made["tests"]} <= {"passed", "failed", None}
    assert made["tests"][-1]["output"] == "a day late"
    assert "secret" not in path.read_text(), "details are for staff"


def test_what_could_not_be_graded_has_no_score(course):
    record = grading.grade_submission(b"{", sc.material_of(course), 7, sc.Guest()) | {"student": "ada"}
    made = exports.results(course.homework("hw1"), record, {}, ON_TIME)
    assert "score" not in made and made["tests"] == [] and "JSON" in made["output"]
