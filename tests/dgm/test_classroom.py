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


def test_only_definitions_run():
    tree = classroom.definitions("import math\nA = math.pi\nprint(A)\ndef f():\n    return A\nf()")
    assert [type(statement).__name__ for statement in tree.body] == ["Import", "Assign", "FunctionDef"]
    assert classroom.definitions("model = train()\nmodel(1)") is None
    assert classroom.definitions("%pip install x\n!ls") is None


def test_checks_are_found_and_broken_cells_are_not_the_end():
    assert classroom.checked('check("elbo"); check("hw1/made")') == ["elbo", "hw1/made"]
    assert classroom.checked("def f(:") == []
    with pytest.raises(SyntaxError):
        classroom.definitions("def f(:")


def test_what_is_no_notebook_is_said(tmp_path, capsys):
    (tmp_path / "x.ipynb").write_text("{")
    assert classroom.main([str(tmp_path / "x.ipynb")]) == 2
    assert classroom.main([]) == 2
