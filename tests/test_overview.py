"""The staff's overview: numbers that are right, and a page that is safe."""

from fractions import Fraction

import pytest
import small_course as sc

from autograder.checking import load_checks
from autograder.course import load_course
from autograder.judging import grading
from autograder.marks import final, late
from autograder.marks.gradebook import CellScore
from autograder.pages import overview

FORMER = {**sc.RIGHT, "add": "def add(a, b):\n    return a + b + (b == 0)"}


def class_of(course, **students):
    material = sc.material_of(course)
    return [
        grading.grade_submission(data, material, 7, sc.Guest()) | {"student": name} for name, data in students.items()
    ]


def made(tmp_path):
    course = sc.course_in(tmp_path)
    records = class_of(
        course,
        ada=sc.notebook(sc.RIGHT),
        bob=sc.notebook(FORMER),
        cyd=sc.notebook(),
        **{"<b>eve": b"{"},
    )
    return course, records


def test_shares_of_the_class_and_what_fails_most(tmp_path):
    course, records = made(tmp_path)
    add, twice, theory = overview.hardness(course.homework("hw1"), records, {})
    assert (add.full, add.some, add.none, add.count) == (1 / 3, 1 / 3, 1 / 3, 3)
    assert abs(add.mean - (6 + 4.5) / 18) < 1e-12
    assert twice.full == 2 / 3 and theory.count == 0
    (worst,) = overview.failing(records)
    assert (worst["id"], worst["lost"], worst["tried"]) == ("add/zero", 1, 2)
    assert worst["says"] == "7 + 0 is not 7 here"


def test_the_files_are_written_and_reproducible(tmp_path):
    course, records = made(tmp_path)
    grades = final.course_grades(course, [r["student"] for r in records], {}, {("<b>eve", "hw1"): "broken"}, {})
    files = overview.write_overview(tmp_path, course, {"hw1": records}, {}, grades)
    first = [path.read_bytes() for path in files]
    assert [
        path.read_bytes() for path in overview.write_overview(tmp_path, course, {"hw1": records}, {}, grades)
    ] == first
    picture, text = first[0], first[1].decode()
    assert picture.startswith(b"\x89PNG")
    assert "&lt;b&gt;eve could not be graded" in text and "<b>eve" not in text
    assert "1 of 2 (50 %)" in text and "default-src 'none'" in text and "<script" not in text


def test_an_empty_course_has_an_overview_too(tmp_path):
    overview.write_overview(tmp_path, sc.course_in(tmp_path), {"hw1": []}, {}, [])


def graded(course, records, exam=None):
    """Course grades where the automatic points are in the gradebook."""
    scores = {
        record["student"]: {
            entry["id"]: CellScore(Fraction(entry["points"]), None, None, Fraction(entry["max"]), False)
            for entry in record["exercises"]
        }
        | {"t1": CellScore(None, Fraction(0), None, Fraction(3), False)}
        for record in records
        if record["state"] == "graded"
    }
    return final.course_grades(course, [record["student"] for record in records], {"hw1": scores}, {}, exam or {})


def test_who_may_need_somebody_is_named_with_the_reason(tmp_path):
    course, records = made(tmp_path)
    grades = graded(course, [*records[:3]])
    assert overview.needing_help(course, grades) == [("cyd", "0 % of the points so far")]
    absent = final.course_grades(course, ["dan"], {}, {}, {})
    assert ("dan", "nothing handed in for hw1") in overview.needing_help(course, [*grades, *absent])


def test_lateness_is_counted_and_what_it_cost(tmp_path):
    course, records = made(tmp_path)
    lost = lambda homework, student: late.Late(2, Fraction("2.6"), "two days") if student == "ada" else late.ON_TIME  # noqa: E731
    cells = {"add": CellScore(Fraction(6), None, None, Fraction(6), False)}
    grades = final.course_grades(course, ["ada", "bob"], {"hw1": {"ada": cells, "bob": cells}}, {}, {}, lost)
    text = overview.page(course, {"hw1": records}, {}, grades, b"")
    assert "1 came late and lost 2.6 points by it." in text


def test_what_is_known_to_go_wrong_stands_beside_the_check(tmp_path, monkeypatch):
    (tmp_path / "hw1").mkdir()
    (tmp_path / "hw1" / "add.mistakes.md").write_text(
        "# Mistakes in add\n\n## zero\n\n### shifted: adds one to <zero>\n\n    - a\n    + b\n\n## small\n"
    )
    monkeypatch.setattr(overview, "CHECKS", tmp_path)
    course, records = made(tmp_path)
    assert overview.catalogued(course.homework("hw1")) == {"add/zero": ["adds one to <zero>"]}
    text = overview.page(course, {"hw1": records}, {}, graded(course, records[:3]), b"")
    assert "adds one to &lt;zero&gt;" in text
    assert text.index("<img") < text.index("May need somebody") < text.index("Exercises, the hardest first")


def test_every_checks_mistakes_of_the_course_are_found():
    for homework in load_course().given:
        known = {check.id for exercise in homework.exercises for check in load_checks(homework, exercise)}
        catalogued = overview.catalogued(homework)
        assert catalogued and set(catalogued) <= known


def test_a_long_title_keeps_what_tells_it_from_its_twin():
    long = "The M-step of a Gaussian mixture, and why EM never goes down at all"
    made = [overview._short(long + ending) for ending in ("", ": the formula", " (by hand)")]
    assert len(set(made)) == 3 and max(map(len, made)) <= overview.LONGEST_TITLE
    assert (
        made[1].endswith(" …: the formula") and made[2].endswith(" … (by hand)") and overview._short("MADE") == "MADE"
    )


@pytest.mark.parametrize("count", [1, 3])
def test_no_title_lies_under_the_legend_or_under_another(tmp_path, count):
    _, records = made(tmp_path)
    names = [f"hw{number}" for number in range(1, count + 1)]
    long = "A title that is much longer than what fits beside a bar in a picture with two columns"
    text = sc.HEAD + "".join(sc.HOMEWORK.format(id=name, title="Numbers", more="") for name in names)
    (tmp_path / "course.toml").write_text(text.replace('"Addition"', f'"{long}"'))
    course = load_course(tmp_path / "course.toml")
    drawn = overview.figure(course, dict.fromkeys(names, records), {}, graded(course, records[:3]))
    drawn.canvas.draw()
    renderer = drawn.canvas.get_renderer()
    (legend,) = drawn.legends
    boxes = [legend.get_window_extent(renderer)]
    boxes += [axes.get_tightbbox(renderer) for part in drawn.subfigs for axes in part.axes]
    assert len(boxes) == 2 + 2 * count
    whole = drawn.get_window_extent(renderer)
    for number, box in enumerate(boxes):
        assert whole.x0 <= box.x0 and box.x1 <= whole.x1
        assert not [other for other in boxes[:number] if box.overlaps(other)]
