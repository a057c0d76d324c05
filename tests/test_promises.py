"""The PROMISES of the checks: what docstrings say is checked, and nothing else costs a point."""

import pytest

from autograder.checking import load_checks
from autograder.course import load_course
from autograder.sandbox.manners import KINDS
from autograder.validation.promises import Contract, contract, sentences

COURSE = load_course()
CONTRACTS = {
    homework: {exercise.id: contract(homework, exercise) for exercise in homework.exercises}
    for homework in COURSE.given
}


@pytest.mark.parametrize("homework", COURSE.given, ids=lambda homework: homework.id)
def test_every_sentence_is_held_by_a_check_and_every_check_holds_a_sentence(homework):
    assert {
        exercise: breaches
        for exercise, found in CONTRACTS[homework].items()
        if found and (breaches := found.breaches())
    } == {}


def test_every_documented_name_promises_something():
    assert all(found.count >= len(found.texts) for contracts in CONTRACTS.values() for found in contracts.values())


@pytest.mark.parametrize("homework", COURSE.given, ids=lambda homework: homework.id)
def test_bad_manners_are_allowed_to_names_of_the_exercise_only(homework):
    for exercise in homework.exercises:
        allowed = getattr(load_checks(homework, exercise)[0].module, "MAY", {})
        assert allowed.keys() <= set(exercise.names)
        assert {kind for kinds in allowed.values() for kind in kinds} <= KINDS.keys()


HEAD = "def area(width: float, height: float = 1.0) -> float:"
TEXT = "The area of a rectangle (Euclid, Eq. 1). Neither side\nis negative. (n,)."
GOOD = {
    "area": {
        "The area of a rectangle": "product",
        "Neither side is negative. (n,)": "product, positive",
        "height: float = 1.0": "product",
    }
}


def breaches(promises, text=TEXT, checks=("product", "positive")):
    return Contract({"area": [(HEAD, text)]}, promises, frozenset(checks)).breaches()


def test_a_contract_that_is_kept():
    assert sentences(TEXT) == ["The area of a rectangle (Euclid, Eq. 1).", "Neither side is negative.", "(n,)."]
    assert breaches(GOOD) == []


@pytest.mark.parametrize(
    ("promises", "text", "checks", "says"),
    [
        (GOOD, TEXT.replace("rectangle", "square"), ("product", "positive"), "area does not say: The area"),
        (GOOD, TEXT, ("product",), "no check positive would notice: Neither side"),
        (GOOD, TEXT, ("product", "positive", "fast"), "check fast stands for no promise"),
        (GOOD, TEXT + " Units are metres.", ("product", "positive"), "nothing is promised by: Units are metres."),
        (GOOD | {"length": {}}, TEXT, ("product", "positive"), "length is no public name"),
        ({}, TEXT, (), "nothing is promised by: Neither side is negative."),
    ],
)
def test_a_contract_that_is_broken_says_where(promises, text, checks, says):
    assert any(says in breach for breach in breaches(promises, text, checks))
