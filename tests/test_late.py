"""Deadlines: what they cost, whom, and that they never cost more than there is."""

from datetime import UTC, datetime, timedelta
from fractions import Fraction
from zoneinfo import ZoneInfo

import pytest
import small_course as sc
from hypothesis import given
from hypothesis import strategies as st

from autograder.course import CourseError, load_course
from autograder.intake.extensions import ExtensionsError, with_extensions
from autograder.intake.roster import Roster, Student
from autograder.intake.times import CollectedTimes
from autograder.marks import final, late
from autograder.marks.gradebook import CellScore

DEADLINE = """
[homework.deadline]
due = 2026-10-12T23:59:00+02:00
grace_hours = 2
penalty_per_day = 1.3
extensions = { ada = 2026-10-19T23:59:00+02:00, bob = 2026-10-01T00:00:00+02:00 }
"""
DUE = datetime(2026, 10, 12, 21, 59, tzinfo=UTC)


def course_with(folder, deadline=DEADLINE):
    path = folder / "course.toml"
    path.write_text(sc.TOML.replace('title = "Numbers"\n', f'title = "Numbers"\n{deadline}', 1))
    return load_course(path)


@pytest.fixture
def homework(tmp_path):
    return course_with(tmp_path).homework("hw1")


@pytest.mark.parametrize(
    ("after", "days", "penalty"),
    [
        (timedelta(days=-3), 0, "0"),
        (timedelta(0), 0, "0"),
        (timedelta(hours=2), 0, "0"),
        (timedelta(hours=2, seconds=1), 1, "1.3"),
        (timedelta(days=1), 1, "1.3"),
        (timedelta(days=1, seconds=1), 2, "2.6"),
        (timedelta(days=400), 400, "13"),
    ],
)
def test_every_day_begun_costs_once_the_grace_is_over(homework, after, days, penalty):
    found = late.lateness(homework, "cyd", DUE + after)
    assert (found.days, found.penalty) == (days, Fraction(penalty))
    assert bool(found.sentence) == bool(days)


def test_extensions_lengthen_and_never_shorten(homework):
    assert late.lateness(homework, "ada", DUE + timedelta(days=6)) == late.ON_TIME
    assert late.lateness(homework, "bob", DUE - timedelta(days=1)) == late.ON_TIME
    assert "1 day after the deadline (2026-10-19" in late.lateness(homework, "ada", DUE + timedelta(days=7.5)).sentence


def test_without_deadline_or_time_nobody_is_late(homework, tmp_path):
    assert late.lateness(homework, "cyd", None) == late.ON_TIME
    assert late.lateness(sc.course_in(tmp_path).homework("hw1"), "cyd", DUE + timedelta(days=9)) == late.ON_TIME
    assert CollectedTimes(tmp_path).of("hw1", "cyd") is None


@given(st.fractions(min_value=0, max_value=13), st.fractions(min_value=0, max_value=30))
def test_a_penalty_never_goes_below_zero_nor_gives_points(points, penalty):
    left = late.Late(1, penalty, "late").reduced(points)
    assert 0 <= left <= points and left == max(points - penalty, 0)


def test_the_penalty_is_shown_apart_in_the_course_grade(homework, tmp_path):
    course = course_with(tmp_path)
    cells = {
        name: CellScore(
            Fraction(most) if name != "t1" else None, Fraction(3) if name == "t1" else None, None, Fraction(most), False
        )
        for name, most in (("add", 6), ("twice", 4), ("t1", 3))
    }
    found = late.lateness(homework, "cyd", DUE + timedelta(days=2))
    (grade,) = final.course_grades(course, ["cyd"], {"hw1": {"cyd": cells}}, {}, {}, lambda homework, student: found)
    assert (grade.points, grade.penalty) == (Fraction("10.4"), Fraction("2.6"))
    assert any("2.6 points are taken off" in remark for remark in grade.remarks)
    final.write_grades(tmp_path / "grades.csv", course, [grade])
    assert '"cyd","10.4","","-2.6","","10.4",' in (tmp_path / "grades.csv").read_text()


def test_an_extension_has_nobody_graded_anew(homework, tmp_path):
    """What decides about a regrade holds `repr(homework)`."""
    assert repr(homework) == repr(sc.course_in(tmp_path).homework("hw1"))


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("due = 2026-10-12", "with its offset"),
        ("due = 2026-10-12T23:59:00", "with its offset"),
        ('due = "soon"', "with its offset"),
        ("due = 2026-10-12T23:59:00Z\ngrace_hours = -1", "not negative"),
        ("due = 2026-10-12T23:59:00Z\npenalty_per_day = -1", "not negative"),
        ("due = 2026-10-12T23:59:00Z\npenalty_per_day = 0.001", "hundredths"),
        ("due = 2026-10-12T23:59:00Z\nextensions = 3", "extensions"),
        ("due = 2026-10-12T23:59:00Z\nextensions = { ada = 3 }", "ada"),
        ("grace_hours = 1", "due"),
    ],
)
def test_deadlines_that_cannot_be_used(tmp_path, line, says):
    with pytest.raises(CourseError, match=says):
        course_with(tmp_path, f"[homework.deadline]\n{line}\n")


# --- days on the clock of the course


def zoned(folder, due, **more):
    lines = "\n".join([f"due = {due}", *(f"{key} = {value}" for key, value in more.items())])
    text = sc.TOML.replace('title = "A small course"', 'title = "A small course"\ntime_zone = "Europe/Amsterdam"')
    deadline = f'title = "Numbers"\n[homework.deadline]\npenalty_per_day = 1.3\n{lines}\n'
    (folder / "course.toml").write_text(text.replace('title = "Numbers"\n', deadline, 1))
    return load_course(folder / "course.toml")


AMSTERDAM = ZoneInfo("Europe/Amsterdam")


@pytest.mark.parametrize(
    ("due", "came", "days"),
    [
        # The night of 24 to 25 October 2026 has 25 hours, that of 27 to 28 March 2027 has 23.
        ("2026-10-24T23:59:00", datetime(2026, 10, 25, 23, 59, tzinfo=AMSTERDAM), 1),
        ("2026-10-24T23:59:00", datetime(2026, 10, 25, 23, 59, 1, tzinfo=AMSTERDAM), 2),
        ("2027-03-27T23:59:00", datetime(2027, 3, 28, 23, 59, tzinfo=AMSTERDAM), 1),
        ("2027-03-27T23:59:00", datetime(2027, 3, 28, 23, 59, 1, tzinfo=AMSTERDAM), 2),
        ("2026-10-24T23:59:00", datetime(2026, 10, 25, 22, 59, 30, tzinfo=UTC), 2),
        ("2026-10-24T23:59:00+02:00", datetime(2026, 10, 25, 22, 59, 0, tzinfo=UTC), 1),
        ("2026-10-12T21:59:00Z", datetime(2026, 10, 12, 22, 0, tzinfo=UTC), 1),
        ("2026-10-25T02:30:00", datetime(2026, 10, 25, 2, 30, fold=1, tzinfo=AMSTERDAM), 1),
        ("2026-10-24T02:30:00", datetime(2026, 10, 25, 2, 30, tzinfo=AMSTERDAM), 1),
        ("2026-10-24T02:30:00", datetime(2026, 10, 25, 2, 30, fold=1, tzinfo=AMSTERDAM), 2),
    ],
)
def test_the_day_on_which_clocks_change_is_a_day(tmp_path, due, came, days):
    found = late.lateness(zoned(tmp_path, due).homework("hw1"), "cyd", came)
    assert (found.days, found.penalty) == (days, Fraction("1.3") * days)


def test_a_grace_is_a_length_of_time_also_in_that_night(tmp_path):
    homework = zoned(tmp_path, "2026-10-25T00:59:00", grace_hours=3).homework("hw1")
    assert late.lateness(homework, "cyd", datetime(2026, 10, 25, 1, 59, tzinfo=UTC)) == late.ON_TIME
    assert late.lateness(homework, "cyd", datetime(2026, 10, 25, 1, 59, 1, tzinfo=UTC)).days == 1


def test_both_moments_are_shown_in_the_course_s_zone_and_never_alike(tmp_path):
    homework = zoned(tmp_path, "2026-10-12T23:59:00").homework("hw1")
    said = late.lateness(homework, "cyd", datetime(2026, 10, 12, 21, 59, 30, tzinfo=UTC)).sentence
    assert "Collected 2026-10-12 23:59:30+02:00" in said and "(2026-10-12 23:59:00+02:00)" in said
    said = late.lateness(homework, "cyd", datetime(2026, 10, 13, 4, 0, tzinfo=UTC), "Handed in").sentence
    assert "Handed in 2026-10-13 06:00+02:00, 1 day after the deadline (2026-10-12 23:59+02:00)" in said


def test_a_zone_that_is_none(tmp_path):
    (tmp_path / "course.toml").write_text(
        sc.TOML.replace('title = "A small', 'time_zone = "Mars/Olympus"\ntitle = "A small')
    )
    with pytest.raises(CourseError, match="no time zone 'Mars/Olympus'"):
        load_course(tmp_path / "course.toml")


# --- extensions


def people(*ids):
    return Roster([Student(name, email=f"{name}@example.org") for name in ids])


def test_extensions_from_a_table(tmp_path):
    path = tmp_path / "extensions.csv"
    path.write_text("Student;HW;until\nada@example.org;1;2026-10-19 23:59\nada;hw1;2026-10-15 23:59\n")
    course = with_extensions(zoned(tmp_path, "2026-10-12T23:59:00"), path, people("ada", "bob"))
    homework = course.homework("hw1")
    assert homework.deadline.of("ada") == datetime(2026, 10, 19, 23, 59, tzinfo=AMSTERDAM)
    assert homework.deadline.of("bob") == datetime(2026, 10, 12, 23, 59, tzinfo=AMSTERDAM)
    assert repr(homework) == repr(sc.course_in(tmp_path).homework("hw1")), "nobody is graded anew"


def test_every_faulty_extension_is_named(tmp_path):
    path = tmp_path / "extensions.csv"
    path.write_text("id,homework,until\nadda,hw1,2026-10-19 23:59\nada,hw7,2026-10-19 23:59\nada,hw1,soon\n")
    with pytest.raises(ExtensionsError) as found:
        with_extensions(zoned(tmp_path, "2026-10-12T23:59:00"), path, people("ada", "bob"))
    assert "line 2: nobody called 'adda' is on the roster; is 'ada' meant?" in str(found.value)
    assert "line 3: there is no homework 'hw7'" in str(found.value) and "line 4: 'soon'" in str(found.value)


def test_an_extension_of_somebody_unknown_is_an_error(tmp_path):
    course = course_with(tmp_path)
    with pytest.raises(CourseError, match="nobody called 'bob' is on the roster"):
        with_extensions(course, tmp_path / "extensions.csv", people("ada"))
    assert with_extensions(course, tmp_path / "extensions.csv", Roster()) == course
