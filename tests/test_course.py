"""`course.toml`: the real one is right, and every way of breaking it gives a sentence that says where."""

import importlib
import shutil
from fractions import Fraction

import pytest
import small_course as sc
from hypothesis import given
from hypothesis import strategies as st

from autograder.course import (
    COURSE_FILE,
    CourseError,
    GradeRule,
    exact,
    format_points,
    homework_modules,
    load_course,
)

BINS = 'title = "How many bins?"\npoints = 0.1'
PIXELCNN = 'points = 1\nmodule = "pixelcnn"'


@pytest.fixture
def edited(tmp_path):
    """Load the real course.toml after replacing one text in it (which must be there)."""

    def load(old, new):
        text = COURSE_FILE.read_text()
        assert old in text, f"{old!r} is not in course.toml"
        path = tmp_path / "course.toml"
        path.write_text(text.replace(old, new, 1))
        return load_course(path)

    return load


def test_every_given_homework_is_worth_thirteen_and_the_course_104():
    course = load_course()
    assert course.total_points == 104
    assert len(course.homeworks) == 6
    assert course.given
    for homework in course.given:
        assert homework.automatic_points + homework.manual_points == 13


def test_no_exercise_is_worth_less_than_half_a_point():
    """A quarter of a homework's point is 0.03 of the mark: too little for an hour."""
    for homework in load_course().given:
        assert not [e.id for e in homework.exercises if not e.theory and e.points < Fraction(1, 2)]


def test_a_reflection_is_marked_by_hand_like_theory():
    homework = load_course().homework("hw1")
    reflections = [problem for problem in homework.theory if problem.id.startswith("r")]
    assert [problem.title for problem in reflections][0] == "How many bins?" and len(reflections) == 5
    assert all(problem.manual_points == problem.points == Fraction(1, 10) for problem in reflections)
    assert not any(exercise.theory in {problem.id for problem in reflections} for exercise in homework.exercises)


def test_exercises_are_unique_in_the_course():
    ids = [exercise.id for homework in load_course().given for exercise in homework.exercises if not exercise.theory]
    assert len(ids) == len(set(ids)), "check(name) finds an exercise by its id alone"


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        (PIXELCNN, PIXELCNN.replace("= 1", "= 1.5"), "hw1: its points make 13.5, not 13"),
        (
            PIXELCNN,
            PIXELCNN.replace("= 1", "= 1.255"),
            "hw1/pixelcnn: points must be a positive whole number of hundredths",
        ),
        (
            PIXELCNN,
            PIXELCNN.replace("= 1", "= -1"),
            "hw1/pixelcnn: points must be a positive whole number of hundredths",
        ),
        (PIXELCNN, PIXELCNN.replace("= 1", "= true"), "hw1/pixelcnn: points must be a number"),
        (PIXELCNN, PIXELCNN.replace("= 1", "= nan"), "hw1/pixelcnn: points must be a number"),
        (PIXELCNN, PIXELCNN.replace("= 1", '= "1"'), "hw1/pixelcnn: points must be a number"),
        (PIXELCNN, PIXELCNN.replace("points", "weight"), "misses points"),
        (PIXELCNN, PIXELCNN + "\nbonus = 1", "does not know bonus"),
        ("highest_mark = 10", "highest_mark = 10\nlowest = 0", "[grade]: does not know lowest"),
        ("highest_mark = 10", "highest_mark = 9.5", "highest_mark must be a whole number"),
        ("divisor = 8", "divisor = 0", "divisor must be positive"),
        (
            'needs = ["masked_conv"]',
            'needs = ["completion"]',
            "hw1/pixelcnn: needs completion, which does not come before",
        ),
        ('needs = ["masked_conv"]', 'needs = "masked_conv"', "needs must be a list of Python names"),
        ('names = ["PixelCNN"]', "names = []", "names must list what the student writes"),
        ('names = ["PixelCNN"]', 'names = ["MADE"]', "more than one name to write called MADE"),
        ('id = "pixelcnn"', 'id = "../pixelcnn"', "id must be a Python name"),
        ('id = "pixelcnn"', 'id = "made"', "more than one exercise, theory problem or reflection called made"),
        ('id = "hw3"', 'id = "hw1"', "more than one homework called hw1"),
        ('id = "hw3"', 'id = "hw3"\nplaned = true', "does not know planed"),
        ("points = 0.4 }", "points = 0.44 }", "hw1/t4, formula: is worth more than a third of its problem"),
        (BINS, BINS + "\nformula = {}", "hw1, a reflection: does not know formula"),
        (BINS, BINS.replace("0.1", "0"), "hw1/r1: points must be a positive whole number of hundredths"),
        ('id = "r1"', 'id = "t1"', "more than one exercise, theory problem or reflection called t1"),
        ("[course]", "[course", "is not valid TOML"),
        ("[grade]", "[rule]", "top level: misses grade"),
    ],
)
def test_a_broken_course_file_says_what_and_where(edited, old, new, sentence):
    with pytest.raises(CourseError) as caught:
        edited(old, new)
    assert sentence in str(caught.value)
    assert "course.toml" in str(caught.value)


def test_a_missing_course_file_is_named(tmp_path):
    with pytest.raises(CourseError, match="is missing"):
        load_course(tmp_path / "course.toml")


def test_bytes_that_are_not_text_are_refused(tmp_path):
    shutil.copy(COURSE_FILE, tmp_path / "course.toml")
    (tmp_path / "course.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(CourseError, match="not valid TOML"):
        load_course(tmp_path / "course.toml")


def test_unknown_and_planned_homeworks_are_told_apart(tmp_path):
    course = sc.course_in(tmp_path)
    with pytest.raises(CourseError, match="no homework 'hw9'"):
        course.homework("hw9")
    with pytest.raises(CourseError, match="planned but not written"):
        course.homework("hw2")
    with pytest.raises(CourseError, match="no exercise 'vae'"):
        course.homework("hw1").exercise("vae")


def test_what_a_homework_adds_is_found_by_its_name_in_the_courses_order(tmp_path, monkeypatch):
    course = load_course()
    first, second, third = [homework.id for homework in course.homeworks[:3]]
    package = tmp_path / "rooms_of_homeworks"
    package.mkdir()
    for name in ("__init__", third, first, "hw99"):
        (package / f"{name}.py").write_text(f"SAYS = {name!r}\n")
    monkeypatch.syspath_prepend(tmp_path)
    found = homework_modules("rooms_of_homeworks.{}", course)
    assert [(homework, module.SAYS) for homework, module in found.items()] == [(first, first), (third, third)]
    assert homework_modules("no_such_package.{}.stories", course) == {}
    (package / f"{second}.py").write_text("import no_such_module\n")
    importlib.invalidate_caches()
    with pytest.raises(ModuleNotFoundError, match="no_such_module"):
        homework_modules("rooms_of_homeworks.{}", course)


@given(st.integers(0, 10_400))
def test_the_grade_is_exact_and_the_mark_capped(hundredths):
    rule = GradeRule(Fraction(8), Fraction(-2), 10)
    points = Fraction(hundredths, 100)
    assert rule.grade(points) * 8 + 16 == points
    mark = rule.mark(points)
    assert 0 <= mark <= 10
    assert mark == 10 or mark <= max(0, rule.grade(points)) < mark + 1


@given(st.integers(0, 1_040_000))
def test_points_survive_the_gradebook_and_print_exactly(ten_thousandths):
    points = Fraction(ten_thousandths, 10_000)
    assert exact(float(points)) == points
    assert Fraction(format_points(points)) == points
