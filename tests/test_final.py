"""The course grade: exact for every sum of 104 points, and clear about what is missing."""

import csv
from decimal import Decimal
from fractions import Fraction
from math import floor

import pytest
import small_course as sc
from hypothesis import example, given
from hypothesis import strategies as st

from autograder.course import format_points, load_course
from autograder.intake.roster import Roster, Student
from autograder.marks.exam import ExamError, read_exam
from autograder.marks.final import (
    HomeworkScore,
    Style,
    course_grade,
    course_grades,
    homework_score,
    style_of,
    unformula,
    write_grades,
)
from autograder.marks.gradebook import CellScore, exact_or_none

COURSE = load_course()
hundredths = st.integers(0, 1300).map(lambda n: Fraction(n, 100))
exams = st.integers(0, 2600).map(lambda n: Fraction(n, 100))


def full_course(points, exam):
    homeworks = {homework.id: HomeworkScore(score) for homework, score in zip(COURSE.homeworks, points, strict=True)}
    return course_grade(COURSE, "ada", homeworks, exam)


@given(st.lists(hundredths, min_size=6, max_size=6), exams)
@example([Fraction(13)] * 6, Fraction(26))
@example([Fraction(0)] * 6, Fraction(0))
@example([Fraction(13)] * 6, Fraction(1799, 100))
def test_the_grade_is_exact_and_the_mark_its_floor(points, exam):
    grade = full_course(points, exam)
    total = sum(points) + exam
    assert grade.points == total <= 104
    assert grade.grade == total / 8 - 2
    assert grade.mark == min(10, max(0, floor(total / 8 - 2)))
    assert Decimal(format_points(grade.grade)) * 8 == Decimal(format_points(total)) - 16
    assert not grade.provisional


def test_every_quarter_hundredth_of_104_points():
    """All 41601 sums: the grade is exact in its digits, marks never drift at a boundary, nor fall as points rise."""
    sums = [Fraction(n, 400) for n in range(41_601)]
    marks = [COURSE.rule.mark(points) for points in sums]
    assert marks == sorted(marks)
    assert marks[0] == 0
    assert marks[-1] == 10
    for mark in range(1, 11):
        boundary = (mark + 2) * 3200
        assert marks[boundary] == mark
        assert marks[boundary - 1] == mark - 1
    assert all(Fraction(Decimal(format_points(COURSE.rule.grade(points)))) == points / 8 - 2 for points in sums)
    assert all(exact_or_none(float(points)) == points for points in sums), "as the gradebook keeps them"


@given(st.lists(st.integers(0, 130_000).map(lambda n: Fraction(n, 10_000)), min_size=18, max_size=18))
def test_no_drift_through_the_gradebook_s_floats(scores):
    assert sum(exact_or_none(float(score)) for score in scores) == sum(scores)


def cells_of(homework, manual=None, **changes):
    cells = {e.id: CellScore(e.points, None, None, e.points, False) for e in homework.exercises}
    for problem in homework.theory:
        mark = problem.manual_points if manual == "full" else manual
        cells[problem.id] = CellScore(None, mark, None, problem.manual_points, mark is None)
    return {**cells, **changes}


HW1 = COURSE.homework("hw1")


def test_a_full_homework_is_exactly_thirteen():
    score = homework_score(HW1, COURSE.homework_points, cells_of(HW1, "full"))
    assert score == HomeworkScore(Fraction(13))


def test_unmarked_theory_leaves_it_open_and_names_it():
    score = homework_score(HW1, COURSE.homework_points, cells_of(HW1))
    assert score.points == HW1.automatic_points
    assert score.open == (f"hw1: {', '.join(problem.id for problem in HW1.theory)} not marked yet",)


def test_not_handed_in_counts_nothing_and_is_said():
    score = homework_score(HW1, COURSE.homework_points, None)
    assert (score.points, score.open) == (0, ())
    assert "not handed in" in score.remarks[0]


def test_what_could_not_be_graded_leaves_it_open():
    assert homework_score(HW1, COURSE.homework_points, None, "broken").open == ("hw1 could not be graded",)


@pytest.mark.parametrize(("mark", "counted"), [(Fraction(9), "max"), (Fraction(-1), 0)])
def test_a_mark_outside_its_range_counts_as_the_nearest_and_is_said(mark, counted):
    t1 = HW1.theory[0]
    cells = cells_of(HW1, "full", t1=CellScore(None, mark, None, t1.manual_points, False))
    score = homework_score(HW1, COURSE.homework_points, cells)
    assert score.points == 13 - t1.manual_points + (t1.manual_points if counted == "max" else 0)
    assert "t1" in score.remarks[0]


def test_extra_credit_counts_up_to_the_homework_s_points():
    t1 = HW1.theory[0]
    cells = cells_of(
        HW1, "full", t1=CellScore(None, t1.manual_points - Fraction(1, 2), Fraction(2), t1.manual_points, False)
    )
    score = homework_score(HW1, COURSE.homework_points, cells)
    assert score.points == 13
    assert "14.5" in score.remarks[0]


def test_a_changed_answer_makes_the_mark_provisional():
    t1 = HW1.theory[0]
    cells = cells_of(HW1, "full", t1=CellScore(None, Fraction(1, 2), None, t1.manual_points, True))
    assert "changed since marked" in homework_score(HW1, COURSE.homework_points, cells).open[0]


def test_planned_homeworks_and_no_exam_make_everybody_provisional(tmp_path):
    course = sc.course_in(tmp_path)
    full = {homework.id: {"ada": cells_of(homework, "full")} for homework in course.given}
    (grade,) = course_grades(course, ["ada"], full, {}, {})
    assert grade.points == 13
    assert grade.reasons == ("hw2 not yet given", "no exam points")


def exam_file(tmp_path, text):
    path = tmp_path / "exam.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


@pytest.mark.parametrize(
    "text",
    [
        "student,points\nada,25.5\nбоб,0\n",
        "\ufeffstudent,points\r\nada,25.5\r\n\r\nбоб,0\r\n",
        "student;points\nada;25,5\nбоб;0\n",
        'Points , Student,room\n"25.5",ada,7\n0, боб ,7',
    ],
)
def test_an_exam_file_is_understood(tmp_path, text):
    assert read_exam(exam_file(tmp_path, text), COURSE, ["ada", "боб"]) == {"ada": Fraction(51, 2), "боб": 0}


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        ("", 1, "columns student and points"),
        ("student\nada\n", 1, "points"),
        ("student,points,points\nada,1,2\n", 1, "points"),
        ("student,points\nada,1\nada,2\n", 3, "twice"),
        ("student,points\nada,many\n", 2, "no number"),
        ("student,points\nada,nan\n", 2, "no number"),
        ("student,points\nada,1e400000\n", 2, "no number"),
        ("student,points\nada,1_0\n", 2, "no number"),
        ("student,points\nada,٣\n", 2, "no number"),
        ("student,points\nada,-1\n", 2, "between 0 and 26"),
        ("student,points\nada,26.01\n", 2, "between 0 and 26"),
        ("student,points\n\nzoe,1\n", 3, "zoe"),
        ("student,points\nada,1,2\n", 2, "3 fields"),
        ("student,points\nada,25,5\n", 2, "3 fields"),
        ('student,points\n"ada,1\n', 2, "not CSV"),
    ],
)
def test_a_malformed_exam_file_names_the_line(tmp_path, text, line, says):
    with pytest.raises(ExamError, match=rf"line {line}: .*{says}"):
        read_exam(exam_file(tmp_path, text), COURSE, ["ada"])


def test_an_exam_file_that_cannot_be_read(tmp_path):
    with pytest.raises(ExamError, match="there is no"):
        read_exam(tmp_path / "exam.csv", COURSE, [])
    with pytest.raises(ExamError, match="line 2: cannot be read as UTF-8.*ENCODING="):
        read_exam(exam_file(tmp_path, "student,points\nзоя,1".encode("cp1251")), COURSE, [])


@pytest.mark.parametrize("encoding", ["utf-16", "utf-8-sig", "utf-16-le"])
def test_an_exam_file_in_any_of_unicode_s_encodings(tmp_path, encoding):
    text = 'sep=;\r\nStudent;Points\r\nбоб;"25,5"\r\n'
    assert read_exam(exam_file(tmp_path, text.encode(encoding)), COURSE, ["боб"]) == {"боб": Fraction(51, 2)}


def test_all_faulty_lines_are_named(tmp_path):
    with pytest.raises(ExamError) as found:
        read_exam(exam_file(tmp_path, "student,points\nada,many\nghost,1\nada,99\n"), COURSE, ["ada"])
    assert "line 2: 'many'" in str(found.value) and "line 3: nobody called 'ghost'" in str(found.value)
    assert "line 4: ada is there twice" in str(found.value)


def test_absent_is_final_and_empty_is_not(tmp_path):
    exam = read_exam(
        exam_file(tmp_path, "student,points\nada,\nbob,Absent\ncyd,н/я\ndan,3\n"), COURSE, "ada bob cyd dan".split()
    )
    assert exam == {"bob": 0, "cyd": 0, "dan": 3} and exam.absent == {"bob", "cyd"}
    ada, bob, _, dan = course_grades(COURSE, ["ada", "bob", "cyd", "dan"], {}, {}, exam)
    assert "no exam points" in ada.reasons and ada.exam is None
    assert bob.reasons == dan.reasons == () and "was absent from the exam" in bob.remarks
    assert (bob.exam, dan.exam, dan.points) == (0, 3, 3)


def test_who_only_sat_the_exam_is_on_the_roster_or_asked_for(tmp_path):
    path = exam_file(tmp_path, "id,points\nEve@example.org,20\n")
    with pytest.raises(ExamError, match="UNKNOWN=take"):
        read_exam(path, COURSE, ["ada"])
    assert read_exam(path, COURSE, ["ada"], unknown=True) == {"Eve@example.org": 20}
    assert read_exam(path, COURSE, [], Roster([Student("eve", email="eve@example.org")])) == {"eve": 20}


def test_grades_open_in_a_spreadsheet_of_the_locale(tmp_path):
    grades = course_grades(COURSE, ["Łucja"], {}, {}, {"Łucja": Fraction(51, 2)})
    write_grades(tmp_path / "g.csv", COURSE, grades, style_of(";"))
    text = (tmp_path / "g.csv").read_bytes().decode("utf-8")
    assert (
        text.startswith('\ufeff"student";"hw1";') and '"Łucja";' in text and ';"25,5";' in text and "25.5" not in text
    )
    assert style_of(",") == Style(",", False) and style_of("\t") == Style("\t", False)


def test_the_locale_says_which_separator(monkeypatch):
    monkeypatch.setattr("locale.localeconv", lambda: {"decimal_point": ","})
    assert style_of() == Style(";", True)
    monkeypatch.setattr("locale.localeconv", lambda: {"decimal_point": "."})
    assert style_of() == Style(",", False)


def test_the_grades_are_csv_that_a_spreadsheet_may_open(tmp_path):
    students = ["=HYPERLINK(1)", "@x", "a,b", 'q"q', "Łucja", "-lead"]
    course = sc.course_in(tmp_path)
    grades = course_grades(course, students, {}, {}, {"a,b": Fraction(26)})
    write_grades(tmp_path / "grades.csv", course, grades)
    with open(tmp_path / "grades.csv", encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert sorted(row["student"] for row in rows) == sorted(["'=HYPERLINK(1)", "'@x", "a,b", 'q"q', "Łucja", "'-lead"])
    row = next(row for row in rows if row["student"] == "a,b")
    assert (row["exam"], row["points"], row["grade"], row["mark"], row["hw2"]) == ("26", "26", "1.25", "1", "")
    assert "hw1 was not handed in" in row["remarks"]


@given(st.text())
def test_no_text_becomes_a_formula(text):
    assert not unformula(text).startswith(("=", "+", "-", "@", "\t", "\r", "\n"))


@pytest.mark.parametrize("start", [*"=+-@＝＋－＠﹦﹢﹣﹫−⁼", "\t=", "\r=", "\n=", " =", "  ＝", "\u00a0="])
def test_whatever_begins_a_formula_gets_a_quote_before_it(start):
    assert unformula(f"{start}HYPERLINK(0)").startswith(("'", "\\u"))


def test_a_field_stays_one_field_where_semicolons_separate(tmp_path):
    write_grades(tmp_path / "grades.csv", COURSE, course_grades(COURSE, ['a;=1+1;"=2'], {}, {}, {}))
    with open(tmp_path / "grades.csv", encoding="utf-8-sig", newline="") as file:
        fields = [field for row in csv.reader(file, delimiter=";") for field in row]
    assert not [field for field in fields if field.startswith("=")]


def test_small_course_adds_up(tmp_path):
    course = sc.course_in(tmp_path)
    assert course.homework("hw1").automatic_points == 10
