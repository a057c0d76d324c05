"""`[grading] minimum` of course.toml: validated when it is read, and enforced before anything is graded."""

import pytest

from autograder.course import COURSE_FILE, PROTECTIONS, CourseError, load_course
from autograder.judging import batch, grading


def course_with(tmp_path, minimum):
    text = COURSE_FILE.read_text(encoding="utf-8")
    start = text.index("[grading]")
    end = text.index("[[homework]]", start)
    path = tmp_path / "course.toml"
    path.write_text(text[:start] + minimum + "\n" + text[end:], encoding="utf-8")
    return load_course(path)


def test_the_course_demands_the_namespaces_and_the_filter():
    assert (
        {"pid_namespace", "net_namespace", "no_new_privs", "seccomp"} <= set(load_course().minimum) <= set(PROTECTIONS)
    )


@pytest.mark.parametrize(
    ("minimum", "complaint"),
    [
        ('[grading]\nminimum = ["seccomp", "magic"]', "does not know magic"),
        ("[grading]\nminimum = 3", "must be a list"),
        ("[grading]\nmaximum = []", "does not know maximum"),
    ],
)
def test_a_minimum_that_nobody_understands_is_refused(tmp_path, minimum, complaint):
    with pytest.raises(CourseError, match=complaint):
        course_with(tmp_path, minimum)


def test_no_minimum_is_allowed(tmp_path):
    assert course_with(tmp_path, "").minimum == ()


class Weak:
    def describe(self):
        return {"namespaces": [], "seccomp": False}


def test_grading_refuses_below_the_minimum_and_not_with_isolation_none(monkeypatch):
    monkeypatch.setattr(grading, "load_material", lambda homework: None)
    monkeypatch.setattr(batch, "open_sandbox", lambda isolation: Weak())
    problem, _ = batch.preflight(["hw1"], "bubblewrap")
    assert "without user_namespace" in problem and "seccomp" in problem
    assert batch.preflight(["hw1"], "none")[0] == ""
