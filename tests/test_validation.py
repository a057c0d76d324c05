"""`make validate`: mutants that are wrong in one place, results that are kept, and what the page says of them."""

import ast
import json
import math
import re
from dataclasses import replace
from fractions import Fraction

import pytest
from samples import sample

from autograder import provenance
from autograder.checking import FAILED, GRADER_ERROR, PASSED, load_checks
from autograder.course import homework_module, load_course
from autograder.releasing.release import reference_cells
from autograder.sandbox import sandbox_problem
from autograder.validation import __main__ as command
from autograder.validation import page
from autograder.validation.architectures import Grid
from autograder.validation.mutants import MUTATORS, mutants
from autograder.validation.proof import RIGHT, WRONG
from autograder.validation.trials import (
    ARCHITECTURE,
    MUTANT,
    REFERENCE,
    STUB,
    Result,
    Shelf,
    Trial,
    Workers,
    key,
    run,
    trials,
)

COURSE = load_course()
EXERCISES = [(homework, exercise) for homework in COURSE.given for exercise in homework.exercises]
SAMPLE = 4  # mutants of each homework in `make test`, of as many exercises; `make validate` tries them all


def written(body):
    """A cell with `body` as the solution of a function."""
    lines = "\n".join(f"    {line}" for line in body.splitlines())
    head = 'def f(x, n, generator=None):\n    """A sum + a product."""\n'
    return f"{head}    ### BEGIN SOLUTION\n{lines}\n    ### END SOLUTION\n"


def bodies(body):
    """Every mutant of that body, as text."""
    cell = written(body)
    found = [mutant.source for mutant in mutants(cell)]
    assert all(
        source.split("    ### BEGIN SOLUTION\n")[0] == cell.split("    ### BEGIN SOLUTION\n")[0] for source in found
    )
    inner = [source.split("### BEGIN SOLUTION\n")[1].split("    ### END SOLUTION")[0] for source in found]
    return {"\n".join(line.strip() for line in text.splitlines()) for text in inner}


@pytest.mark.parametrize(
    ("body", "mutant"),
    [
        ("return (x + 1) * n", "return (x + 1) / n"),
        ("return (x + 1) * n", "return ((x + 1))"),
        ("return (x + 1) * n", "return -((x + 1) * n)"),
        ("return x - n", "return (-n)"),
        ("return x < n", "return x <= n"),
        ("return x == n", "return x != n"),
        ("return -x", "return (x)"),
        ("return x[:, 1:]", "return x[:, 2:]"),
        ("return x[:n]", "return x[:n - 1]"),
        ("return x[n]", "return x[n + 1]"),
        ("for i in range(n):\n    x += i\nreturn x", "for i in range(1, n):\nx += i\nreturn x"),
        ("for i in range(n):\n    x += i\nreturn x", "for i in range(n):\nx -= i\nreturn x"),
        ("for i in range(n):\n    x += i\nreturn x", "for i in range(n):\npass\nreturn x"),
        ("return x.sum(-1)", "return x.mean(-1)"),
        ("return x.sum(-1)", "return x.sum()"),
        ("return x.sum(dim=0)", "return x.sum(dim=1)"),
        ("return x.sum(0, keepdim=True)", "return x.sum(0)"),
        ("return x.normal_(generator=generator)", "return x.normal_()"),
        ("return x.detach() * n", "return x * n"),
        ("return torch.exp(x)", "return (x)"),
        ("return torch.where(n, x, 0)", "return torch.where(n, 0, x)"),
        ("return x, n", "return n, x"),
        ("x.backward()\nreturn x", "pass\nreturn x"),
        ("x = x.flip(0)\nreturn x", "pass\nreturn x"),
        ("with torch.no_grad():\n    return x.exp()", "with torch.enable_grad():\nreturn x.exp()"),
        ("if n:\n    return x\nreturn n", "if not (n):\nreturn x\nreturn n"),
        ("return 0.5 * x", "return 1.0 * x"),
    ],
)
def test_a_mutant_for_each_mistake(body, mutant):
    assert mutant in bodies(body)


def test_only_what_a_student_writes_is_changed():
    assert bodies('raise ValueError(f"got {x + 1}")') == set()
    assert bodies('assert x, "no x"') == set()
    assert mutants("def f(x=1):\n    return x + 1\n") == []


def test_the_mutants_of_a_cell_are_different_programs_with_different_names():
    for _, source in reference_cells(COURSE.given[0])[1:]:
        found = mutants(source)
        shapes = {ast.dump(ast.parse(mutant.source)) for mutant in found}
        assert len(shapes) == len({mutant.name for mutant in found}) == len(found)
        assert ast.dump(ast.parse(source)) not in shapes


def test_every_mutator_finds_something_in_the_course():
    wanted = {mutator.__name__.replace("_", " ") for mutator in MUTATORS}
    found = set()
    for source in (source for homework in COURSE.given for _, source in reference_cells(homework)):
        found |= {mutant.kind for mutant in mutants(source)}
        if found >= wanted:
            break  # the mutants of the whole course are many
    assert found == wanted


@pytest.mark.parametrize(("failures", "tries", "bound"), [(0, 50, 1 - 0.05 ** (1 / 50)), (3, 3, 1.0)])
def test_the_upper_bound_of_a_rate(failures, tries, bound):
    assert math.isclose(page.upper_bound(failures, tries), bound, rel_tol=1e-9)


def test_the_upper_bound_covers():
    """With that rate, so few failures come in exactly one case of twenty."""
    rate = page.upper_bound(2, 40)
    few = sum(math.comb(40, k) * rate**k * (1 - rate) ** (40 - k) for k in range(3))
    assert math.isclose(few, 0.05, rel_tol=1e-9)


# --- a summary ------------------------------------------------------------------------------------------------------

HOMEWORK, EXERCISE = EXERCISES[0]
CHECKS = [check.id for check in load_checks(HOMEWORK, EXERCISE)]


def result(kind, name="x", seed=0, lost=(), state=FAILED):
    states = {check: state if check in lost else PASSED for check in CHECKS}
    return Result(f"{kind}{name}{seed}", HOMEWORK.id, EXERCISE.id, kind, name, seed, states)


def summary(*results, reasons=None):
    return page.Summary(HOMEWORK, EXERCISE, reasons or {}, list(results))


def test_all_is_well():
    good = summary(
        result(REFERENCE),
        result(STUB, lost=CHECKS),
        result(WRONG, lost=CHECKS[:1]),
        result(RIGHT),
        result(MUTANT, "killed", lost=CHECKS[:1]),
        result(MUTANT, "the same"),
        reasons={"the same": "it is"},
    )
    assert good.problems() == []
    assert page.kill_rate([good]) == (1, 1)


@pytest.mark.parametrize(
    ("found", "words"),
    [
        (result(REFERENCE, seed=7, lost=CHECKS[:1]), "seed 7"),
        (result(STUB, lost=CHECKS[1:]), "the stub gets"),
        (result(WRONG, "swapped"), "wrong answer swapped keeps"),
        (result(RIGHT, "numpy", lost=CHECKS[:1]), "right numpy loses"),
        (result(MUTANT, "m", lost=CHECKS[:1], state=GRADER_ERROR), "the grader broke"),
    ],
)
def test_what_is_wrong_is_said(found, words):
    assert any(words in problem for problem in summary(found).problems())


def test_a_mutant_listed_as_equivalent_must_be_there_and_live():
    killed = summary(result(MUTANT, "m", lost=CHECKS[:1]), reasons={"m": "why", "gone": "why"})
    assert len(killed.problems()) == 2
    assert killed.problems(whole=False) == []


def test_points_lost_are_the_checks_points():
    one = result(MUTANT, lost=CHECKS[:1])
    assert one.points_lost(summary().worth) == load_checks(HOMEWORK, EXERCISE)[0].points
    assert result(MUTANT).points_lost(summary().worth) == Fraction(0)


def test_every_mutant_has_a_row_with_what_it_loses():
    s = summary(
        result(MUTANT, "killed", lost=CHECKS[:2]), result(MUTANT, "alive"), result(MUTANT, "listed"), result(REFERENCE)
    )
    s.reasons["listed"] = "it just is"
    lost = sum(check.points for check in load_checks(HOMEWORK, EXERCISE)[:2])
    rows = [dict(zip(page.MUTANT_COLUMNS, row, strict=True)) for row in page.mutant_rows([s])]
    assert [(row["mutant"], row["verdict"]) for row in rows] == [
        ("killed", "killed"),
        ("alive", "alive"),
        ("listed", "equivalent"),
    ]
    assert [Fraction(row["points lost"]) for row in rows] == [lost, 0, 0]
    assert rows[0]["checks that notice"].split() == [check.partition("/")[2] for check in CHECKS[:2]]


def test_the_least_that_a_killed_mutant_loses_is_shown():
    first, second = (check.points / EXERCISE.points for check in load_checks(HOMEWORK, EXERCISE)[:2])
    s = summary(result(MUTANT, "a", lost=CHECKS[:1]), result(MUTANT, "b", lost=CHECKS[:2]), result(MUTANT, "c"))
    shown = dict(zip(page.COLUMNS, page.rows([s])[-1], strict=True))
    assert shown["lost"] == f"{float(first + second / 2):.0%}"
    assert shown["least"] == f"{float(first):.0%}"


def test_the_page_names_the_living_and_the_equivalent():
    s = summary(result(MUTANT, "a: `x|y` became `y`"), result(MUTANT, "the same"), reasons={"the same": "it just is"})
    text = page.page({HOMEWORK: [s]}, "make validate")
    assert "x\\|y" in text
    assert "it just is" in text
    assert "0 of the 1 mutants" in text


def test_the_page_counts_the_promises_where_there_are_some():
    homework = COURSE.homework("hw3")
    text = page.page({homework: [page.Summary(homework, exercise, {}) for exercise in homework.exercises]}, "")
    promises, sentences = map(int, re.search(r"(\d+) promises in the (\d+) sentences", text).groups())
    assert promises >= sentences > len(homework.exercises)


@pytest.mark.parametrize(
    ("toml", "words"),
    [
        ("[nothing_like_it]\nwhy = ['m']", "no exercise nothing_like_it"),
        (f"[{EXERCISE.id}]\nwhy = ['m']\nbecause = ['m']", "listed twice"),
        ("[", "no TOML"),
    ],
)
def test_a_list_of_equivalents_that_is_wrong(monkeypatch, tmp_path, toml, words):
    (tmp_path / HOMEWORK.id).mkdir()
    (tmp_path / HOMEWORK.id / "equivalent.toml").write_text(toml)
    monkeypatch.setattr(page, "CHECKS", tmp_path)
    with pytest.raises(page.ValidationError, match=words):
        page.equivalents(HOMEWORK)


# --- the shelf, and real trials -------------------------------------------------------------------------------------


def test_a_torn_line_is_tried_again(tmp_path):
    shelf = Shelf(tmp_path / "shelf.jsonl")
    shelf.add(result(REFERENCE, seed=1))
    with shelf.path.open("a") as file:
        file.write(json.dumps({"key": "torn"})[:-4])
    again = Shelf(shelf.path)
    again.add(result(REFERENCE, seed=2))
    assert list(Shelf(shelf.path).results.values()) == [result(REFERENCE, seed=1), result(REFERENCE, seed=2)]


def test_a_key_changes_with_what_decides_the_result(monkeypatch):
    trial = Trial(HOMEWORK.id, EXERCISE.id, REFERENCE, "reference", 0)
    assert key(trial) == key(replace(trial))
    assert key(trial) != key(replace(trial, seed=1))
    assert key(trial) != key(replace(trial, added="x = 1"))


# Until somebody has read the mutants that live, and written down which are right answers, there is nothing to hold to.
LOOKED_THROUGH = [
    homework for homework in COURSE.given if (provenance.CHECKS / homework.id / "equivalent.toml").exists()
]


@pytest.fixture(scope="module")
def one_worker():
    """A process that judges, with its sandbox: starting it costs more than the sample of a homework."""
    with Workers(1, "none" if sandbox_problem() else "bubblewrap") as workers:
        yield workers


@pytest.mark.xdist_group("mutants")
@pytest.mark.parametrize("homework", LOOKED_THROUGH, ids=lambda homework: homework.id)
def test_a_sample_of_mutants_loses_points(homework, tmp_path, one_worker):
    reasons = page.equivalents(homework)
    unlisted_trials = []
    for exercise in homework.exercises:
        listed = reasons.get(exercise.id, {})
        all_mutants = [trial for trial in trials(homework, exercise) if trial.kind == MUTANT]
        assert set(listed) <= {trial.name for trial in all_mutants}, "listed, but no mutant"
        unlisted = [trial for trial in all_mutants if trial.name not in listed]
        unlisted_trials += sample(unlisted, 1, lambda trial: trial.name)
    chosen_trials = sample(unlisted_trials, SAMPLE, lambda trial: f"{trial.exercise} {trial.name}")
    results = list(run(chosen_trials, Shelf(tmp_path / "shelf.jsonl"), one_worker))
    summaries = [
        page.Summary(homework, exercise, {}, [result for result in results if result.exercise == exercise.id])
        for exercise in homework.exercises
    ]
    assert [summary.broken for summary in summaries] == [[] for _ in summaries]
    killed, total = page.kill_rate(summaries)
    alive = [f"{s.exercise.id}, {result.name}" for s in summaries for result in s.alive]
    assert killed >= page.KILL_RATE * total, "\n".join(alive)


def test_what_was_tried_is_not_tried_again(tmp_path, monkeypatch, capsys):
    """The command on one exercise, without the sandbox: stub and reference, then once more."""
    monkeypatch.setattr(command, "SHELVES", tmp_path)
    monkeypatch.setattr(command, "sandbox_problem", lambda: "not here")
    arguments = [
        "--exercise",
        EXERCISE.id,
        "--hw",
        HOMEWORK.id,
        "--kinds",
        STUB,
        REFERENCE,
        "--seeds",
        "2",
        "--jobs",
        "1",
    ]
    assert command.main(arguments) == 0
    assert "2/2" in capsys.readouterr().out
    lines = (tmp_path / HOMEWORK.id / f"{EXERCISE.id}.jsonl").read_text()
    assert command.main(arguments) == 0
    assert (tmp_path / HOMEWORK.id / f"{EXERCISE.id}.jsonl").read_text() == lines
    assert (tmp_path / "mutants.csv").read_text().splitlines() == [",".join(page.MUTANT_COLUMNS)]
    assert command.main(["--exercise", "nothing"]) == 2


# --- architectures


def test_a_grid_is_every_combination_of_its_axes():
    grid = Grid("WIDTH and DEPTH\n", {"WIDTH": {"narrow": "1", "wide": "9"}, "DEPTH": {"flat": "2", "deep": "7"}})
    assert list(grid.programs()) == [
        ("narrow, flat", "1 and 2\n"),
        ("narrow, deep", "1 and 7\n"),
        ("wide, flat", "9 and 2\n"),
        ("wide, deep", "9 and 7\n"),
    ]


def test_every_grid_belongs_to_an_exercise_and_its_programs_are_python_without_words_left():
    for homework in COURSE.given:
        module = homework_module("autograder.checks.{}.architectures", homework.id)
        for exercise, grid in (module.GRIDS if module else {}).items():
            assert exercise in {e.id for e in homework.exercises}
            for _, program in grid.programs():
                ast.parse(program)
                assert not [word for word in grid.axes if word in program]


def test_an_architecture_that_loses_is_a_problem_and_stands_on_the_page():
    homework, exercise = EXERCISES[0]
    first, second, *_ = (check.id for check in load_checks(homework, exercise))
    summary = page.Summary(homework, exercise, {})
    summary.results += [
        Result("k", homework.id, exercise.id, ARCHITECTURE, "deep", seed, {first: PASSED, second: state})
        for seed, state in enumerate((PASSED, FAILED))
    ]
    (problem,) = summary.problems()
    assert f"the architecture deep loses {second} with seed 1" in problem
    (sentence,) = page.architecture_sentences([summary])
    assert "1 architectures, 1 of 2 runs kept all points" in sentence
