"""Exports: what Moodle, Canvas and Gradescope read, exact and harmless."""

import csv
import json
from fractions import Fraction

import pytest
import small_course as sc

from autograder.intake.roster import Roster, Student
from autograder.judging import grading
from autograder.marks import exports, filling, final
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
    with open(path, encoding="utf-8-sig", newline="") as file:
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
    assert made["score"] == 6.5  # a wrong add costs itself alone: twice is judged with the course's
    assert abs(sum(test["score"] for test in made["tests"]) - made["score"]) < 1e-9
    assert {"name", "score", "output", "visibility"} <= set.intersection(*(set(test) for test in made["tests"]))
    assert {test.get("status") for test in made["tests"]} <= {"passed", "failed", None}
    assert made["tests"][-1]["output"] == "a day late"
    assert "secret" not in path.read_text(), "details are for staff"


def test_what_could_not_be_graded_has_no_score(course):
    record = grading.grade_submission(b"{", sc.material_of(course), 7, sc.Guest()) | {"student": "ada"}
    made = exports.results(course.homework("hw1"), record, {}, ON_TIME)
    assert "score" not in made and made["tests"] == [] and "JSON" in made["output"]


# --- released early, zeros, and platforms' own tables


def score_of(item):
    return {student: str(points) for student, points in item.points.items()}


def test_automatic_points_go_out_before_theory_is_marked(course, tmp_path):
    found = final.course_grades(course, ["ada", "bob", "cyd"], {"hw1": {"ada": DONE, "bob": OPEN}}, {}, {})
    (item,) = exports.items(course, found, exports.Release(automatic=True))
    assert (item.id, item.maximum, score_of(item)) == ("hw1-automatic", 10, {"ada": "17/2", "bob": "6"})
    assert "theory" in item.feedback["bob"]
    exports.write_exports(tmp_path, course, found, exports.Release(automatic=True))
    assert {path.name for path in tmp_path.glob("*.csv")} == {
        "plain.csv", "moodle-hw1-automatic.csv", "canvas-hw1-automatic.csv"
    }  # fmt: skip


def test_a_late_penalty_is_taken_from_automatic_points_too(course):
    late = Late(1, Fraction(1), "A day late.")
    (grade,) = final.course_grades(course, ["ada"], {"hw1": {"ada": OPEN}}, {}, {}, lambda homework, student: late)
    assert exports.items(course, [grade], exports.Release(automatic=True))[0].points == {"ada": 5}


def test_zeros_for_those_who_handed_in_nothing_when_that_is_asked_for(course):
    ungraded = {("dan", "hw1"): "broken"}
    found = final.course_grades(course, ["ada", "bob", "cyd", "dan"], {"hw1": {"ada": DONE, "bob": OPEN}}, ungraded, {})
    (item,) = exports.items(course, found, exports.Release(zeros=True))
    assert score_of(item) == {"ada": "43/4", "cyd": "0"} and "not handed in" in item.feedback["cyd"]
    (item,) = exports.items(course, found, exports.Release(automatic=True, zeros=True))
    assert score_of(item) == {"ada": "17/2", "bob": "6", "cyd": "0"}


def test_tables_open_in_excel(course, tmp_path):
    exports.write_exports(tmp_path, course, grades(course, ada=DONE), style=final.style_of(";"))
    assert all(path.read_bytes().startswith(b"\xef\xbb\xbf") for path in tmp_path.glob("*.csv"))
    assert '"ada";"hw1";"10,75"' in (tmp_path / "plain.csv").read_text(encoding="utf-8-sig")
    assert '"ada","10.75"' in (tmp_path / "moodle-hw1.csv").read_text(encoding="utf-8-sig")


PEOPLE = Roster(
    [
        Student("ada", "Ada King", "ada@example.org", platforms={"canvas": ("777",)}),
        Student("bob", "Боб", "bob@example.org"),
        Student("cyd", "Cyd Li"),
    ]
)
COLLECTED = {
    "ada": {"collected": "2026-10-12T20:00:00+00:00", "platform": "moodle", "number": "1041", "name": "Ada King"},
    "bob": {"collected": "2026-10-12T20:00:00+00:00", "platform": "moodle", "number": "1042", "name": "Боб"},
}
ITEM = exports.Item(
    "hw1", "hw1: Numbers", Fraction(13), {"ada": Fraction("10.75"), "bob": Fraction(3)}, {"ada": "=late"}, "hw1"
)
WORKSHEET = """\
Identifier,Full name,Email address,Status,Grade,Maximum Grade,Grade can be changed,Feedback comments
Participant 1041,Ada King,ada@example.org,Submitted,,13.00,Yes,
Participant 1042,Боб,bob@example.org,Submitted,,13.00,Yes,
Participant 1043,=Cyd Li,cyd@example.org,No submission,-,13.00,Yes,kept
"""
CANVAS = """\
Student,ID,SIS User ID,SIS Login ID,Section,hw1: Numbers (4711),hw2: More (4712)
    Points Possible,,,,,13.00,13.00
"King, Ada",777,00123,ada@example.org,A,,5
"Li, Cyd",778,00124,cyd,A,1,5
"""


def filled(tmp_path, text, roster=PEOPLE, known=COLLECTED, item=ITEM):
    (tmp_path / "sheet.csv").write_text(text, encoding="utf-8")
    done = filling.fill(tmp_path / "sheet.csv", tmp_path / "exports", item, roster, known)
    with open(done.path, encoding="utf-8-sig", newline="") as file:
        return done, list(csv.reader(file, delimiter=";" if ";" in text else ","))


@pytest.mark.parametrize("roster", [PEOPLE, Roster()])
def test_moodle_s_grading_worksheet_is_filled(tmp_path, roster):
    done, rows = filled(tmp_path, WORKSHEET, roster)
    was = list(csv.reader(WORKSHEET.splitlines()))
    assert rows[0] == was[0] and rows[3] == was[3], "who has no points keeps the line, ids are untouched"
    assert rows[1] == [*was[1][:4], "10.75", "13.00", "Yes", "'=late"] and rows[2][4] == "3"
    assert (done.count, done.unplaced, done.path.name) == (2, [], "sheet-filled.csv")


def test_canvas_s_gradebook_is_filled(tmp_path):
    done, rows = filled(tmp_path, CANVAS)
    was = list(csv.reader(CANVAS.splitlines()))
    assert rows[2] == ["King, Ada", "777", "00123", "ada@example.org", "A", "10.75", "5"]
    assert [rows[0], rows[1], rows[3]] == [was[0], was[1], was[3]] and done.unplaced == ["bob"]


@pytest.mark.parametrize("called", ["Homework 1 (4711)", "Assignment: HW 01 (Real)", "homework_1", "Week 3 hw1"])
def test_a_homework_is_called_as_people_call_it(tmp_path, called):
    _, rows = filled(tmp_path, f"ID number,Homework 10,{called},hw2\nada,1,,3\n")
    assert rows[1] == ["ada", "1", "10.75", "3"]


def test_semicolons_and_decimal_commas_stay(tmp_path):
    _, rows = filled(tmp_path, "ID number;Nota;Grade\nada;x;\n")
    assert rows == [["ID number", "Nota", "Grade"], ["ada", "x", "10,75"]]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("Full name,Grade,Maximum Grade\nAda King,,100.00\n", "line 2: the most there is 100.00 points, here 13"),
        ("Student,ID,hw1,hw1 again\n    Points Possible,,13,13\n", "which column is hw1"),
        ("Grade\n1\n", "no column says who"),
        ("ID number,Total\nada,\n", "which column is hw1"),
        ("ID number,Grade\nada,\nada,\n", "line 3: ada is there twice"),
    ],
)
def test_a_table_that_cannot_be_filled_for_certain(tmp_path, text, says):
    with pytest.raises(filling.FillingError, match=says):
        filled(tmp_path, text)
    assert not (tmp_path / "exports").exists()


def test_a_line_whose_signs_disagree_is_nobody_s(tmp_path):
    done, rows = filled(tmp_path, WORKSHEET.replace("1041,Ada King,ada@", "1042,Ada King,ada@"))
    assert rows[1][4] == "" and done.unplaced == ["ada"]


def test_the_roster_gives_addresses_and_canvas_s_numbers(course):
    (item,) = exports.items(course, grades(course, ada=DONE))
    assert exports.moodle(item, PEOPLE)[:2] == [
        ["Email address", *exports.moodle(item)[0][1:]],
        ["ada@example.org", "10.75", ""],
    ]
    assert exports.canvas(item, PEOPLE)[2] == ["Ada King", "777", "", "ada", "", "10.75"]
