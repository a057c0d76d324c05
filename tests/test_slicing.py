"""From a notebook to the program of an exercise: each rule of `slicing`, and hostile sources."""

import json
import sys
from dataclasses import fields
from fractions import Fraction
from types import ModuleType, SimpleNamespace
from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograder.course import Exercise
from autograder.notebooks import Cell, Notebook, read_notebook, slice_exercise, slicing, statements
from autograder.sandbox import runner

STUB = 'def f(x):\n    """The task."""\n    raise NotImplementedError("e: write f")\n'
STUB_G = 'def g(x):\n    """Another task."""\n    raise NotImplementedError("e: write g")\n'
IMPORTS = "import math\nimport random"


def notebook(*sources):
    return Notebook(tuple(Cell(index, "code", source) for index, source in enumerate(sources, start=1)))


RELEASED = notebook(IMPORTS, STUB, STUB_G)


def sliced(*sources, names="f", released=RELEASED):
    exercise = Exercise("e", "An exercise", Fraction(1), "module", tuple(names.split()))
    return slice_exercise(notebook(*sources), exercise, released)


def run(*sources, names="f", released=RELEASED):
    """Execute the program of an exercise as the guest does; returns what its names stand for."""
    result = sliced(*sources, names=names, released=released)
    assert result.state == "ready", result
    student = ModuleType("student")
    with patch.dict(sys.modules, student=student):
        runner._load(student, result.parts)
    return vars(student)


def text(result):
    return "\n".join(source for _, source in result.parts)


# --- what is taken ------------------------------------------------------------------------------------------------


def test_only_what_is_needed_is_taken():
    result = sliced(
        IMPORTS, "print('hi')", "def f(x):\n    return math.sqrt(x)", "def other(): pass", "f(3)\nlosses = f(4)"
    )
    assert [label for label, _ in result.parts] == ["cell 1", "cell 3"]
    assert "random" not in text(result) and "print" not in text(result)
    assert (result.state, result.message) == ("ready", "")


def test_needs_are_followed_through_functions_classes_and_constants():
    cells = [
        "BASE = 2",
        "class Tool:\n    scale = BASE",
        "def helper(x):\n    return Tool.scale * x",
        "def f(x): return helper(x)",
    ]
    assert run(*cells)["f"](3) == 6


@pytest.mark.parametrize(
    "definition",
    [
        "def f(x, k=NEEDED): return k",
        "def f(x, *, k=NEEDED): return k",
        "@(lambda function: function if NEEDED else None)\ndef f(x): return 7",
        "def f(x: 'annotation') -> type(NEEDED): return 7",
        "def f(x): return [NEEDED for _ in range(1)][0]",
        "def f(x): return (lambda: NEEDED)()",
        "def f(x):\n    def inner():\n        return NEEDED\n    return inner()",
        "def f(x):\n    class Inner:\n        y = NEEDED\n    return Inner.y",
        "f = lambda x: NEEDED",
        "f = (lambda y: lambda x: y)(NEEDED)",
        "[f] = [lambda x, y=y: y for y in [NEEDED]]",
        "f, other = (lambda x: NEEDED), 1",
        "f: object = lambda x: NEEDED",
        "class f:\n    def __new__(cls, x, k=NEEDED): return k",
        "if True:\n    def f(x): return NEEDED",
        "try:\n    import no_such_module\nexcept ImportError:\n    def f(x): return NEEDED",
        "for f in [lambda x: NEEDED]: pass",
        "with open('/dev/null') as f: f = lambda x: NEEDED",
        "(f := lambda x: NEEDED)",
    ],
)
def test_names_are_found_wherever_python_looks_them_up(definition):
    assert run("NEEDED = 7", "NOISE = 1 / 0", definition)["f"](1) == 7


def test_local_names_need_nothing():
    source = "def f(x, model=1):\n    total = [y for y in range(x)]\n    import math as optimiser\n    return model"
    result = sliced("model = 1 / 0", "total = 1 / 0", "y = 1 / 0", "optimiser = 1 / 0", source)
    assert [label for label, _ in result.parts] == ["cell 5"]


def test_names_of_a_class_body_are_its_own():
    result = sliced("size = 1 / 0", "class f:\n    size = 3\n    other = size")
    assert [label for label, _ in result.parts] == ["cell 2"]
    assert [label for label, _ in sliced("size = 1", "class f:\n    size = size").parts] == ["cell 1", "cell 2"]


def test_a_training_loop_is_not_run():
    cells = ["def f(x): return x", "model = f(1)\nfor step in range(10**9):\n    loss = f(step)", "while True: f(1)"]
    assert [label for label, _ in sliced(*cells).parts] == ["cell 1"]


def test_text_cells_and_their_metadata_do_not_matter():
    cells = (
        Cell(1, "markdown", "def f(x): return 1"),
        Cell(2, "code", "def f(x): return 2", "whatever"),
        Cell(3, "raw", STUB),
    )
    exercise = Exercise("e", "An exercise", Fraction(1), "module", ("f",))
    assert slice_exercise(Notebook(cells), exercise, RELEASED).parts == (("cell 2", "def f(x): return 2\n"),)


# --- which definition ---------------------------------------------------------------------------------------------


def test_the_last_definition_wins():
    assert run("def f(x): return 1", "def f(x): return 2")["f"](0) == 2
    assert "return 1" not in text(sliced("def f(x): return 1", "def f(x): return 2"))


def test_a_definition_that_reads_the_earlier_one_brings_it_along():
    assert (
        run("def f(x): return x", "def twice(g): return lambda x: 2 * g(x)", "f = twice(f)", "f = twice(f)")["f"](1)
        == 4
    )
    assert run("K = 1", "K += 1", "K *= 5", "def f(x): return K")["f"](0) == 10


def test_recursion_is_no_reading_of_the_earlier_one():
    result = sliced("def f(x): return 1 / 0", "def f(x): return f(x - 1) if x else 0")
    assert [label for label, _ in result.parts] == ["cell 2"]


def test_what_runs_at_definition_time_sees_what_stands_above():
    assert run("K = 3", "def f(x, k=K): return k", "K = 5")["f"](0) == 3
    assert run("K = 3", "def make(): return K", "TABLE = make()", "K = 5", "def f(x): return TABLE, K")["f"](0) == (
        3,
        5,
    )


def test_what_runs_later_sees_the_last_definition():
    assert run("def f(x): return helper()", "def helper(): return 1", "def helper(): return 2")["f"](0) == 2
    cells = [
        "def g(x): return h()",
        "def h(): return 1",
        "def keep(t): return lambda x: t(x)",
        "f = keep(g)",
        "def h(): return 2",
    ]
    assert run(*cells)["f"](0) == 2


def test_a_definition_that_may_not_happen_brings_the_earlier_one_along():
    assert run("K = 3", "if K > 100:\n    K = 5", "def f(x): return K")["f"](0) == 3


def test_imports_of_one_package_add_up():
    result = sliced("import os.path", "import os", "def f(x): return os.path.join(x)")
    assert "import os.path" in text(result)


def test_star_imports_come_where_a_name_stays_unresolved():
    assert run("from math import *", "def f(x): return sqrt(x)")["f"](4) == 2
    assert "import *" not in text(sliced("from math import *", "def f(x): return x"))
    assert "import *" not in text(sliced("from math import *", "def f(x): return len(x)"))


@pytest.mark.parametrize(
    "change",
    [
        "f.method = method",
        "f.method, other = method, 1",
        "if True:\n    f.method = method",
        "for name in ['method']:\n    f.table[name] = method\nf.method = f.table['method']",
    ],
)
def test_changes_of_a_needed_object_belong_to_it(change):
    cells = ["class f:\n    table = {}", "def method(self): return 7", change, "print(f().method())"]
    assert run(*cells)["f"]().method() == 7


def test_changes_of_a_table():
    cells = [
        "TABLE = {}",
        "TABLE['x'] = 1\nTABLE['y'] = {}",
        "TABLE['y']['z'] = 2",
        "TABLE.clear()",
        "def f(x): return TABLE",
    ]
    assert run(*cells)["f"](0) == {"x": 1, "y": {"z": 2}}


def test_changes_of_an_earlier_object_of_the_same_name_stay_out():
    assert "['x']" not in text(sliced("T = {}", "T['x'] = 1 / 0", "T = {}", "def f(x): return T"))


@pytest.mark.parametrize(
    "change",
    [
        "setattr(f, 'method', method)",
        "for name in ['method']:\n    setattr(f, name, method)",
        "if True: setattr(f.table['self'], 'method', method)",
    ],
)
def test_setattr_is_a_change(change):
    cells = ["class f:\n    table = {}\nf.table['self'] = f", "def method(self): return 7", change]
    assert run(*cells)["f"]().method() == 7


def test_methods_that_add_to_a_needed_object_are_changes():
    cells = [
        "TABLE, LIST = {}, []",
        "TABLE.update(x=1)\nLIST.append(2)\nLIST.extend([3])",
        "def f(x): return TABLE, LIST",
    ]
    assert run(*cells)["f"](0) == ({"x": 1}, [2, 3])
    registered = "@f.register(str)\ndef _(x): return 'text'\n@f.register\ndef _(x: list): return 'list'"
    dispatch = "from functools import singledispatch\n@singledispatch\ndef f(x): return 'other'"
    f = run(dispatch, registered)["f"]
    assert (f(1), f("1"), f([1])) == ("other", "text", "list")


def test_a_deleted_attribute_is_a_change():
    assert not hasattr(run("class f:\n    x = 1", "delattr(f, 'x')")["f"], "x")


def test_future_imports_hold_from_their_cell_on():
    dataclass = "from dataclasses import dataclass\nfrom typing import ClassVar"
    body = "@dataclass\nclass f:\n    x: int\n    other: NoSuchName\n    count: ClassVar[int] = 0"
    result = sliced("from __future__ import annotations", dataclass, body)
    assert [label for label, _ in result.parts] == ["cell 1", "cell 2", "cell 3"]
    made = run("from __future__ import annotations", dataclass, body)["f"]
    assert [field.name for field in fields(made)] == ["x", "other"]
    with pytest.raises(NameError):
        run(dataclass, body, "from __future__ import annotations")


def test_names_in_annotations_are_brought_along_where_there_are_any():
    assert "class Kind" in text(sliced("class Kind: pass", "def f(x: 'list[Kind]', *y: NoOne) -> 'None': return 1"))
    future = "from __future__ import annotations\ndef f(x: Kind): return 1"
    assert "class Kind" in text(sliced("class Kind: pass", future))
    assert sliced(future) == slicing.Slice("ready", (("cell 1", future + "\n"),), "")


def test_a_cell_is_read_once_and_each_of_two_equal_ones_has_its_place():
    assert statements.read_code("def f(x): return x") is statements.read_code("def f(x): return x")
    assert statements.read_code("x = 1").flags != statements.read_code("x = 1", 1 << 20).flags
    grown = "def twice(g): return lambda x: 2 * g(x)", "f = twice(f)"
    assert run("def f(x): return x", *grown)["f"](1) == 2 and run("def f(x): return x", *grown, grown[1])["f"](1) == 4


def test_future_imports_stay_with_their_cell():
    cell = "from __future__ import annotations\nprint()\ndef f(x: NoSuchName): return 7"
    assert run(cell)["f"](0) == 7


# --- stubs --------------------------------------------------------------------------------------------------------


def test_an_untouched_stub_below_hides_nothing():
    assert run("def f(x): return 7", STUB)["f"](0) == 7
    reworded = STUB.replace("The task.", "The task, in my words.").replace(
        '("e: write f")', '( "e: write f" )  # later'
    )
    assert run("def f(x): return 7", reworded)["f"](0) == 7


def test_an_untouched_stub_of_another_exercise_hides_nothing_either():
    assert run("def g(x): return 7", STUB_G, "def f(x): return g(x)")["f"](0) == 7


def test_a_needed_stub_is_part_of_the_program():
    with pytest.raises(NotImplementedError, match="write g"):
        run(STUB_G, "def f(x): return g(x)")["f"](0)


def test_untouched_stubs_are_not_attempted():
    assert sliced(IMPORTS, STUB) == slicing.Slice("not-attempted", (), "f is still as released")
    assert sliced(STUB, STUB_G, STUB, names="f g").message == "f and g are still as released"


def test_partly_attempted_is_ready():
    assert sliced(STUB, "def g(x): return 1", names="f g").state == "ready"


def test_a_stub_that_is_given_its_method_later_is_attempted():
    released = notebook("class C:\n    def go(self):\n        raise NotImplementedError('e: write C.go')")
    exercise = Exercise("e", "An exercise", Fraction(1), "module", ("C",))
    assert slice_exercise(released, exercise, released).state == "not-attempted"
    submitted = notebook(released.cells[0].source, "def go(self): return 7", "C.go = go")
    assert slice_exercise(submitted, exercise, released).state == "ready"


def test_a_name_that_nothing_defines_is_missing():
    assert sliced(IMPORTS).message == "the notebook does not define f"
    assert sliced("def f(x): return 1", names="f g h") == slicing.Slice(
        "missing", (), "the notebook does not define g and h"
    )


# --- what students received, and what they wrote ------------------------------------------------------------------

EXPERIMENT = """
def curve(x):
    \"\"\"Of the experiment.\"\"\"
    return 1 / 0
weights = [1 / 0 for _ in ()]
for step in range(3):
    print(step)
bound: int = 1
curve.color = 2
import math as rate
"""
WITH_EXPERIMENT = notebook(IMPORTS, STUB, EXPERIMENT, STUB_G)
HELPERS = "def curve(x): return 1\nweights, step, bound, rate = 2, 3, 4, 5"
USES = "def f(x): return curve(x), weights, step, bound, rate"


def reformatted(source):
    return source.replace("Of the experiment.", "Mine").replace("range(3)", "range( 3 )  # steps")


@pytest.mark.parametrize("experiment", [EXPERIMENT, reformatted(EXPERIMENT)])
@pytest.mark.parametrize("order", ["heu", "hue", "ehu", "euh", "uhe", "ueh"])
def test_released_definitions_never_win_over_the_student_s(order, experiment):
    cells = {"h": HELPERS, "e": experiment, "u": USES}
    module = run(IMPORTS, *(cells[letter] for letter in order), released=WITH_EXPERIMENT)
    assert module["f"](0) == (1, 2, 3, 4, 5)
    assert not hasattr(module["curve"], "color")
    assert sliced(IMPORTS, *(cells[letter] for letter in order), released=WITH_EXPERIMENT).message == ""


def test_released_definitions_serve_where_there_is_no_other():
    module = run("import math", EXPERIMENT, "def f(x): return bound, rate.pi, curve", released=WITH_EXPERIMENT)
    assert module["f"](0)[0] == 1 and module["curve"].color == 2


def test_a_changed_released_definition_is_the_student_s():
    changed = EXPERIMENT.replace("bound: int = 1", "bound: int = 7")
    assert run("bound = 3", changed, "def f(x): return bound", released=WITH_EXPERIMENT)["f"](0) == 7


def test_what_runs_at_definition_time_may_need_a_released_definition_above():
    cells = (EXPERIMENT, "def f(x, k=bound): return k, bound", "bound = 9")
    assert run(*cells, released=WITH_EXPERIMENT)["f"](0) == (1, 9)
    assert run("bound = 9", *cells[:2], released=WITH_EXPERIMENT)["f"](0) == (9, 9)


def test_what_builds_on_a_released_definition_has_it():
    assert run(EXPERIMENT, "bound += 1\ndef f(x): return bound", released=WITH_EXPERIMENT)["f"](0) == 2
    maybe = "if False:\n    bound = 5\ndef f(x): return bound"
    assert run(EXPERIMENT, maybe, released=WITH_EXPERIMENT)["f"](0) == 1


def test_an_import_of_a_package_s_module_is_no_rival_of_the_package():
    released = notebook("import os\nimport xml", STUB)
    cells = ("import os\nimport xml", "import xml.dom", "import xml.sax", "def f(x): return xml.dom, xml.sax")
    result = sliced(*cells, released=released)
    assert text(result).count("import xml") == 3 and result.message == ""
    other = ("import os as xml", "import os\nimport xml", "def f(x): return xml.path")
    assert run(*other, released=released)["f"](0)


def test_two_definitions_of_the_student_s_are_named():
    message = sliced("def k(x): return 1", "def f(x): return k(x)", "def k(x): return 2").message
    assert message == "k is taken from cell 3; it is also defined in cell 1"
    message = sliced("def f(x): return 1", "print()", "f = lambda x: 2", "def f(x): return 3").message
    assert message == "f is taken from cell 4; it is also defined in cell 1 and cell 3"


@pytest.mark.parametrize(
    "cells",
    [
        ["def f(x): return 1", "def f(x):\n    'Again.'\n    return 1"],
        ["def f(x): return 1", "f = staticmethod(f)"],
        ["K = 1", "def f(x, k=K): return K", "K = 2"],
        ["import math", "from math import *", "import math as math", "def f(x): return math"],
        ["def f(x): return 1", STUB],
        ["k = 1", "k = 2", "def f(x): return 1"],
        ["def f(x): return 1\ndef f(x): return 2"],
    ],
)
def test_what_is_no_second_definition_is_not_named(cells):
    assert sliced(*cells).message == ""


# --- cells that do not compile ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "definition", ["def f(x)\n    return 1", "class f:\n    def go(self:\n", "f = = 3", "async def f(x): ]"]
)
def test_a_broken_cell_costs_the_exercise_that_it_defines(definition):
    result = sliced(IMPORTS, definition, "def g(x): return 1")
    assert (result.state, result.message.partition(": ")[0]) == ("error", "cell 2 does not compile")
    assert "line " in result.message
    assert sliced(IMPORTS, definition, "def g(x): return 1", names="g").state == "ready"


def test_a_broken_cell_is_ignored_where_there_is_another_definition():
    assert run("def f(x: return", "def f(x): return 7")["f"](0) == 7
    assert sliced(STUB, "def f(x: return").state == "error"


def test_a_broken_cell_with_a_needed_helper_is_named():
    result = sliced("def helper(:\n    pass", "def f(x): return helper(x)")
    assert result.state == "ready" and result.message.startswith("cell 1 does not compile")


def test_the_sentence_names_the_line():
    assert sliced("\n\ndef f(x):\n    retrun x").message == (
        f"cell 1 does not compile: line 4: invalid syntax (the grader has Python {sys.version_info.major}."
        f"{sys.version_info.minor})"
    )


# --- IPython ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "magic",
    [
        "%matplotlib inline",
        "!pip install torch",
        "!pip install \\\n    torch \\\n    numpy",
        "%cd ..",
        "?f",
        "help?",
        "f??",
        "files = !ls",
        "times = %timeit -o f(1)",
        "if True:\n    !ls",
        "await something()",
        "x = await something()",
        "%time y = 3",
        "!echo 'it",
        '!echo """',
        "!cat file[",
    ],
)
def test_magics_and_shell_lines_are_dropped(magic):
    source = f"{magic}\ndef f(x):\n    return 7 % 4\n{magic}"
    assert run(source)["f"](0) == 3


def test_lines_keep_their_numbers():
    result = sliced(
        "%matplotlib inline\n!ls\n\nx = 1; y = 2; z = x\nprint(x)\n@staticmethod\ndef f(x):\n    # why\n    return y"
    )
    assert result.parts == (("cell 1", "\n\n\ny = 2\n\n@staticmethod\ndef f(x):\n    # why\n    return y\n"),)


def test_statements_that_share_a_line_stay_apart():
    assert run('s = """\né"""; k = 1; f = lambda x: (s, k)')["f"](0) == ("\né", 1)


@pytest.mark.parametrize("magic", ["%%time", "%%timeit -n 1", "%%capture out", "\n%%time\n%%capture"])
def test_cell_magics_around_python_lose_their_line(magic):
    assert run(f"{magic}\ndef f(x): return 7")["f"](0) == 7


@pytest.mark.parametrize("magic", ["%%bash", "%%writefile f.py", "%%html", "%%javascript", "%%"])
def test_cell_magics_of_other_languages_drop_the_cell(magic):
    assert sliced(f"{magic}\ndef f(x): return 7").state == "missing"


def test_percent_signs_and_question_marks_of_python_stay():
    source = 'def f(x):\n    text = """\n%d items\n!important\nwhy?\n"""\n    return (x\n        % 4), text'
    assert run("!ls\n" + source)["f"](7) == (3, "\n%d items\n!important\nwhy?\n")


def test_an_indented_cell_is_dedented_as_ipython_does():
    assert run("    def f(x):\n        return 7\n    f(1)")["f"](0) == 7


# --- hostile sources ----------------------------------------------------------------------------------------------

HOSTILE = {
    "null byte": "def f(x): return '\0'",
    "surrogate": "def f(x): return '\ud800'",
    "parentheses": "def f(x): return " + "(" * 10_000,
    "nots": "def f(x): return " + "not " * 40_000 + "x",
    "sum": "def f(x): return " + "+".join(["x"] * 60_000),
    "attributes": "def f(x): return x" + ".a" * 60_000,
    "long line": "def f(x): return '" + "a" * 10_000_000 + "'",
    "blocks": "def f(x):\n" + "".join(" " * depth + "if x:\n" for depth in range(1, 120)),
    "magics": "def f(x): return 1\n" + "!ls\n" * 40_000,
    "digits": "def f(x): return " + "9" * 100_000,
    "power": "def f(x): return 9**9**9**9",
    "future": "from __future__ import braces\ndef f(x): return 1",
    "return": "def f(x): return 1\nreturn 3",
    "nonlocal": "def f(x): nonlocal y",
    "form feed": "def f(x):\n\f    return 1\n\x0b",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_sources_do_not_raise_and_harm_no_other_exercise(name):
    assert sliced(HOSTILE[name], "def g(x): return 1").state in ("ready", "error")
    assert sliced(HOSTILE[name], "def g(x): return 1", names="g").state == "ready"


def test_entangled_programs_end():
    chain = "x = 0\n" + "x = x + y\ny = y + x\n" * 2000 + "def f(z): return x"
    assert sliced(chain).state in ("ready", "error")


def test_too_much_code_is_said():
    filler = "# " + "x" * (statements.MAX_CELL_CHARACTERS - 10)
    cells = [filler] * (slicing.MAX_CODE_CHARACTERS // len(filler) + 1)
    assert "more than 500,000 characters" in sliced(*cells, "def f(x): return 1").message
    assert "more than 5,000 statements" in sliced("x = 1\n" * 5001 + "def f(x): return 1").message
    assert "characters of code, more than 100,000" in sliced(filler + "x" * 20 + "\ndef f(x): return 1").message


PATIENTLY = settings(deadline=None)  # machines that grade are busy
PIECES = st.sampled_from(
    [
        "def f(x):",
        "return x",
        "\n",
        "    ",
        "f",
        "=",
        "(",
        ")",
        "import math",
        "%",
        "!ls",
        "?",
        ":",
        '"""',
        "\\",
        "@",
        "\0",
        "é",
        ";",
    ]
    + [
        "class f:",
        "await f",
        "lambda:",
        "f.x",
        "[",
        "]",
        "%%time",
        "%%bash",
        "global f",
        "from a import *",
        "#",
        "if x:",
        "+=",
        "\t",
    ]
)


@PATIENTLY
@given(st.lists(st.lists(PIECES, max_size=12).map("".join), max_size=4))
def test_any_cells_are_sliced(sources):
    result = sliced(*sources)
    assert result.state in ("ready", "missing", "error", "not-attempted")
    for _, source in result.parts:
        compile(source, "cell", "exec", dont_inherit=True)


@PATIENTLY
@given(st.lists(st.text(max_size=40), max_size=3))
def test_any_text_is_sliced(sources):
    assert sliced(*sources, "def f(x): return 1").state == "ready" or any("f" in source for source in sources)


# --- modules that the notebook writes, cells that are text now, another Python


WRITES = "%%writefile helper.py\nimport math\ndef half(x):\n    return math.floor(x) / 2"


def run_slice(*cells, names=("f",)):
    made = {
        "cells": [
            cell if isinstance(cell, dict) else {"cell_type": "code", "source": cell, "metadata": {}, "outputs": []}
            for cell in cells
        ],
        "nbformat": 4,
    }
    exercise = SimpleNamespace(names=names)
    return slice_exercise(
        read_notebook(json.dumps(made).encode()), exercise, read_notebook(b'{"cells": [], "nbformat": 4}')
    )


@pytest.mark.parametrize(
    "use",
    ["from helper import half\ndef f(x):\n    return half(x)", "import helper\ndef f(x):\n    return helper.half(x)",
     "def f(x):\n    from helper import half as h\n    return h(x)"],
)  # fmt: skip
def test_a_module_that_the_notebook_writes_is_there(use):
    found = run_slice("unrelated = 1 / 0", WRITES, use)
    space = {}
    assert found.state == "ready" and [label for label, _ in found.parts] == ["cell 2", "cell 3"]
    try:
        for label, source in found.parts:
            exec(compile(source, label, "exec"), space)
        assert space["f"](5) == 2.5
    finally:
        sys.modules.pop("helper", None)


def test_a_written_module_that_nothing_imports_is_left_out():
    assert [label for label, _ in run_slice(WRITES, "def f(x):\n    return x").parts] == ["cell 2"]


def test_a_written_module_may_import_another_and_the_last_text_counts():
    first = "%%writefile one.py\nVALUE = 1"
    found = run_slice(
        first, "%%file two.py\nfrom one import VALUE", "%%writefile one.py\nVALUE = 3", "from two import VALUE as f"
    )
    assert {label for label, _ in found.parts} >= {"cell 1", "cell 2", "cell 4"}


def test_a_written_module_that_does_not_compile_says_so():
    found = run_slice("%%writefile helper.py\ndef half(x:\n", "from helper import half as f")
    assert found.state == "ready"  # the import fails when it runs, and the cell is named
    assert run_slice("%%writefile notes.txt\nnot python", "f = 1").state == "ready"


def test_a_cell_that_became_text_is_named():
    text = {"cell_type": "markdown", "source": "def f(x):\n    return x", "metadata": {}}
    found = run_slice("a = 1", text)
    assert found.state == "missing" and "cell 2 is text now; make it a code cell again" in found.message
    assert "text now" not in run_slice("a = 1", {**text, "source": "we write def f(x)"}).message


def test_newer_syntax_names_the_grader_s_python():
    found = run_slice("def f[T](x: T:\n    return x")
    assert f"Python {sys.version_info.major}.{sys.version_info.minor}" in found.message
