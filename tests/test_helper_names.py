"""No point depends on a helper's name: what the released notebook calls its own things hides no helper of a student."""

import ast
import re
from functools import cache

import pytest
from samples import sample

from autograder import checking, provenance
from autograder.course import load_course
from autograder.judging.exercise import judge_exercise
from autograder.notebooks import Cell, Notebook, read_notebook, slice_exercise, slicing
from autograder.releasing.release import reference_cells
from autograder.sandbox import Sandbox, sandbox_problem
from autograder.validation import proof

COURSE = load_course()


@cache
def released(homework):
    return read_notebook(provenance.released_notebook(homework).read_bytes())


def released_names(homework):
    """All that the notebook's own cells define at top level, the stubs of the exercises apart."""
    program, release = slicing._read(released(homework)), slicing._release(released(homework))
    return {name for statement in program.statements if not release.is_stub(statement) for name in statement.binds}


def handed_in(homework, sources, first=""):
    """The released notebook with some exercises' cells filled, and a cell of the student's above all others."""
    cells = [(cell.kind, sources.get(cell.grade_id, cell.source)) for cell in released(homework).cells]
    cells = [("code", first)] * bool(first) + cells
    return Notebook(tuple(Cell(index, kind, source) for index, (kind, source) in enumerate(cells, start=1)))


def solution(homework, exercise):
    return dict(reference_cells(homework))[exercise.id]


def last_definitions(sliced):
    """The source of the last statement that defines each name of a program."""
    found = {}
    for _, source in sliced.parts:
        for statement in slicing.read_code(source).statements:
            found |= dict.fromkeys(statement.binds, ast.unparse(statement.node))
    return found


PLACES = sample(
    [
        pytest.param(homework, place, id=f"{homework.id}-{place}")
        for homework in COURSE.given
        for place in ("above all cells", "in the first exercise's cell", "in the last exercise's cell")
    ],
    1,
    lambda case: case.id,
    lambda case: case.values[0].id,
)


@pytest.mark.parametrize(("homework", "place"), PLACES)
def test_a_helper_may_have_any_name_of_a_released_cell(homework, place):
    """Every exercise's first definition looks up a helper of each such name, but for what the exercise itself uses."""
    sources = {f"{exercise.id}_code": solution(homework, exercise) for exercise in homework.exercises}
    plain = handed_in(homework, sources)
    taken = [last_definitions(slice_exercise(plain, e, released(homework))) for e in homework.exercises]
    names = sorted(released_names(homework).difference(*taken))
    assert len(names) > 100

    helpers = "".join(f"\n\ndef {name}(*args):\n    return 'own'" for name in names)
    for exercise in homework.exercises:
        uses = f"def helped_{exercise.id}():\n    return {', '.join(names)}"
        sources[f"{exercise.id}_code"] += f"\n\n{uses}\n{exercise.names[0]}.helped = helped_{exercise.id}"
    if place != "above all cells":
        sources[f"{homework.exercises[0 if 'first' in place else -1].id}_code"] += helpers
    notebook = handed_in(homework, sources, helpers if place == "above all cells" else "")
    for exercise in homework.exercises:
        sliced = slice_exercise(notebook, exercise, released(homework))
        assert (sliced.state, sliced.message) == ("ready", "")
        found = last_definitions(sliced)
        assert [name for name in names if "'own'" not in found.get(name, "")] == []


JUDGED = [
    ("beta_bernoulli", "running_counts", "_lgamma", "gaussian"),
    ("gaussian_mixture", "base", "log_likelihood", "log_likelihood"),
    ("gaussian_mixture", "numpy_loops", "log_joint_table", "log_joint"),
]


@pytest.mark.parametrize(("where", "name", "helper", "renamed"), JUDGED)
def test_right_answers_keep_all_points_with_such_names(where, name, helper, renamed):
    homework = next(given for given in COURSE.given if where in {exercise.id for exercise in given.exercises})
    exercise = homework.exercise(where)
    assert renamed in released_names(homework)
    answer = next(answer for answer in proof.answers(homework, exercise, proof.RIGHT) if answer.name == name)
    source = re.sub(rf"\b{helper}\b", renamed, answer.source)
    assert f"def {renamed}" in source
    notebook = handed_in(homework, {f"{exercise.id}_code": source})
    sliced = slice_exercise(notebook, exercise, released(homework))
    checks = checking.load_checks(homework, exercise)
    with Sandbox("none" if sandbox_problem() else "bubblewrap") as sandbox, sandbox.guest() as guest:
        outcomes = judge_exercise(checks, sliced, guest, checking.reference_namespace(homework), 7).outcomes
    assert {check: outcome.message for check, outcome in outcomes.items() if outcome.state != checking.PASSED} == {}
