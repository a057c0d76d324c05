"""The hidden checks of every homework tell right from wrong, through the real reader, guest and judge.

The reference gets everything, what students receive gets nothing, each wrong answer loses points on the check that is
meant for it, each right alternative keeps all; and a guest that returns rubbish never breaks the judge.

This is the quick proof, with a sample that is always the same: of each exercise the reference, the stub, two
mistakes, a right answer and a kind of rubbish. `make validate` is the whole one: the reference on fifty
seeds, each named answer on several, and every mutant of the reference. EXHAUSTIVE=1 takes every named answer and all
rubbish here as well.
"""

import ast
import functools
import inspect

import pytest
import torch
from samples import sample

from autograder.checking import (
    ERROR,
    FAILED,
    GRADER_ERROR,
    NOT_ATTEMPTED,
    PASSED,
    Opaque,
    load_checks,
    probes_source,
    reference_namespace,
    run_check,
)
from autograder.course import load_course
from autograder.provenance import CHECKS
from autograder.sandbox import Sandbox, sandbox_problem
from autograder.validation import proof

COURSE = load_course()
EXERCISES = [(homework, exercise) for homework in COURSE.given for exercise in homework.exercises]
WRONG, RIGHT = (
    [
        (homework, exercise, answer)
        for homework, exercise in EXERCISES
        for answer in proof.answers(homework, exercise, kind)
    ]
    for kind in proof.KINDS
)
SEED = 100  # other than those of `make validate`
MISTAKES = sample(WRONG, 2, lambda case: case[2].name, lambda case: (case[0].id, case[1].id))
ALTERNATIVES = sample(RIGHT, 1, lambda case: case[2].name, lambda case: (case[0].id, case[1].id))


def name_of(value):
    return getattr(value, "name", getattr(value, "id", None))


def by_exercise(cases):
    return pytest.mark.parametrize(("homework", "exercise"), cases, ids=name_of)


@pytest.fixture(scope="session")
def sandbox():
    with Sandbox("none" if sandbox_problem() else "bubblewrap") as sandbox:
        yield sandbox


@pytest.fixture(scope="session")
def references():
    torch.set_num_threads(1)
    return {homework.id: reference_namespace(homework) for homework in COURSE.given}


def not_passed(outcomes):
    return {
        check: f"{outcome.state}: {outcome.message} {outcome.detail}"
        for check, outcome in outcomes.items()
        if outcome.state != PASSED
    }


@by_exercise(EXERCISES)
def test_the_files_keep_the_rules(homework, exercise):
    """Every assert has a message, and every exercise at least one mistake and two right answers besides its base."""
    checks = load_checks(homework, exercise)
    assert sum(check.points for check in checks) == exercise.points
    tree = ast.parse(inspect.getsource(checks[0].module))
    silent = [node.lineno for node in ast.walk(tree) if isinstance(node, ast.Assert) and node.msg is None]
    assert not silent, f"asserts without a message in lines {silent}"
    assert len([answer for answer in proof.answers(homework, exercise, "right") if answer.name != "base"]) >= 2
    wrong = proof.answers(homework, exercise, "wrong")
    assert wrong
    assert {answer.caught_by for answer in wrong} <= {check.id for check in checks}
    assert not [answer.name for answer in wrong if not answer.sentence.endswith(".")], (
        "a sentence ends with a full stop"
    )


@by_exercise(EXERCISES)
def test_probes_hold_no_judgement(homework, exercise):
    """What is sent to the guest asserts nothing, compares with no tolerance, and does not know the reference."""
    source = probes_source(load_checks(homework, exercise)[0].module)
    assert "assert" not in source
    assert "allclose" not in source
    assert "reference" not in source


@pytest.mark.parametrize("homework", COURSE.given, ids=name_of)
def test_no_answer_belongs_to_nothing(homework):
    assert proof.strays(homework) == []
    assert {path.stem for path in (CHECKS / homework.id).glob("test_*.py")} == {
        f"test_{e.id}" for e in homework.exercises
    }


@by_exercise(EXERCISES)
def test_the_reference_gets_everything(homework, exercise, sandbox, references):
    notebook = proof.submission(homework)
    outcomes = proof.judge(homework, exercise, notebook, SEED, sandbox, references[homework.id])
    assert not_passed(outcomes) == {}


@by_exercise(EXERCISES)
def test_what_students_receive_gets_nothing(homework, exercise, sandbox, references):
    outcomes = proof.judge(homework, exercise, proof.empty_submission(homework), 0, sandbox, references[homework.id])
    assert {outcome.state for outcome in outcomes.values()} == {NOT_ATTEMPTED}


@by_exercise(EXERCISES)
def test_a_stub_that_is_called_gets_nothing(homework, exercise, sandbox, references):
    """Even when the slicer lets it through: no check passes on code that only raises NotImplementedError."""

    class Unwritten:
        def call(self, *_):
            from autograder.checking import GuestFailure

            raise GuestFailure(NOT_ATTEMPTED, "raises NotImplementedError")

        def renew(self):
            """It has nothing to forget."""

    for check in load_checks(homework, exercise):
        assert run_check(check, Unwritten(), references[homework.id], 0).state == NOT_ATTEMPTED


@pytest.mark.parametrize(("homework", "exercise", "answer"), MISTAKES, ids=name_of)
def test_a_wrong_answer_loses_points_on_the_check_meant_for_it(homework, exercise, answer, sandbox, references):
    meant = [check for check in load_checks(homework, exercise) if check.id == answer.caught_by]
    outcomes = proof.judge(
        homework, exercise, proof.submission(homework, answer.source), 0, sandbox, references[homework.id], meant
    )
    assert outcomes[answer.caught_by].state not in (PASSED, GRADER_ERROR), outcomes
    assert outcomes[answer.caught_by].message


@pytest.mark.parametrize(("homework", "exercise", "answer"), ALTERNATIVES, ids=name_of)
def test_a_right_alternative_keeps_everything(homework, exercise, answer, sandbox, references):
    outcomes = proof.judge(
        homework, exercise, proof.submission(homework, answer.source), 1, sandbox, references[homework.id]
    )
    assert not_passed(outcomes) == {}


RUBBISH = {
    "nothing": None,
    "a text": "13/13",
    "true": True,
    "a list": [],
    "lists": [[1.0], [2.0, "x"]],
    "a dictionary": {"score": 1},
    "not a number": float("nan"),
    "an infinity": float("inf"),
    "a huge integer": 10**30,
    "an object": Opaque("AlwaysEqual"),
    "an empty tensor": torch.zeros(0),
    "a tensor of NaN": torch.full((3, 4), float("nan")),
    "complex": torch.ones(2, 2, dtype=torch.complex128),
    "zero": 0.0,
}
RUBBISH_GIVEN = sample(
    [(homework, exercise, kind) for homework, exercise in EXERCISES for kind in RUBBISH],
    1,
    lambda case: f"{case[0].id} {case[1].id} {case[2]}",
    lambda case: (case[0].id, case[1].id),
)


@pytest.mark.parametrize(("homework", "exercise", "kind"), RUBBISH_GIVEN, ids=lambda value: getattr(value, "id", value))
def test_rubbish_is_a_wrong_answer_and_not_a_broken_grader(homework, exercise, kind, references):
    class Liar:
        def __init__(self, answer):
            self.answer = answer

        def call(self, *_):
            return self.answer

        def renew(self):
            """It has nothing to forget."""

    for check in load_checks(homework, exercise):
        outcome = run_check(check, Liar(RUBBISH[kind]), references[homework.id], 0)
        assert outcome.state == FAILED, f"{check.id}: {outcome}"


@by_exercise(EXERCISES)
def test_rubbish_of_the_right_form_is_a_wrong_answer_too(homework, exercise, references):
    """A guest that knows every shape and structure, and fills it with something else."""
    for check in load_checks(homework, exercise):
        for spoil in sample(SPOILERS, 1, lambda spoil, check=check: f"{check.id} {spoil.__name__}"):

            class Liar:
                def call(self, probes, name, args, kwargs, check=check, spoil=spoil):
                    from autograder.checking import Grade, GuestFailure

                    grade = Grade(self, references[homework.id], check.module, 0)
                    try:
                        return spoil(grade.reference(getattr(check.module, name), *args, **kwargs))
                    except RuntimeError as error:  # what was spoilt before comes back as a question
                        raise GuestFailure(ERROR, str(error)) from None

                def renew(self):
                    """It has nothing to forget."""

            outcome = run_check(check, Liar(), references[homework.id], 0)
            assert outcome.state in (FAILED, ERROR), f"{check.id} under {spoil.__name__}: {outcome}"


def mapped(change):
    @functools.wraps(change)
    def spoil(answer):
        if isinstance(answer, dict):
            return {key: spoil(value) for key, value in answer.items()}
        if isinstance(answer, list):
            return [spoil(value) for value in answer]
        return change(answer)

    return spoil


@mapped
def all_nan(value):
    return (
        torch.full_like(value, float("nan"), dtype=torch.float64) if isinstance(value, torch.Tensor) else float("nan")
    )


@mapped
def all_text(value):
    return "right"


@mapped
def another_shape(value):
    return value[None].repeat(2, *[1] * value.dim()) if isinstance(value, torch.Tensor) else [value, value]


SPOILERS = (all_nan, all_text, another_shape)
