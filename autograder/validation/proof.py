"""The proof that the checks check: answers whose verdict is known, sent through the real reader, guest and judge.

Beside the hidden checks lie `<exercise>.mistakes.md`, a catalogue of plausible wrong answers, each of which must lose
points on the check under which it stands (`autograder.validation.catalogue` says how it is written), and
`right/<exercise>__<what differs>.py`, each a correct alternative that must keep them all. Both stand for a cell that a
student added below the reference's. Of every exercise with networks one more right answer is made here: its networks
own parts that no check expects.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from types import SimpleNamespace

from torch import nn

from autograder import checking
from autograder.checking import Check, Outcome
from autograder.course import Exercise, Homework
from autograder.judging.exercise import judge_exercise
from autograder.notebooks import Cell, Notebook, slice_exercise
from autograder.provenance import CHECKS
from autograder.releasing.release import reference_cells, stub_cells
from autograder.sandbox import Sandbox
from autograder.validation import catalogue

WRONG, RIGHT = KINDS = ("wrong", "right")

# What a network may own without doing anything else than before: a probe that walks over its parts must bear all of it.
# Where the docstring says which parameters there are (PARAMETERS_GIVEN in the file of checks) buffers alone are odd.
ODD_PARAMETERS = """
        self.register_parameter("odd_frozen", nn.Parameter(torch.ones(2, 3), requires_grad=False))
        self.register_parameter("odd_empty", nn.Parameter(torch.empty(4, 0, 1), requires_grad=False))
        self.register_parameter("odd_absent", None)"""
ODD_PARTS = """
def own_odd_parts(construct):
    def construct_with_odd_parts(self, *args, **kwargs):
        construct(self, *args, **kwargs)PARAMETERS
        self.register_buffer("odd_complex", torch.ones(2, dtype=torch.complex64))
        self.register_buffer("odd_strided", torch.arange(6.0).reshape(2, 3).T)
        self.register_buffer("odd_whole", torch.tensor(3))
        self.register_buffer("odd_forgotten", torch.zeros(0), persistent=False)

    return construct_with_odd_parts
"""


@dataclass(frozen=True)
class Answer:
    """An answer to one exercise whose verdict is known.

    Of a wrong one `caught_by` names the check meant for it and `sentence` says what is wrong.
    """

    kind: str
    name: str
    exercise: str
    source: str
    caught_by: str = ""
    sentence: str = ""


def answers(homework: Homework, exercise: Exercise, kind: str) -> list[Answer]:
    """The wrong or right answers that lie beside the checks of an exercise. Raises CheckFileError for a bad file.

    The base of a catalogue is a right answer, named `base`; networks with odd parts are one named `odd parts`.
    """
    known = _catalogue(homework, exercise)
    if kind == WRONG:
        return [
            Answer(WRONG, m.name, exercise.id, m.source, f"{exercise.id}/{m.check}", m.sentence) for m in known.mistakes
        ]
    base = [Answer(RIGHT, "base", exercise.id, known.base)] if known.base else []
    paths = sorted((CHECKS / homework.id / RIGHT).glob(f"{exercise.id}__*.py"))
    sources = {path.stem.partition("__")[2]: path.read_text(encoding="utf-8") for path in paths}
    if odd := _odd_parts(homework, exercise):
        sources["odd parts"] = odd
    return base + [Answer(RIGHT, name, exercise.id, source) for name, source in sources.items()]


def _odd_parts(homework: Homework, exercise: Exercise) -> str:
    """A cell after which the exercise's networks own parts that no check expects; "" where it has no networks."""
    reference = vars(checking.reference_namespace(homework))
    classes = [name for name in exercise.names if isinstance(reference[name], type)]
    networks = [name for name in classes if issubclass(reference[name], nn.Module)]
    if not networks:
        return ""
    given = hasattr(checking.load_checks(homework, exercise)[0].module, "PARAMETERS_GIVEN")
    odd = ODD_PARTS.replace("PARAMETERS", "" if given else ODD_PARAMETERS)
    return odd + "".join(f"{name}.__init__ = own_odd_parts({name}.__init__)\n" for name in networks)


def strays(homework: Homework) -> list[str]:
    """Catalogues and files in right/ that belong to no exercise: they would prove nothing."""
    ids = {exercise.id for exercise in homework.exercises}
    folder = CHECKS / homework.id
    belongs = {path: path.name.removesuffix(catalogue.SUFFIX) for path in folder.glob(f"*{catalogue.SUFFIX}")}
    belongs |= {path: path.stem.partition("__")[0] for path in (folder / RIGHT).glob("*.py")}
    return sorted(str(path) for path, exercise in belongs.items() if exercise not in ids)


@cache
def solved_cells(homework: Homework) -> dict[str, str]:
    """The reference as a notebook has it: the setup's imports and each exercise's cell. Not to be changed."""
    return dict(reference_cells(homework))


def submission(homework: Homework, added: str = "", replaced: Mapping[str, str] | None = None) -> Notebook:
    """The reference as a student's notebook, with a cell added at the end or some exercises' cells replaced."""
    cells = {**solved_cells(homework), **(replaced or {})}
    return _notebook([*cells.items(), *([("added", added)] if added else [])])


@cache
def empty_submission(homework: Homework) -> Notebook:
    """The notebook as students receive it."""
    return _notebook(stub_cells(homework))


def judge(
    homework: Homework,
    exercise: Exercise,
    notebook: Notebook,
    seed: int,
    sandbox: Sandbox,
    reference: SimpleNamespace,
    checks: Iterable[Check] | None = None,
) -> dict[str, Outcome]:
    """The outcome of each check of one exercise (of these checks alone, if some are given), by check id."""
    checks = checking.load_checks(homework, exercise) if checks is None else tuple(checks)
    sliced = slice_exercise(notebook, exercise, empty_submission(homework))
    with sandbox.guest() as guest:
        return judge_exercise(checks, sliced, guest, reference, seed).outcomes


@cache
def _catalogue(homework: Homework, exercise: Exercise) -> catalogue.Catalogue:
    path = CHECKS / homework.id / f"{exercise.id}{catalogue.SUFFIX}"
    if not path.exists():
        return catalogue.Catalogue("", ())
    checks = [check.id.partition("/")[2] for check in checking.load_checks(homework, exercise)]
    return catalogue.read(path, exercise.id, checks, solved_cells(homework)[exercise.id])


def _notebook(cells: Iterable[tuple[str, str]]) -> Notebook:
    return Notebook(tuple(Cell(index, "code", source) for index, (_, source) in enumerate(cells, start=1)))
