"""The staff's overview: numbers that are right, and a page that is safe."""

import small_course as sc

from autograder.judging import grading
from autograder.marks import final
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
