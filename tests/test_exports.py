"""Exports: what Moodle, Canvas and Gradescope read, exact and harmless."""

import csv
import json
from fractions import Fraction

import pytest
import small_course as sc

from autograder.judging import grading
from autograder.marks import exports, final
from autograder.marks.gradebook import CellScore
from autograder.marks.late import ON_TIME, Late


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
    """An empty cell would take a grade away, and feedback without its grade as well: such rows are not there."""
    found = grades(course, {"ada": Fraction("20.5"), "bob": Fraction(3)}, ada=DONE, bob=OPEN)
    exports.write_exports(tmp_path, course, found)
    assert read(tmp_path / "moodle-hw1.csv") == [
        ["ID number", "hw1: Numbers", "hw1: Numbers (feedback)"],
        ["ada", "10.75", ""],
    ]
    assert read(tmp_path / "moodle-exam.csv")[1:] == [["ada", "20.5", ""], ["bob", "3", ""]]


def test_feedback_tells_of_lateness_and_not_what_the_staff_have_to_correct(course):
    cells = {**DONE, "t1": cell(None, "30", 3)}
    late = Late(1, Fraction(1), "A day late: 1 points are taken off.")
    (grade,) = final.course_grades(course, ["ada"], {"hw1": {"ada": cells}}, {}, {}, lambda homework, student: late)
    (item,) = exports.items(course, [grade])
    assert "30 points" in grade.remarks[0]
    assert exports.moodle(item)[1] == ["ada", "10.5", "hw1: A day late: 1 points are taken off."]


def test_who_handed_nothing_in_is_given_no_zero(course):
    """Not yet, at least: in the middle of a term the other gradebook shows them as missing."""
    found = final.course_grades(course, ["ada", "bob"], {"hw1": {"ada": DONE}}, {}, {})
    assert [list(item.points) for item in exports.items(course, found)] == [["ada"]]


def test_ids_that_are_addresses_are_called_so(course):
    (item,) = exports.items(course, grades(course, **{"ada@b.org": DONE}))
    assert exports.moodle(item)[0][0] == "Email address"


def test_canvas_finds_its_columns_and_maxima(course, tmp_path):
    """The rules of Canvas's importer: `Student` and `ID` first, then the SIS columns, `Section` before the scores."""
    exports.write_exports(tmp_path, course, grades(course, {"ada": Fraction(20)}, ada=DONE, bob=OPEN))
    header, most, ada = read(tmp_path / "canvas-hw1.csv")
    assert header == ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", "hw1: Numbers"]
    assert "Points Possible" in most[0] and most[5:] == ["13"]
    assert ada == ["ada", "", "", "ada", "", "10.75"]
    assert read(tmp_path / "canvas-exam.csv")[1][5:] == ["26"]


def test_what_is_open_has_no_file_and_an_older_one_goes(course, tmp_path):
    exports.write_exports(tmp_path, course, grades(course, ada=DONE))
    assert {path.name for path in tmp_path.glob("*.csv")} == {"plain.csv", "moodle-hw1.csv", "canvas-hw1.csv"}
    exports.write_exports(tmp_path, course, grades(course, ada=OPEN))
    assert {path.name for path in tmp_path.glob("*.csv")} == {"plain.csv"}


def test_names_are_not_formulas_in_any_table(course, tmp_path):
    exports.write_exports(tmp_path, course, grades(course, **{"=HYPERLINK(0)": DONE, "a,b\n": DONE, "＝x": DONE}))
    for name in ("moodle-hw1.csv", "canvas-hw1.csv", "plain.csv"):
        fields = [field for row in read(tmp_path / name) for field in row]
        assert {"'=HYPERLINK(0)", "'＝x"} <= set(fields) and not any(field.startswith(("=", "＝")) for field in fields)


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
