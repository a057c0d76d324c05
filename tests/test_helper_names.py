"""No point depends on a helper's name: what the released notebook calls its own things hides no helper of a student.

Nor does what a notebook shows: its experiments keep their names to themselves.
"""

import ast
import re
from functools import cache

import pytest
from samples import sample

from autograder import checking, provenance
from autograder.course import load_course
from autograder.judging.exercise import judge_exercise
from autograder.notebooks import Cell, Notebook, read_notebook, slice_exercise, slicing
from autograder.releasing.authoring import EXPERIMENT, TEXT, authored_cells
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
    return proof.solved_cells(homework)[exercise.id]


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
    assert len(names) > 20

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
    ("beta_bernoulli", "running_counts", "_lgamma", "show_views"),
    ("gaussian_mixture", "base", "log_likelihood", "trained_vae"),
    ("gaussian_mixture", "numpy_loops", "log_joint_table", "log_joint_of_vae"),
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


# What the experiments of a homework share, or show twice: no name that a student would choose for a helper.
SHARED = {
    "hw1": {
        *("digits_train", "digits_test", "digits_ink", "digits_independent", "digits_board"),
        *("masked_stack", "show_views", "nats_per_test_image", "mnist_test", "mnist_pixelcnn"),
        *("copy_decoder", "log_px_of_copies"),
    },
    "hw2": {
        *("em_points", "em_start", "shared_noise", "both_estimators", "trained_vae", "vae_of_2", "vae_of_8"),
        *("digits_train", "digits_test", "digits_board", "mnist_train", "mnist_test", "mnist_labels"),
        *("mnist_vae_of_2", "mnist_vae_of_16", "log_joint_of_vae", "log_px_on_a_plane"),
        *("run_on_chains", "chain_runs"),
    },
    "hw3": {
        *("FourBumps", "MNIST_LEVELS", "MnistPixelCNN", "anneal_in_bits", "bumps_on_uniform_noise"),
        *("draw_four_symbols", "fit_to_four_symbols", "flow_vae_matrix", "flow_vae_shift"),
        *("four_symbols_entropy", "four_symbols_probabilities", "mnist_flow", "mnist_flow_centre"),
        *("mnist_flow_spread", "mnist_from_noise", "mnist_histogram_bits", "mnist_pixelcnn_bits"),
        *("mnist_test", "mnist_train", "nll_of_four_symbols"),
    },
    "hw4": {
        *("mnist_train", "mnist_labels", "mnist_test", "binarised_digits", "mnist_vae_terms"),
        *("fitted_mnist_vae", "mnist_posteriors", "show_log_density_on_plane", "log_density_of_n01"),
        *("mnist_vae_of_2", "plane_means", "plane_log_stds", "plane_raster", "plane_log_aggregate"),
        *("fitted_flow_prior", "gan_cells", "gaussian_on_cells", "log_likelihood_of_ring"),
        *("implicit_ring_encoder", "gaussian_ring_posterior"),
    },
    "hw5": {
        *("binarised_mnist", "untrained_wgan_generator", "mnist_train", "mnist_train_labels"),
        *("mnist_test", "mnist_test_labels", "wgan_generator", "f_divergences_on_a_grid"),
        *("classifier_features", "classifier_head", "features_of_train", "features_of_test"),
        *("wgan_images", "table_of_two_latents", "logits_of_two_latents", "mnist_vqvae"),
        *("mnist_vqvae_codes", "mnist_vqvae_nats", "mnist_code_prior", "mnist_code_nats"),
    },
    "hw6": {
        *("digits_bars", "digits_unet", "digits_guided", "digits_films", "log_p_of_two_modes"),
        *("score_learnt_at_all_levels", "kernels_for_gaussian_data"),
    },
}


def left_behind(homework):
    """The names that a homework's experiments define at top level."""
    sources = [cell.source for cell in authored_cells(homework) if cell.kind == EXPERIMENT]
    return {
        name for source in sources for statement in slicing.read_code(source).statements for name in statement.binds
    }


@pytest.mark.parametrize("homework", COURSE.given, ids=lambda homework: homework.id)
def test_experiments_keep_their_names_to_themselves(homework):
    names = {name for name in left_behind(homework) if not name.startswith("experiment_")}
    assert names == SHARED[homework.id]


RULE = (
    "**Helpers and libraries.** Helper functions may stand in any cell and have any name; where you define a name "
    "twice, the last definition counts. Code that is graded may use torch, NumPy and Python's standard library."
)


@pytest.mark.parametrize("homework", COURSE.given, ids=lambda homework: homework.id)
def test_the_opening_says_what_helpers_and_libraries_are_allowed(homework):
    opening = next(cell.source for cell in authored_cells(homework) if cell.kind == TEXT)
    assert RULE in " ".join(opening.split())
