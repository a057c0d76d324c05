"""Releasing: from authored text to notebooks, on a small course made here, and on the real one as it is committed."""

import ast
import base64
import io
import json
import re
import shutil
from pathlib import Path

import dgm
import nbformat
import numpy as np
import pytest
import small_course as sc
from dgm import scores
from PIL import Image

from autograder.course import ROOT, load_course
from autograder.notebooks import Cell, Notebook, read_notebook, slice_exercise
from autograder.releasing import release as releasing
from autograder.releasing.authoring import points_text, solved_notebook, source_path
from autograder.releasing.leaks import hidden_code, leaks
from autograder.releasing.reference import BEGIN, END, ReleaseError, reference_cells, refuse_lookalikes
from autograder.releasing.release import release, run, solve, stub_cells

COURSE = (
    sc.HEAD
    + """\
[[homework]]
id = "hw1"
title = "Numbers"
[[homework.theory]]
id = "t1"
title = "Why"
points = 3
formula = { names = ["answer"], module = "theory", points = 1 }
[[homework.exercise]]
id = "adding"
title = "Addition"
points = 6.5
module = "adding"
names = ["add", "Adder"]
[[homework.exercise]]
id = "twice"
title = "Twice"
points = 3.4
module = "twice"
names = ["twice"]
needs = ["adding"]
[[homework.reflection]]
id = "r1"
title = "What one and two make"
points = 0.1
"""
)

ADDING = '''"""Addition, as Peano has it."""

import math

from torch import Tensor, nn

# How many numbers there are in all, which only instructors know.
_LIMIT = 10


# A note among instructors about the next function.
def add(a: int, b: int) -> int:
    """The sum of two numbers."""
    # Both are numbers, and this comment belongs to the solution.
    return _checked(a) + b  # the sum is their sum


def _checked(a: int) -> int:
    """Refuses numbers that are too large."""
    if a > _LIMIT + math.floor(0.5):
        raise ValueError("too large a number for us")
    return a


class Adder(nn.Module):
    """Adds a number that it remembers."""

    kinds = ("small", "large")

    def __init__(self, a: int) -> None:
        super().__init__()
        ### BEGIN SOLUTION
        self.remembered_number = a
        ### END SOLUTION

    def forward(self, b: Tensor) -> Tensor:
        return self._sum_of_both(b) + 0 * self.remembered_number
        # and this is the end of the method

    @staticmethod
    def kind(a: int) -> str:
        """Small or large."""
        return Adder.kinds[int(a > _LIMIT + 3)]

    def _sum_of_both(self, b: Tensor) -> Tensor:
        """Nobody sees this private method."""
        return add(self.remembered_number, b)


def unused() -> None:
    """Belongs to no exercise."""
'''

TWICE = '''"""Twice a number."""

from solutions.hw1.adding import add


def twice(a: int) -> int:
    """Two times a number."""
    return add(a, a) + (a - a) * 12345
'''

THEORY = '''"""The formula."""


def answer(x: int) -> int:
    """What the derivation ends in."""
    return 42 * x + 0 * (x + 1)
'''

MARKDOWN = """---
kernelspec:
  display_name: Python 3
  language: python
  name: python3
---

# Numbers ({points:hw1})

Some words that everybody reads, in one long line.

```{code-cell}
import math
from collections.abc import Callable

import dgm
import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

def check(name):
    print(name, "is checked")
```

## Addition ({points:adding})

```{code-cell}
:tags: [exercise]
from solutions.hw1.adding import Adder, add
```

```{code-cell}
:tags: [check, raises-exception]
check("adding")
```

```{code-cell}
:tags: [experiment, raises-exception]
total = add(1, 2)
print(total, Adder(1)(torch.tensor(2)))
```

```{code-cell}
:tags: [experiment, optional, raises-exception]
raise RuntimeError("takes hours")
```

**What do you see?** What do one and two
make, and what did the second line print?

+++ {"answer": "adding"}

Three, and the second line adds one to the tensor of two.

+++

**In a sentence** ({points:r1}): why three?

+++ {"theory": "r1"}

As three follows two, says Peano in his book.

+++ {"rubric": "r1"}

All for a word about the one that follows another.

+++

## Why ({points:t1})

State your reasons.

+++ {"theory": "t1"}

Because a sum of two numbers is what it is.

+++ {"rubric": "t1"}

Two points for the word because, none without.

+++

Now the formula, {points:t1_formula}.

```{code-cell}
:tags: [exercise]
from solutions.hw1.theory import answer
```

```{code-cell}
:tags: [check, raises-exception]
check("t1_formula")
```

## Twice

```{code-cell}
:tags: [exercise]
from solutions.hw1.twice import twice
```

```{code-cell}
:tags: [check, raises-exception]
check("twice")
```
"""

CHECK = '''"""Hidden checks of addition."""

from autograder.checking import points


@points("1")
def test_two_and_two(grade):
    """Two and two make four."""
    assert grade.submission("two and two") == 4, "two and two should make four"
'''

REQUIREMENTS = "# the pins\ntorch==2.13.0\nnumpy==2.4.6  # arrays\n\n# --- grading\nnbgrader==0.9.6\n"


@pytest.fixture
def root(tmp_path):
    """A small course on disk: everything that release reads."""
    for name, text in {
        "course.toml": COURSE,
        "requirements.txt": REQUIREMENTS,
        "solutions/hw1/adding.py": ADDING,
        "solutions/hw1/twice.py": TWICE,
        "solutions/hw1/theory.py": THEORY,
        "solutions/hw1/hw1.md": MARKDOWN,
        "autograder/checks/hw1/test_adding.py": CHECK,
        "homeworks/dgm/__init__.py": '"""The toolkit."""\n',
        "data/numbers.csv": "1,2\n",
    }.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path


@pytest.fixture
def homework(root):
    return load_course(root / "course.toml").homework("hw1")


def change(root, name, old, new):
    path = root / name
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new))


def by_grade_id(notebook):
    return {cell.metadata.nbgrader.grade_id: cell for cell in notebook.cells if "nbgrader" in cell.metadata}


def student(root):
    return nbformat.read(root / "homeworks/hw1/hw1.ipynb", as_version=4)


# --- the solved notebook ------------------------------------------------------------------------------------------


def test_the_import_becomes_the_source_with_regions(root, homework):
    source = by_grade_id(solved_notebook(homework, root))["adding_code"].source
    assert "import" not in source and "unused" not in source and "Peano" not in source
    for line in ["_LIMIT = 10", "    # Both are numbers, and this comment belongs to the solution."]:
        assert line in source.split("\n")
    assert source.count(BEGIN) == source.count(END) == 8
    namespace = {}
    exec("import math\nfrom torch import Tensor, nn", namespace)
    exec(source, namespace)
    assert namespace["Adder"](3)(4) == 7


def test_points_come_from_the_course(root, homework):
    cells = by_grade_id(solved_notebook(homework, root))
    assert {name: cell.metadata.nbgrader.get("points") for name, cell in cells.items()} == {
        "adding_code": None,
        "adding": 6.5,
        "t1": 2,
        "t1_formula_code": None,
        "t1_formula": 1,
        "r1": 0.1,
        "twice_code": None,
        "twice": 3.4,
    }
    text = "\n".join(cell.source for cell in solved_notebook(homework, root).cells)
    assert "# Numbers (13 points)" in text and "Addition (6.5 points)" in text and "formula, 1 point." in text


def test_one_point_is_no_plural(homework):
    assert [points_text(exercise.points) for exercise in homework.exercises] == ["1 point", "6.5 points", "3.4 points"]


def test_nbgrader_knows_what_each_cell_is(root, homework):
    kinds = {
        name: tuple(cell.metadata.nbgrader[key] for key in ("grade", "solution", "locked"))
        for name, cell in by_grade_id(solved_notebook(homework, root)).items()
    }
    assert kinds["adding_code"] == (False, True, False)
    assert kinds["adding"] == (True, False, True)
    assert kinds["t1"] == (True, True, False)


# --- the student notebook -----------------------------------------------------------------------------------------


def test_students_get_signature_docstring_and_scaffold(root, homework):
    release(homework, root=root)
    assert (
        by_grade_id(student(root))["adding_code"].source
        == '''\
def add(a: int, b: int) -> int:
    """The sum of two numbers."""
    raise NotImplementedError("adding: write add")


class Adder(nn.Module):
    """Adds a number that it remembers."""

    kinds = ("small", "large")

    def __init__(self, a: int) -> None:
        super().__init__()
        raise NotImplementedError("adding: write Adder.__init__")

    def forward(self, b: Tensor) -> Tensor:
        raise NotImplementedError("adding: write Adder.forward")

    @staticmethod
    def kind(a: int) -> str:
        """Small or large."""
        raise NotImplementedError("adding: write Adder.kind")'''
    )


def test_students_get_no_answer_and_no_rubric(root, homework):
    release(homework, root=root)
    cells = student(root).cells
    assert by_grade_id(student(root))["t1"].source == "YOUR ANSWER HERE"
    secret = ("Because", "word because", "adds one to the tensor", "Peano in his book", "follows another")
    assert not any(word in cell.source for cell in cells for word in secret)
    assert "State your reasons." in "\n".join(cell.source for cell in cells)


def test_check_cells_are_locked_and_run_on(root, homework):
    release(homework, root=root)
    cells = by_grade_id(student(root))
    assert cells["adding"].metadata.editable is False and "raises-exception" in cells["adding"].metadata.tags
    assert "editable" not in cells["adding_code"].metadata


def test_the_released_notebook_has_no_outputs_and_a_fixed_kernel(root, homework):
    release(homework, root=root)
    notebook = student(root)
    nbformat.validate(notebook)
    assert not any(cell.get("outputs") or cell.get("execution_count") for cell in notebook.cells)
    assert notebook.metadata.kernelspec.name == "python3" and set(notebook.metadata) == {"kernelspec", "language_info"}


def test_releasing_twice_gives_the_same_bytes(root, homework):
    assert release(homework, root=root) == ["homeworks/hw1/hw1.ipynb", "solutions/hw1/hw1.ipynb", "environment.yml"]
    files = {path: path.read_bytes() for path in root.rglob("*") if path.is_file()}
    assert release(homework, root=root) == []
    for name in ("homeworks/hw1/hw1.ipynb", "solutions/hw1/hw1.ipynb", "environment.yml"):
        (root / name).unlink()
    release(homework, root=root)
    assert {path: path.read_bytes() for path in root.rglob("*") if path.is_file()} == files


def test_check_tells_what_is_stale_and_writes_nothing(root, homework):
    release(homework, root=root)
    assert release(homework, root=root, check=True) == []
    change(root, "solutions/hw1/adding.py", "The sum of two numbers.", "Their sum.")
    before = (root / "homeworks/hw1/hw1.ipynb").read_bytes()
    assert release(homework, root=root, check=True) == ["homeworks/hw1/hw1.ipynb", "solutions/hw1/hw1.ipynb"]
    assert (root / "homeworks/hw1/hw1.ipynb").read_bytes() == before


def test_environment_yml_has_the_pins_of_the_first_block(root, homework):
    release(homework, root=root)
    text = (root / "environment.yml").read_text()
    assert "name: dgm\n" in text and "python=3.11" in text
    assert re.findall(r"^      - (.*)$", text, re.MULTILINE) == ["torch==2.13.0", "numpy==2.4.6"]


def test_the_assignment_is_registered_in_the_gradebook(root, homework):
    from nbgrader.api import Gradebook

    url = f"sqlite:///{root / 'gradebook.db'}"
    for _ in range(2):
        release(homework, root=root, gradebook=url)
    with Gradebook(url, "small") as book:
        cells = {cell.name: cell.max_score for cell in book.find_notebook("hw1", "hw1").grade_cells}
    assert cells == {"adding": 6.5, "t1": 2, "t1_formula": 1, "r1": 0.1, "twice": 3.4}


# --- traps --------------------------------------------------------------------------------------------------------


def test_what_lies_beside_the_solved_notebook_stays(root, homework):
    (root / "solutions/hw1/secrets.txt").write_text("the password is swordfish")
    release(homework, root=root)
    assert [path.name for path in (root / "homeworks/hw1").iterdir()] == ["hw1.ipynb"]


def test_a_stray_file_in_the_released_folder_is_refused(root, homework):
    (root / "homeworks/hw1").mkdir()
    (root / "homeworks/hw1/adding.py").write_text("x = 1")
    with pytest.raises(ReleaseError, match="homeworks/hw1 holds adding.py, which nothing released"):
        release(homework, root=root)


@pytest.mark.parametrize(
    "comment",
    [
        "### BEGIN SOLUTIONS",
        "## BEGIN SOLUTION",
        "### begin solution",
        "###BEGIN SOLUTION",
        "### BEGIN  SOLUTION",
        "### BEGIN SOLUTION:",
        "### BEGIN SOLUTON",
        "### BEIGN SOLUTION",
        "# Begin Solution",
        "### START SOLUTION",
        "### SOLUTION END",
        "# BEGIN_SOLUTION",
        "### anything else",
        "### BEGIN HIDDEN TESTS",
        "### BEGIN MARK SCHEME",
        "### AUTOTEST add(1, 2)",
        "# YOUR CODE HERE",
    ],
)
def test_what_resembles_a_marker_is_refused(root, homework, comment):
    change(root, "solutions/hw1/twice.py", "    return add", f"    {comment}\n    return add")
    with pytest.raises(ReleaseError, match=r"solutions/hw1/twice\.py, line 8: .* is not a marker"):
        release(homework, root=root)
    assert not (root / "homeworks/hw1").exists()


@pytest.mark.parametrize(
    "comment", ["# The solution begins with a sum.", "# end", "# BEGIN", "# the end of the solution path"]
)
def test_an_ordinary_comment_is_no_marker(comment):
    refuse_lookalikes(f"x = 1  {comment}\n{BEGIN}\n", "a file")


def test_a_marker_in_the_text_is_refused(root, homework):
    change(root, "solutions/hw1/hw1.md", "Because a sum", "BEGIN SOLUTION Because a sum")
    with pytest.raises(ReleaseError, match=r"hw1\.md, line \d+: .* is not a marker"):
        release(homework, root=root)


@pytest.mark.parametrize("old", [f"        {BEGIN}\n", f"        {END}\n"])
def test_markers_come_in_pairs(root, homework, old):
    change(root, "solutions/hw1/adding.py", old, "")
    with pytest.raises(ReleaseError, match="__init__: markers must come in pairs"):
        release(homework, root=root)


def test_a_broken_release_leaves_the_gradebook_alone(root, homework):
    (root / "homeworks/dgm/leak.py").write_text("return add(self.remembered_number, b)")
    with pytest.raises(ReleaseError, match="must not see"):
        release(homework, root=root, gradebook=f"sqlite:///{root / 'gradebook.db'}")
    assert not (root / "gradebook.db").exists()


# --- what an author can get wrong ---------------------------------------------------------------------------------

MISTAKES = {
    "no such module": (
        ("solutions/hw1/hw1.md", "hw1.twice import", "hw1.thrice import"),
        "an exercise cell is one import",
    ),
    "not all names": (("solutions/hw1/hw1.md", "Adder, add", "add"), "an exercise cell is one import"),
    "renamed": (("solutions/hw1/hw1.md", "import twice", "import twice as two"), "an exercise cell is one import"),
    "unknown check": (("solutions/hw1/hw1.md", 'check("twice")', 'check("thrice")'), "a check cell is one line"),
    "twice checked": (("solutions/hw1/hw1.md", 'check("twice")', 'check("adding")'), "second check cell of adding"),
    "misspelt tag": (("solutions/hw1/hw1.md", "[exercise]", "[exercize]"), r"has tags \[exercize\]; known"),
    "check stops": (("solutions/hw1/hw1.md", "[check, raises-exception]", "[check]"), r"has tags \[check\]; known"),
    "no rubric": (("solutions/hw1/hw1.md", '+++ {"rubric": "t1"}\n', ""), "no rubric cell for t1"),
    "unknown theory": (("solutions/hw1/hw1.md", '{"theory": "t1"}', '{"theory": "t9"}'), "no theory problem 't9'"),
    "unknown cell": (("solutions/hw1/hw1.md", '{"theory": "t1"}', '{"solution": "t1"}'), "may only say"),
    "no reflection": (("solutions/hw1/hw1.md", '+++ {"theory": "r1"}\n', ""), "no theory cell for r1"),
    "unknown answer": (("solutions/hw1/hw1.md", '{"answer": "adding"}', '{"answer": "x"}'), "no exercise or theory"),
    "no answer": (("solutions/hw1/hw1.md", '+++ {"answer": "adding"}\n', ""), "goes on after a question"),
    "answer to nothing": (("solutions/hw1/hw1.md", "**What do you see?** What", "What"), "has no question"),
    "answer elsewhere": (
        ("solutions/hw1/hw1.md", '+++ {"answer": "adding"}', '+++\n\nMore.\n\n+++ {"answer": "adding"}'),
        "comes after a question without",
    ),
    "question last": (
        ("solutions/hw1/hw1.md", "## Twice\n", "**Before you code.** Whence?\n\n## Twice\n"),
        "goes on after a question",
    ),
    "points in a heading": (("solutions/hw1/hw1.md", "({points:adding})", "(6.5 points)"), "'6.5 points' in a heading"),
    "unknown points": (("solutions/hw1/hw1.md", "{points:adding}", "{points:subtracting}"), "points:subtracting"),
    "import of ours": (
        ("solutions/hw1/hw1.md", "total = add", "from solutions import x\ntotal = add"),
        "students do not have",
    ),
    "redefined": (("solutions/hw1/hw1.md", "total = add", "add = add"), "redefines add"),
    "redefined helper": (("solutions/hw1/hw1.md", "total = add", "_LIMIT = add"), "redefines _LIMIT"),
    "no setup": (("solutions/hw1/hw1.md", "import torch\n", ""), "has `import torch`, which references use"),
    "no compile": (("solutions/hw1/hw1.md", "total = add", "total = = add"), "does not compile"),
    "no docstring": (("solutions/hw1/twice.py", '    """Two times a number."""\n', ""), "twice has no docstring"),
    "one line": (
        ("solutions/hw1/twice.py", '"""Two times a number."""\n   ', '"""Two times a number.""";'),
        "lines of its own",
    ),
    "not defined": (("solutions/hw1/twice.py", "def twice", "def thrice"), "does not define twice"),
    "not a function": (
        ("solutions/hw1/theory.py", "def answer", "answer = 3\ndef other"),
        "must be a function or a class",
    ),
    "another exercise's": (
        ("solutions/hw1/twice.py", "from solutions.hw1.adding import add\n", "def add(a, b):\n    return a + b\n"),
        "has add in the cell of twice: move adding to a module",
    ),
    "foreign import": (("solutions/hw1/adding.py", "import math", "import math\nimport scipy"), "has `import scipy`"),
    "foreign import inside": (
        ("solutions/hw1/twice.py", "    return", "    import scipy\n    return"),
        "has `import scipy`",
    ),
    "broken module": (("solutions/hw1/twice.py", "def twice(", "def twice(("), "cannot be read"),
    "two helpers": (("solutions/hw1/theory.py", "def answer", "_LIMIT = 3\n\n\ndef answer"), None),
    "helpers differ": (
        (
            "solutions/hw1/theory.py",
            "def answer(x: int) -> int:",
            "_LIMIT = 3\n\n\ndef answer(x: int = _LIMIT) -> int:",
        ),
        "define _LIMIT differently",
    ),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_a_sentence(root, homework, name):
    edit, sentence = MISTAKES[name]
    change(root, *edit)
    if sentence is None:
        assert release(homework, root=root)
        return
    with pytest.raises(ReleaseError, match=sentence):
        release(homework, root=root)
    assert not (root / "homeworks/hw1").exists()


@pytest.mark.parametrize("name", ["hw1.md", "twice.py"])
def test_a_missing_source_is_a_sentence(root, homework, name):
    (root / "solutions/hw1" / name).unlink()
    with pytest.raises(ReleaseError, match=f"solutions/hw1/{name} is missing"):
        release(homework, root=root)


def test_an_exercise_stands_below_what_it_needs(root, homework):
    text = (root / "solutions/hw1/hw1.md").read_text()
    cell = re.search(r"```\{code-cell\}\n:tags: \[exercise\]\nfrom solutions.hw1.adding.*?```\n", text, re.DOTALL)[0]
    (root / "solutions/hw1/hw1.md").write_text(text.replace(cell, "") + "\n" + cell)
    with pytest.raises(ReleaseError, match="checks adding, whose exercise cell is not above it"):
        release(homework, root=root)


def test_needs_stand_above(root, homework):
    text = (root / "solutions/hw1/hw1.md").read_text()
    cells = re.findall(r"```\{code-cell\}\n:tags: \[(?:exercise|check).*?```\n", text, re.DOTALL)[:2]
    for cell in cells:
        text = text.replace(cell, "")
    (root / "solutions/hw1/hw1.md").write_text(text + "\n" + "\n".join(cells))
    with pytest.raises(ReleaseError, match="twice needs adding, which is not above it"):
        release(homework, root=root)


# --- leaks --------------------------------------------------------------------------------------------------------

SECRETS = {
    "a solution's line": "return _checked(a) + b # the sum is their sum",
    "a helper's line": 'raise ValueError("too large a number for us")',
    "a private method": "return add(self.remembered_number, b)",
    "a line between markers": "self.remembered_number = a",
    "a model answer": "Because a sum of two numbers is what it is.",
    "a rubric": "Two points for the word because, none without.",
    "an answer": "Three, and the second line adds one to the tensor of two.",
    "a reflection": "As three follows two, says Peano in his book.",
    "a hidden check": 'assert grade.submission("two and two") == 4, "two and two should make four"',
}


@pytest.mark.parametrize("name", SECRETS)
@pytest.mark.parametrize("file", ["dgm/helpers.py", "dgm/README.md", "hw1/hw1.ipynb"])
def test_a_leak_is_found_wherever_it_is(root, homework, name, file):
    release(homework, root=root)
    assert leaks(homework, root) == []
    path = root / "homeworks" / file
    if path.suffix == ".ipynb":
        notebook = json.loads(path.read_text())
        notebook["cells"][-1]["source"] = ["# so:  ", SECRETS[name].replace(" ", "   ")]
        path.write_text(json.dumps(notebook))
    else:
        path.write_text(f"# so:\n\t{SECRETS[name]}  # !\n")
    [found, *_] = leaks(homework, root)
    assert found.startswith(file) and SECRETS[name] in found


def test_a_leak_in_the_docstring_is_refused_before_anything_is_written(root, homework):
    change(root, "solutions/hw1/twice.py", "Two times a number.", "Write `return add(a, a) + (a - a) * 12345`.")
    with pytest.raises(ReleaseError, match="must not see"):
        release(homework, root=root)
    assert not (root / "homeworks/hw1").exists() and not (root / "solutions/hw1/hw1.ipynb").exists()


def test_a_leak_in_an_experiment_is_refused(root, homework):
    change(
        root,
        "solutions/hw1/hw1.md",
        "total = add(1, 2)",
        "a = 1\ntotal = 42 * x + 0 * (x + 1)\nreturn_ = 42 * x + 0 * (x + 1)",
    )
    change(
        root,
        "solutions/hw1/theory.py",
        "    return 42 * x + 0 * (x + 1)",
        "    total = 42 * x + 0 * (x + 1)\n    return total",
    )
    with pytest.raises(ReleaseError, match="must not see"):
        release(homework, root=root)


def test_hidden_code_is_what_is_no_scaffold():
    assert hidden_code(ADDING) == [
        "    # Both are numbers, and this comment belongs to the solution.",
        "    return _checked(a) + b  # the sum is their sum",
        "    if a > _LIMIT + math.floor(0.5):",
        '        raise ValueError("too large a number for us")',
        "    return a",
        "        self.remembered_number = a",
        "        return self._sum_of_both(b) + 0 * self.remembered_number",
        "        return Adder.kinds[int(a > _LIMIT + 3)]",
        "        return add(self.remembered_number, b)",
    ]


# --- for the judge ------------------------------------------------------------------------------------------------


def as_notebook(cells):
    return Notebook(tuple(Cell(index, "code", source) for index, (_, source) in enumerate(cells, start=1)))


def test_reference_cells_run_from_top_to_bottom_and_need_no_markdown(root, homework):
    (root / "solutions/hw1/hw1.md").unlink()
    namespace = {}
    for label, source in reference_cells(homework, root):
        exec(compile(source, label, "exec"), namespace)
    assert namespace["twice"](4) == 8 and namespace["answer"](2) == 84


def test_stub_cells_define_the_same_names_and_raise(root, homework):
    namespace = {}
    for label, source in stub_cells(homework, root):
        exec(compile(source, label, "exec"), namespace)
    with pytest.raises(NotImplementedError, match="^twice: write twice$"):
        namespace["twice"](4)
    with pytest.raises(NotImplementedError, match=r"^adding: write Adder\.__init__$"):
        namespace["Adder"](4)


def test_solution_and_stub_are_told_apart_by_slicing(root, homework):
    stubs, reference = as_notebook(stub_cells(homework, root)), as_notebook(reference_cells(homework, root))
    for exercise in homework.exercises:
        assert slice_exercise(stubs, exercise, stubs).state == "not-attempted"
        assert slice_exercise(reference, exercise, stubs).state == "ready"


# --- running ------------------------------------------------------------------------------------------------------


def test_the_solved_notebook_is_executed_where_a_student_would(root, homework):
    change(
        root, "solutions/hw1/hw1.md", "total = add(1, 2)", "import os\ntotal = add(1, 2), sorted(os.listdir('../..'))"
    )
    release(homework, root=root)
    assert solve(homework, root=root) == "solutions/hw1/hw1.ipynb"
    notebook = nbformat.read(root / "solutions/hw1/hw1.ipynb", as_version=4)
    printed = "".join(output.get("text", "") for cell in notebook.cells for output in cell.get("outputs", ()))
    assert "(3, ['data', 'homeworks']) tensor(3)" in printed and "twice is checked" in printed
    assert release(homework, root=root, check=True) == [], "figures do not make the solved notebook stale"


SCORES = """from dgm.scores import scoreboard, scoreboard_path, read
print("before:", [row.model for row in read(scoreboard_path()).values()])
scoreboard(homework=1, data="digits", unit="nats per image", models={"MADE": (18.3, "exact")})
"""


def test_the_scoreboard_holds_what_earlier_homeworks_reached_and_keeps_what_this_one_does(root, homework):
    for path in Path(dgm.__file__).parent.glob("[a-z]*.py"):
        shutil.copy(path, root / "homeworks" / "dgm")
    rows = [scores.Score(n, f"model {n}", 20.0 + n, "nats per image", "exact", "digits") for n in (0, 1, 2)]
    scores.write(root / "solutions/scoreboard.json", {row.key: row for row in rows})
    scores.write(root / "homeworks/scoreboard.json", {row.key: row for row in rows})  # the instructor's own
    change(root, "solutions/hw1/hw1.md", "total = add(1, 2)", SCORES + "total = add(1, 2)")
    release(homework, root=root)
    solve(homework, root=root)
    notebook = nbformat.read(root / "solutions/hw1/hw1.ipynb", as_version=4)
    printed = "".join(output.get("text", "") for cell in notebook.cells for output in cell.get("outputs", ()))
    assert "before: ['model 0']" in printed
    kept = scores.read(root / "solutions/scoreboard.json").values()
    assert [(row.homework, row.model) for row in kept] == [(0, "model 0"), (1, "MADE"), (2, "model 2")]


PICTURE = """import matplotlib.pyplot as plt
plt.scatter(np.arange(500) % 37, np.arange(500) % 41, c=np.arange(500), cmap="viridis")
plt.show()
"""


def test_pictures_are_small_and_look_the_same(root, homework, monkeypatch):
    change(root, "solutions/hw1/hw1.md", "total = add(1, 2)", PICTURE + "total = add(1, 2)")
    release(homework, root=root)
    pictures = []
    for shrink in (releasing._shrink_pictures, lambda notebook: None):
        monkeypatch.setattr(releasing, "_shrink_pictures", shrink)
        solve(homework, root=root)
        notebook = nbformat.read(root / "solutions/hw1/hw1.ipynb", as_version=4)
        outputs = [output for cell in notebook.cells for output in cell.get("outputs", ())]
        pictures += [base64.b64decode(o.data["image/png"]) for o in outputs if "image/png" in o.get("data", {})]
    small, large = pictures
    assert len(small) < 0.6 * len(large)
    small, large = (np.asarray(Image.open(io.BytesIO(png)).convert("RGB"), float) for png in pictures)
    assert small.shape == large.shape and np.abs(small - large).mean() < 2


def test_a_cell_that_raises_is_a_sentence(root, homework):
    change(root, "solutions/hw1/hw1.md", "total = add(1, 2)", "total = add(11, 2)")
    release(homework, root=root)
    before = (root / "solutions/hw1/hw1.ipynb").read_bytes()
    with pytest.raises(ReleaseError, match="cell 6 raised ValueError: too large"):
        solve(homework, root=root)
    assert (root / "solutions/hw1/hw1.ipynb").read_bytes() == before


def test_the_command_says_what_it_did(root, homework, monkeypatch, capsys):
    monkeypatch.setattr(releasing, "ROOT", root)
    monkeypatch.setattr(releasing, "release", lambda *_, check=False, **__: ["environment.yml"] if check else [])
    assert run([homework], check=True) == releasing.STALE
    assert "environment.yml out of date; run `make release`" in capsys.readouterr().err
    assert run([homework], execute=False) == releasing.DONE

    def refuse(*_, **__):
        raise ReleaseError("the sentence")

    monkeypatch.setattr(releasing, "release", refuse)
    assert run([homework]) == releasing.REFUSED
    assert capsys.readouterr().err == "release: the sentence\n"


# --- the real course ----------------------------------------------------------------------------------------------

WRITTEN = [homework for homework in load_course().given if source_path(homework).exists()]


@pytest.mark.parametrize("written", WRITTEN, ids=lambda homework: homework.id)
def test_what_is_committed_is_what_the_sources_give(written):
    assert release(written, check=True) == [], "run `make release`"


@pytest.mark.parametrize("written", WRITTEN, ids=lambda homework: homework.id)
def test_no_student_file_holds_what_instructors_keep(written):
    assert leaks(written) == []


@pytest.mark.parametrize("written", WRITTEN, ids=lambda homework: homework.id)
def test_students_receive_exactly_the_notebook(written):
    ignore = {".ipynb_checkpoints", "__pycache__"}
    folder = ROOT / "homeworks" / written.id
    assert {path.name for path in folder.iterdir()} - ignore == {f"{written.id}.ipynb"}


@pytest.mark.parametrize("written", WRITTEN, ids=lambda homework: homework.id)
def test_every_released_stub_parses_and_raises(written):
    released = read_notebook((ROOT / "homeworks" / written.id / f"{written.id}.ipynb").read_bytes())
    cells = {cell.grade_id: cell for cell in released.cells if cell.grade_id}
    for exercise in written.exercises:
        tree = ast.parse(cells[f"{exercise.id}_code"].source)
        assert {node.name for node in tree.body} == set(exercise.names)
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef):
                assert ast.unparse(node.body[-1]).startswith(f"raise NotImplementedError('{exercise.id}: write ")
        assert slice_exercise(released, exercise, released).state == "not-attempted"


def test_a_homework_without_text_is_refused(tmp_path):
    shutil.copy(ROOT / "course.toml", tmp_path)
    with pytest.raises(ReleaseError, match="solutions/hw1/hw1.md is missing: hw1 is not written"):
        release(load_course().homework("hw1"), root=tmp_path)
