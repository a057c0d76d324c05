"""The public checks without a notebook: what a robot runs when a student pushes."""

import json

import pytest
from dgm import classroom

from autograder.course import load_course
from autograder.provenance import released_notebook
from autograder.releasing.reference import reference_cells

HOMEWORK = load_course().homework("hw1")
QUICK = "maximum_likelihood"


def notebook(tmp_path, leave_stubs=True, **more):
    document = json.loads(released_notebook(HOMEWORK).read_text(encoding="utf-8"))
    answers = dict(reference_cells(HOMEWORK))
    for cell in document["cells"]:
        name = cell["metadata"].get("nbgrader", {}).get("grade_id", "")
        if name == f"{QUICK}_code" and not leave_stubs:
            cell["source"] = answers[QUICK]
    document["cells"] = [
        cell
        for cell in document["cells"]
        if "check(" not in "".join(cell["source"]) or f'check("{QUICK}")' in "".join(cell["source"])
    ]
    document["cells"].append(
        {"cell_type": "code", "metadata": {}, "source": "%matplotlib inline\nraise SystemExit('a training')"}
    )
    path = tmp_path / "hw1.ipynb"
    path.write_text(json.dumps(document))
    return path


def test_a_stub_is_not_green_and_an_answer_is(tmp_path, capsys):
    assert classroom.main([str(notebook(tmp_path))]) == 1
    assert f"not green yet: {QUICK}" in capsys.readouterr().out
    assert classroom.main([str(notebook(tmp_path, leave_stubs=False))]) == 0
    assert "every public check is green" in capsys.readouterr().out


def kinds(source):
    return [type(statement).__name__ for statement in classroom.definitions(source)]


def test_only_definitions_run():
    assert kinds("import math\nA = math.pi\nprint(A)\ndef f():\n    return A\nf()") == [
        "Import",
        "Assign",
        "FunctionDef",
    ]
    assert kinds("model = train()\nmodel(1)") == kinds("%pip install x\n!ls") == []


def test_constants_and_methods_given_to_a_class_are_definitions_and_trainings_are_not():
    assert kinds("LOG_2PI = math.log(2 * math.pi)") == ["Assign"]
    assert kinds("VAE.sample = torch.no_grad()(draw)\nVAE.__init__ = wrapped(VAE.__init__)") == ["Assign", "Assign"]
    assert kinds("def helper():\n    pass\ncurve = dgm.fit(model, helper)") == ["FunctionDef"]


def test_what_was_skipped_is_no_fault_of_the_student_s(tmp_path, capsys):
    cells = ["curve = train()\nlast = curve[-1]\nlog_two = np.log(2.0)", "import numpy as np\nthird = missing + 1"]
    cells = [{"cell_type": "code", "metadata": {}, "source": source} for source in cells]
    (tmp_path / "x.ipynb").write_text(json.dumps({"cells": cells}))
    assert classroom.main([str(tmp_path / "x.ipynb")]) == 0
    told = capsys.readouterr().out
    assert "curve" not in told and "code cell 1: NameError: name 'np'" in told and "name 'missing'" in told


def test_checks_are_found_and_broken_cells_are_not_the_end():
    assert classroom.checked('check("elbo"); check("hw1/made")') == ["elbo", "hw1/made"]
    assert classroom.checked("def f(:") == []
    with pytest.raises(SyntaxError):
        classroom.definitions("def f(:")


def test_what_is_no_notebook_is_said(tmp_path, capsys):
    (tmp_path / "x.ipynb").write_text("{")
    assert classroom.main([str(tmp_path / "x.ipynb")]) == 2
    assert classroom.main([]) == 2
