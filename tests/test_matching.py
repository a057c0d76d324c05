"""Theory answers are found whatever an editor has left of a notebook, and nobody else's text is taken for one."""

import json

import pytest
import small_course as sc

from autograder.course import load_course
from autograder.notebooks.matching import answers, match
from autograder.notebooks.reading import read_notebook
from autograder.provenance import released_notebook

HW1 = load_course().homework("hw1")
RELEASED = read_notebook(released_notebook(HW1).read_bytes())
SAYS = {"t1": "Because of Jensen.", "t2": "$q$ seeks a mode.", "t3": "Count the paths.", "t4": "Complete the square."}
SAYS |= {problem.id: f"What I think of {problem.id}." for problem in HW1.theory if problem.id not in SAYS}


def document():
    return json.loads(released_notebook(HW1).read_bytes())


def place(cells, name):
    return next(i for i, cell in enumerate(cells) if cell["metadata"].get("nbgrader", {}).get("grade_id") == name)


def filled(says=SAYS):
    made = document()
    for name, text in says.items():
        made["cells"][place(made["cells"], name)]["source"] = text
    return made


def found(made):
    return answers(HW1, RELEASED, read_notebook(json.dumps(made).encode()))


def stripped(made, ids=False, metadata=True):
    """What an editor leaves: no metadata, no ids, or neither."""
    for cell in made["cells"]:
        if metadata:
            cell["metadata"] = {}
        if ids:
            cell.pop("id", None)
    return made


def text(words):
    return {"cell_type": "markdown", "metadata": {}, "source": words}


@pytest.mark.parametrize("lost", [{}, {"ids": True}, {"ids": True, "metadata": False}, {"metadata": False}])
def test_answers_are_found_by_name_by_id_and_by_what_stands_around_them(lost):
    assert found(stripped(filled(), **lost)) == SAYS


@pytest.mark.parametrize("lost", [{"ids": True}, {"ids": False}])
def test_the_one_answer_that_was_given_is_not_taken_for_another(lost):
    """All untouched cells say the same: text alone would give the second problem's cell to the first."""
    assert found(stripped(filled({"t3": "Count."}), **lost)) == dict.fromkeys(SAYS, "") | {"t3": "Count."}


def test_colab_keeps_ids_in_the_metadata():
    made = filled()
    for cell in made["cells"]:
        cell["metadata"] = {"id": cell.pop("id")}
    made["cells"].reverse()
    assert found(made) == SAYS


@pytest.mark.parametrize("lost", [None, {"ids": True}])
def test_parts_in_another_order(lost):
    made = filled()
    at = place(made["cells"], "t3")
    made["cells"] = made["cells"][at - 1 : at + 4] + made["cells"][: at - 1] + made["cells"][at + 4 :]
    if lost:
        stripped(made, **lost)
    assert found(made) == SAYS


def test_an_answer_in_a_cell_of_its_own_below_the_untouched_one():
    made = document()
    at = place(made["cells"], "t2")
    made["cells"][at + 1 : at + 1] = [text("It seeks a mode."), text("And here is why.")]
    assert found(made)["t2"] == "It seeks a mode.\n\nAnd here is why."
    assert found(stripped(made, ids=True))["t2"] == "It seeks a mode.\n\nAnd here is why."


def test_an_answer_above_the_untouched_cell_or_instead_of_it():
    made = document()
    at = place(made["cells"], "t2")
    made["cells"].insert(at, text("It seeks a mode."))
    assert found(made)["t2"] == found(stripped(made, ids=True))["t2"] == "It seeks a mode."
    del made["cells"][at + 1]
    assert found(made)["t2"] == "It seeks a mode."


@pytest.mark.parametrize("missing", [True, False])
def test_an_answer_written_into_the_problem_s_own_cell(missing):
    made = document()
    at = place(made["cells"], "t1")
    made["cells"][at - 1]["source"] = "".join(made["cells"][at - 1]["source"]) + "\n\nMy answer: Jensen."
    if missing:
        del made["cells"][at]
    assert found(made)["t1"].endswith("My answer: Jensen.")
    assert found(stripped(made, ids=True))["t1"].endswith("My answer: Jensen.")


def test_the_text_of_an_answer_turned_into_code_or_raw_counts():
    for kind in ("code", "raw"):
        made = filled()
        made["cells"][place(made["cells"], "t1")]["cell_type"] = kind
        assert found(made) == SAYS


def test_neither_code_nor_notes_elsewhere_are_answers():
    made = document()
    at = place(made["cells"], "t1")
    made["cells"].insert(at + 1, {"cell_type": "code", "metadata": {}, "source": "x = 1", "outputs": []})
    made["cells"].insert(at - 4, text("A note about the figure."))
    made["cells"].append(text("Thank you for the homework!"))
    assert set(found(made).values()) == set(found(stripped(made, ids=True)).values()) == {""}


def test_a_duplicated_answer_cell_counts_wherever_the_text_is():
    made = document()
    at = place(made["cells"], "t1")
    made["cells"].insert(at + 1, json.loads(json.dumps(made["cells"][at])) | {"source": "Jensen."})
    assert found(made)["t1"] == "Jensen."


def test_no_cell_is_taken_twice_and_every_other_one_is_listed():
    made = stripped(filled(), ids=True)
    made["cells"][10:10] = [text("mine"), text("mine too")]
    theirs = read_notebook(json.dumps(made).encode())
    result = match(HW1, RELEASED, theirs)
    taken = list(result.places.values())
    others = [index for indices in result.added.values() for index in indices]
    assert len(set(taken)) == len(taken) == len(RELEASED.cells)
    assert sorted(taken + others) == list(range(len(theirs.cells)))


def test_nothing_at_all(tmp_path):
    homework = sc.course_in(tmp_path).homework("hw1")
    empty = read_notebook(b'{"nbformat": 4, "cells": []}')
    assert answers(homework, read_notebook(sc.notebook()), empty) == {"t1": ""}
