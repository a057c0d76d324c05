"""Forged answers: what they are, that none passes a few cheap exercises, and that what is excused exists."""

import pytest
import torch

from autograder import checking
from autograder.checking import PASSED, load_checks
from autograder.course import load_course
from autograder.validation import forgeries
from autograder.validation.forgeries import FORGERIES, Kept, page, unexcused

COURSE = load_course()
CHEAP = (("hw1", "f_divergence"), ("hw2", "gradient_estimators"), ("hw2", "gaussian_losses"), ("hw3", "coupling"))


@pytest.mark.parametrize(("homework", "exercise"), CHEAP)
def test_no_forgery_passes_without_an_excuse(homework, exercise):
    homework = COURSE.homework(homework)
    found = next(entry for entry in homework.exercises if entry.id == exercise)
    reference = checking.reference_namespace(homework)
    for check in load_checks(homework, found):
        passed = forgeries.passed(check, reference)
        assert unexcused(f"{homework.id}/{check.id}", passed) == [], check.id


def test_what_is_excused_exists():
    known = {
        f"{hw.id}/{check.id}" for hw in COURSE.given for exercise in hw.exercises for check in load_checks(hw, exercise)
    }
    assert {check for check, _ in forgeries.EXCUSED} <= known
    assert {name for _, name in forgeries.EXCUSED} <= {*FORGERIES, forgeries.ANY}


def test_the_forgeries_keep_the_form_and_change_the_numbers():
    right = [torch.tensor([1.0, 3.0]), {"a": 2, "b": "text"}, True, None]
    kept, other = Kept([right, [torch.zeros(2), {}, False, None]], ["ask", "ask"]), Kept([["another"]], ["ask"])
    made = {name: forge(0, kept, other) for name, forge in FORGERIES.items()}
    assert made["zeros"][0].tolist() == [0.0, 0.0] and made["zeros"][1:] == [{"a": 0.0, "b": "text"}, True, None]
    assert made["the mean everywhere"][0].tolist() == [2.0, 2.0] and made["the mean everywhere"][1]["a"] == 2.0
    assert made["rows in another order"][0].tolist() == [3.0, 1.0]
    assert made["another run's answers"] == ["another"]
    assert FORGERIES["the first answer again"](1, kept, other) is right


def test_a_check_that_compares_answers_with_each_other_is_found():
    """Two of the guest's answers that agree are no evidence: zeros agree as well."""
    homework = COURSE.homework("hw1")
    exercise = next(entry for entry in homework.exercises if entry.id == "f_divergence")
    check = load_checks(homework, exercise)[0]
    probe = check.module.alpha_divergences

    def compares(grade):
        p, q = check.module.random_pair(3, grade.rng)
        one, other = (grade.submission(probe, p, q, [0.5]) for _ in range(2))
        assert one == other, "it varies"

    careless = checking.replace(check, run=compares)
    reference = checking.reference_namespace(homework)
    assert {"zeros", "huge numbers", "another run's answers"} <= set(forgeries.passed(careless, reference))
    assert checking.run_check(careless, forgeries.Answering(careless, reference), reference, 0).state == PASSED


def test_the_page_says_what_was_given_and_why(monkeypatch):
    monkeypatch.setattr(forgeries, "EXCUSED", {("hw1/a/b", "zeros"): "it is zero"})
    rows = {
        "hw1/a/b": {"points": "0.2", "programs": 2, "passed": ["zeros"]},
        "hw1/a/c": {"points": "0.3", "programs": 0, "passed": ["ones"]},
        "hw1/a/d": {"points": "0.5", "programs": 0, "passed": []},
    }
    text = page(rows)
    assert "| hw1/a/b | 0.2 | 2 | 0.2 | zeros: it is zero |" in text
    assert "| hw1/a/c | 0.3 |  | 0.3 | ones: NOT DESERVED |" in text
    assert "| hw1/a/d | 0.5 |  | 0 |  |" in text
    assert "1 checks give points that are not deserved" in text
