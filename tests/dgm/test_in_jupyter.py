"""What a student sees in a notebook: run by a real kernel, the toolkit taken from its folder."""

import re
from pathlib import Path

import dgm
import nbclient
import nbformat
import numpy as np
import pytest
import torch

TOOLKIT = Path(__file__).resolve().parents[2] / "homeworks"

CHECKS = """
from dgm.checking import public_check


@public_check("it doubles")
def doubles(student):
    assert student.double(3) == 6, "<b>6</b>"
"""

CELLS = {
    "setup": f"import sys; sys.path.insert(0, {str(TOOLKIT)!r})\nimport dgm, torch\nfrom pathlib import Path\n"
    "from dgm import check, stubs\nstubs.CHECKS = Path('checks')\ndgm.setup(seed=3)",
    "seeded": "import numpy\nprint(torch.get_num_threads(), torch.rand(()).item(), numpy.random.rand())",
    "stub": 'def double(x):\n    raise NotImplementedError("double: write double")',
    "needs the stub": "double(3)",
    "lost to the stub": "a = 1\nfor i in range(3):\n    twice = double(a)",
    "misses what was lost": "half = twice / 2",
    "misses that in turn": "half",
    "a name of nobody": "nobody",
    "check of the stub": 'check("double")',
    "other": "torch.nn.Module()(1)",
    "written": "def double(x):\n    return [0, x][7]",
    "check with an error": 'check("double")',
    "right": "def double(x):\n    print('debug')\n    return 2 * x",
    "check of what is right": 'check("double")',
    "unknown": 'check("duoble")',
    "mnist": "from dgm import images\nimages.FOLDER = Path('nowhere')\ndgm.mnist()",
    "picture": "dgm.show_curve([1, 0.5], 'Loss')",
    "several pictures": "dgm.show_matrices({'W': torch.ones(3, 3), 'V': torch.eye(2)})",
    "fit": "losses = dgm.fit(lambda m, x: m(x).square().mean(), torch.nn.Linear(2, 1), torch.randn(64, 2), 2, 16, 0.1)",
}


@pytest.fixture(scope="module")
def outputs(tmp_path_factory):
    """The outputs of every cell, by name."""
    folder = tmp_path_factory.mktemp("notebook")
    (folder / "checks" / "hw1").mkdir(parents=True)
    (folder / "checks" / "hw1" / "double.py").write_text(CHECKS)
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in CELLS.values()])
    client = nbclient.NotebookClient(notebook, timeout=60, allow_errors=True, resources={"metadata": {"path": folder}})
    client.execute()
    return {name: cell.outputs for name, cell in zip(CELLS, notebook.cells, strict=True)}


def data(output, kind):
    assert output.output_type == "display_data", output
    return output.data[kind]


def test_setup_is_silent_and_fixes_seeds_and_threads(outputs):
    assert outputs["setup"] == []
    threads, *numbers = outputs["seeded"][0].text.split()
    torch_state = torch.Generator().manual_seed(3)
    assert threads == "1" and float(numbers[0]) == pytest.approx(torch.rand((), generator=torch_state).item())
    assert float(numbers[1]) == pytest.approx(np.random.RandomState(3).rand())


def test_a_cell_that_needs_a_stub_shows_one_friendly_line(outputs):
    (output,) = outputs["needs the stub"]
    assert data(output, "text/plain") == (
        'Not written yet: double: write double. Come back when check("double") is green.'
    )
    assert "check(&quot;double&quot;)" in data(output, "text/html")


def test_another_not_implemented_error_keeps_its_traceback(outputs):
    (output,) = outputs["other"]
    assert output.output_type == "error" and "missing the required" in output.evalue and len(output.traceback) > 1


@pytest.mark.parametrize("cell", ["lost to the stub", "misses what was lost", "misses that in turn"])
def test_a_cell_that_misses_what_a_stub_would_have_made_shows_the_same_line(outputs, cell):
    (output,) = outputs[cell]
    assert data(output, "text/plain") == data(outputs["needs the stub"][0], "text/plain")


def test_a_name_that_nobody_defines_keeps_its_traceback(outputs):
    (output,) = outputs["a name of nobody"]
    assert output.output_type == "error" and output.ename == "NameError" and len(output.traceback) > 1


def test_a_failing_check_shows_its_lines_and_one_line_of_error(outputs):
    shown, error = outputs["check of the stub"]
    assert "✗ it doubles — not written yet: write double" in data(shown, "text/plain")
    assert error.output_type == "error" and error.ename == "ChecksFailed"
    assert error.traceback == ["ChecksFailed: double: 1 of 1 checks not passed yet (see above)"]


def test_an_error_is_shown_with_the_cell_and_the_line(outputs):
    shown, _ = outputs["check with an error"]
    assert re.search(
        r"IndexError: list index out of range\n +In\[11\], line 2: return \[0, x\]\[7\]", data(shown, "text/plain")
    )


def test_a_passing_check_raises_nothing_and_keeps_what_the_student_printed(outputs):
    printed, shown = outputs["check of what is right"]
    assert printed.text == "debug\n"
    assert data(shown, "text/plain") == "double: 1 of 1 public checks passed\n✓ it doubles"


@pytest.mark.parametrize(
    ("cell", "start"),
    [("unknown", "UnknownExercise: there are"), ("mnist", "DataError: nowhere/mnist-train-1.xz is missing")],
)
def test_other_mistakes_show_one_line(outputs, cell, start):
    (output,) = outputs[cell]
    assert output.output_type == "error" and len(output.traceback) == 1
    assert output.traceback[0].startswith(start)


@pytest.mark.parametrize("cell", ["picture", "several pictures"])
def test_a_picture_is_shown_once_and_nothing_else(outputs, cell):
    (output,) = outputs[cell]
    assert "image/png" in output.data


def test_training_shows_a_bar_and_no_warning(outputs):
    assert all(output.get("name") != "stderr" or "batch" in output.text for output in outputs["fit"])
    assert outputs["fit"]


def test_setup_outside_a_notebook_sets_the_seed():
    dgm.setup(seed=5)
    first = torch.rand(3)
    dgm.setup(seed=5)
    assert torch.equal(torch.rand(3), first) and torch.get_num_threads() == 1
