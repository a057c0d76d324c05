"""A class that never was: what `make grade` grades where nothing was handed in.

Each member starts from the notebook that students receive, and fills in the reference, mistakes from the catalogues
beside the hidden checks, or something worse. `loses` says which exercises or checks each should get no points for, and
a test compares. Nothing here knows a point value, and nobody here is a real person.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

from autograder.checking import load_checks
from autograder.course import Course, Homework, format_points
from autograder.provenance import released_notebook, solved_path
from autograder.records import write_atomically
from autograder.releasing.reference import reference_cells
from autograder.validation import proof

EVERYTHING = "everything"

Document = dict[str, Any]


@dataclass(frozen=True)
class Member:
    """One student of the demo class. `loses` names exercises, checks, or `EVERYTHING`."""

    id: str
    story: str
    make: Callable[[Homework], Document]
    loses: tuple[str, ...] = ()
    readable: bool = True


def write_class(folder: Path, course: Course, homeworks: Iterable[Homework]) -> None:
    """Write the class's submissions into `folder`, in nbgrader's layout, and nothing else: what was there goes."""
    shutil.rmtree(folder, ignore_errors=True)
    for homework in homeworks:
        for member in members(homework):
            text = json.dumps(member.make(homework), ensure_ascii=False, indent=1)
            text = text if member.readable else text[: len(text) // 2]
            path = folder / member.id / homework.id / f"{homework.id}.ipynb"
            write_atomically(path, lambda file, text=text: file.write(text))


def members(homework: Homework) -> tuple[Member, ...]:
    """The class: for a homework without stories of its own, only one who solved it and one who did nothing."""
    return STORIES.get(homework.id, (PERFECT, EMPTY))


def expected_points(member: Member, homework: Homework) -> Fraction | None:
    """The automatic points a member should get; None for what cannot be graded."""
    if not member.readable:
        return None
    checks = [check for exercise in homework.exercises for check in load_checks(homework, exercise)]
    lost = set(member.loses)
    if unknown := lost - {EVERYTHING} - {c.id for c in checks} - {c.exercise for c in checks}:
        raise ValueError(f"{member.id} loses {', '.join(sorted(unknown))}, which is neither an exercise nor a check")
    kept = [c.points for c in checks if not {EVERYTHING, c.exercise, c.id} & lost]
    return sum(kept, Fraction(0))


def surprises(homework: Homework, graded: dict[str, Fraction]) -> list[str]:
    """Who of the class did not get what they should, in a sentence each; `graded` has the points of those graded."""
    found = []
    for member in members(homework):
        expected, got = expected_points(member, homework), graded.get(member.id)
        if expected != got:
            told = ["no points" if points is None else format_points(points) for points in (expected, got)]
            found.append(f"{member.id}/{homework.id} should get {told[0]} and got {told[1]}")
    return found


# --- notebooks ------------------------------------------------------------------------------------------------------


def released(homework: Homework) -> Document:
    return json.loads(released_notebook(homework).read_text(encoding="utf-8"))


def solved(homework: Homework, leave: Iterable[str] = (), **changes: str) -> Document:
    """The released notebook with the reference filled in, but for the exercises in `leave` and those in `changes`."""
    answers = dict(reference_cells(homework)) | changes
    notebook = released(homework)
    for cell in notebook["cells"]:
        name = _name(cell)
        if name.endswith("_code") and (exercise := name.removesuffix("_code")) not in leave:
            cell["source"] = answers[exercise]
    return _with_prose(homework, notebook)


def beside(homework: Homework, kind: str, names: Iterable[str]) -> list[str]:
    """The sources of answers that lie beside the hidden checks: `kind` is wrong or right, a name `exercise__what`.

    Raises KeyError for one that is not there.
    """
    exercises = {exercise.id: exercise for exercise in homework.exercises}
    sources = []
    for exercise, _, what in (name.partition("__") for name in names):
        known = {answer.name: answer.source for answer in proof.answers(homework, exercises[exercise], kind)}
        sources.append(known[what])
    return sources


def adding(notebook: Document, *sources: str, at: int | None = None) -> Document:
    """The notebook with further code cells, at the end or from position `at`."""
    where = len(notebook["cells"]) if at is None else at
    empty = {"cell_type": "code", "metadata": {}, "outputs": [], "execution_count": None}
    added = [{**empty, "id": f"added-{where + number}", "source": source} for number, source in enumerate(sources)]
    notebook["cells"][where:where] = added
    return notebook


def _name(cell: Document) -> str:
    return cell["metadata"].get("nbgrader", {}).get("grade_id", "")


def _with_prose(homework: Homework, notebook: Document) -> Document:
    """The model answers of the theory problems, where the solved notebook is there to take them from."""
    try:
        model = json.loads(solved_path(homework).read_text(encoding="utf-8"))
        prose = {_name(cell): cell["source"] for cell in model["cells"] if cell["cell_type"] == "markdown"}
    except (OSError, ValueError):
        prose = {}
    for cell in notebook["cells"]:
        if _name(cell) in {problem.id for problem in homework.theory}:
            cell["source"] = prose.get(_name(cell), "My answer is on the sheet that I gave to the assistant.")
    return notebook


# --- the class ------------------------------------------------------------------------------------------------------

MAGICS = """\
%matplotlib inline
!pip install --quiet everything
from google.colab import drive
drive.mount("/content/drive")
%cd /content/drive/MyDrive
"""
ENDLESS_TRAINING = """\
name = input("Who are you? ")
for epoch in range(10**12):
    loss = epoch
"""
ENDLESS_LOOP = """\
def fit_mle(counts, steps=500, learning_rate=1.0):
    while True:
        pass
"""
HOG = """\
def mc_expectation(f, sampler, n, generator):
    return f(torch.zeros(10**13))


def histogram_density(x, edges):
    kept = []
    while True:
        kept.append(torch.empty(100_000_000))
"""
FORGERY = '''\
import gc, math, os, sys


class Winner(float):
    """Equal to everything, smaller and larger than everything, and true."""

    __eq__ = __ne__ = __lt__ = __le__ = __gt__ = __ge__ = lambda self, other: True
    __hash__ = float.__hash__
    __bool__ = lambda self: True
    __call__ = __getattr__ = lambda self, *args, **kwargs: Winner(13)

    def __init__(self, *args, **kwargs):
        torch.allclose = torch.equal = math.isclose = np.allclose = lambda *a, **k: True
        torch.Tensor.all = torch.Tensor.any = torch.Tensor.__bool__ = lambda *a, **k: True
        for found in gc.get_objects():
            if type(found).__name__ in ("Check", "Outcome", "Grade"):
                found.__dict__.update(state="passed", points=13)


def shout(*args, **kwargs):
    for descriptor in range(64):
        try:
            os.write(descriptor, b'{"answer": 13, "state": "passed", "score": 13}\\n')
        except OSError:
            pass
    return Winner(13)


def leave(*args, **kwargs):
    print("Grade :=>> 13")
    os._exit(0)


def peek(*args, **kwargs):
    frame = sys._getframe()
    while frame:
        for name in ("expected", "reference", "want", "truth"):
            if name in frame.f_locals:
                return frame.f_locals[name]
        frame = frame.f_back
    return Winner(13)


'''
LATER = (
    "causal_conv",
    "wavenet",
    "masked_conv",
    "pixelcnn",
    "receptive_field_map",
    "completion",
    "beta_bernoulli",
    "naive_monte_carlo",
    "elbo",
)
MISTAKES = (
    "maximum_likelihood__sum_instead_of_mean",
    "monte_carlo__sqrt_n_missing",
    "beta_bernoulli__map_is_mle",
    "naive_monte_carlo__mean_of_logs",
    "t2_formula__mode_seeking",
)
ALTERNATIVES = ("maximum_likelihood__numpy_and_closed_form", "monte_carlo__numpy_with_ddof_zero", "elbo__numpy")
AFTER_THE_LOSSES = (
    "gradient_estimators",
    "vae",
    "amortisation",
    "vae_gap",
    "collapse",
    "decoder_weakening",
    "importance_weighting",
    "change_of_variables",
    "t3_formula",
    "t4_formula",
)
LATENT_MISTAKES = (
    "gradient_estimators__score_std_forgotten",
    "decoder_weakening__clamp_of_the_total",
    "importance_weighting__mean_of_logs",
    "t4_formula__never_collapses",
)
UNWRITTEN = ("vae", "amortisation")
LATENT_ALTERNATIVES = (
    "gaussian_mixture__numpy_loops",
    "collapse__numpy",
    "vae_gap__numpy",
    "t4_formula__difference_of_logs",
)
LATENT_FORGERIES = ("vae__forged_constant_model", "amortisation__forged_constants", "collapse__forged_table")


def solved_with(*mistakes: str, leave: Iterable[str] = ()) -> Callable[[Homework], Document]:
    """Solved, but for the exercises in `leave`, and with wrong answers added below: `exercise__mistake`."""
    return lambda homework: adding(solved(homework, leave), *beside(homework, proof.WRONG, mistakes))


def solved_until(*later: str) -> Callable[[Homework], Document]:
    """Solved, but for the exercises that come later."""
    return lambda homework: solved(homework, leave=later)


def otherwise(*alternatives: str) -> Callable[[Homework], Document]:
    """Solved, with right answers of another kind: `exercise__what_differs`."""
    return lambda homework: adding(solved(homework), *beside(homework, proof.RIGHT, alternatives))


def only(*mistakes: str) -> Callable[[Homework], Document]:
    """The notebook as received, but for these wrong answers."""
    return lambda homework: adding(released(homework), *beside(homework, proof.WRONG, mistakes))


def half_done(homework: Homework) -> Document:
    return solved(homework, leave=LATER)


def _colab(homework: Homework) -> Document:
    return adding(adding(solved(homework), MAGICS, at=0), ENDLESS_TRAINING)


def _typo(homework: Homework) -> Document:
    broken = dict(reference_cells(homework))["naive_monte_carlo"].replace("def naive_log_px(", "def naive_log_px((", 1)
    return solved(homework, naive_monte_carlo=broken)


def _endless(homework: Homework) -> Document:
    return adding(solved(homework), ENDLESS_LOOP)


def _hog(homework: Homework) -> Document:
    return solved(homework, monte_carlo=HOG)


def _forger(homework: Homework) -> Document:
    ways = ("Winner(13)", "shout", "leave", "peek")
    names = [name for exercise in homework.exercises for name in exercise.names]
    claims = "".join(f"{name} = {ways[number % len(ways)]}\n" for number, name in enumerate(names))
    return adding(released(homework), FORGERY + claims)


PERFECT = Member("ada-lindqvist", "solved everything", solved)
EMPTY = Member("emil-okonkwo", "handed in the notebook as received", released, (EVERYTHING,))

STORIES: dict[str, tuple[Member, ...]] = {
    "hw1": (
        PERFECT,
        Member(
            "bruno-achterberg",
            "one term of the ELBO in closed form",
            solved_with("elbo__closed_form_kl"),
            ("elbo/value", "elbo/zero_variance"),
        ),
        Member("chiara-novak", "stopped half-way", half_done, LATER),
        Member(
            "dilnoza-karimova",
            "five ordinary mistakes",
            solved_with(*MISTAKES),
            (
                "maximum_likelihood",
                "monte_carlo/standard_error_is_that_of_the_mean",
                "beta_bernoulli/map_estimate",
                "naive_monte_carlo/value",
                "naive_monte_carlo/unbiased",
                "naive_monte_carlo/far_away",
                "t2_formula",
            ),
        ),
        EMPTY,
        Member("farid-castellan", "the upload broke off", solved, readable=False),
        Member("grete-solheim", "an endless loop", _endless, ("maximum_likelihood/fit_reaches_the_frequencies",)),
        Member("hugo-mwangi", "tries to forge the score", _forger, (EVERYTHING,)),
        Member("imani-leblanc", "takes all the memory", _hog, ("monte_carlo",)),
        Member("jonas-papadakis", "works in Colab: magics, a mounted drive, endless training", _colab),
        Member("kavya-moreau", "writes numpy and float64", otherwise(*ALTERNATIVES)),
        Member("lev-ferreira", "a slip of the keyboard in one cell", _typo, ("naive_monte_carlo",)),
        Member(
            "mira-tanaka",
            "a mistake that others build on",
            solved_with("masked_conv__always_b"),
            (
                "masked_conv/kind_a",
                "masked_conv/stack_is_autoregressive",
                "masked_conv/learns_any_masked_filter",
                "pixelcnn/logits_do_not_look_ahead",
                "pixelcnn/samples_follow_the_logits",
                "pixelcnn/learns_digits",
            ),
        ),
        Member("Ольга-Łukasik-田中", "solved everything, and has a name", solved),
    ),
    "hw2": (
        PERFECT,
        Member("chiara-novak", "stopped after the losses", solved_until(*AFTER_THE_LOSSES), AFTER_THE_LOSSES),
        Member(
            "dilnoza-karimova",
            "four ordinary mistakes, and no VAE yet",
            solved_with(*LATENT_MISTAKES, leave=UNWRITTEN),
            (
                *UNWRITTEN,
                "gradient_estimators/score_is_unbiased",
                "gradient_estimators/jumps",
                "decoder_weakening/free_bits",
                "decoder_weakening/free_bits_gradient",
                "importance_weighting/bound",
                "importance_weighting/between_elbo_and_evidence",
                "importance_weighting/any_size",
                "importance_weighting/gradient",
                "t4_formula/collapsed",
            ),
        ),
        EMPTY,
        Member("hugo-mwangi", "answers that fit whatever is asked", only(*LATENT_FORGERIES), (EVERYTHING,)),
        Member("kavya-moreau", "writes numpy and float64", otherwise(*LATENT_ALTERNATIVES)),
    ),
}
