"""`check`: what it prints, when it raises, and that it leaves the notebook as it was."""

import linecache
import random
import signal
import threading
import time

import dgm
import numpy as np
import pytest
import torch
from dgm import checking, stubs

CHECKS = """
from dgm.checking import public_check
import random
import numpy as np
import torch


@public_check("it doubles")
def doubles(student):
    assert student.double(3) == 6, "double(3) should be 6: did you add instead?"


@public_check("it doubles a tensor")
def doubles_a_tensor(student):
    noise = torch.randn(3) + np.random.rand() + random.random()
    assert torch.equal(student.double(noise), 2 * noise)
"""


@pytest.fixture
def homework(monkeypatch, tmp_path):
    """An exercise "double" in hw1; the returned function adds further files of checks."""
    monkeypatch.setattr(stubs, "CHECKS", tmp_path)

    def add(name, source):
        path = tmp_path / f"{name}.py"
        path.parent.mkdir(exist_ok=True)
        path.write_text(source)

    add("hw1/double", CHECKS)
    return add


def run(cell, call='check("double")'):
    """Run a cell and a check in the namespace of a pretended notebook; gives back that namespace."""
    namespace = {"check": dgm.check, "torch": torch}
    name = "<cell 1>"
    linecache.cache[name] = (len(cell), None, cell.splitlines(keepends=True), name)
    exec(compile(cell, name, "exec"), namespace)
    exec(call, namespace)
    return namespace


def test_what_works_gets_a_tick_and_nothing_is_raised(homework, capsys):
    run("def double(x): return 2 * x")
    lines = capsys.readouterr().out.splitlines()
    assert lines == ["double: 2 of 2 public checks passed", "✓ it doubles", "✓ it doubles a tensor"]


def test_what_fails_gets_a_cross_and_its_message_and_raises_at_the_end(homework, capsys):
    with pytest.raises(dgm.ChecksFailed, match="double: 1 of 2 checks"):
        run("def double(x): return x + (x if torch.is_tensor(x) else 2)")
    out = capsys.readouterr().out
    assert "✗ it doubles — double(3) should be 6: did you add instead?\n✓ it doubles a tensor" in out


def test_an_assert_without_words_still_says_something(homework, capsys):
    with pytest.raises(dgm.ChecksFailed):
        run("def double(x): return 6")
    assert "✗ it doubles a tensor — " in capsys.readouterr().out


def test_a_stub_is_not_written_yet(homework, capsys):
    with pytest.raises(dgm.ChecksFailed):
        run('def double(x): raise NotImplementedError("double: write double.")')
    assert capsys.readouterr().out.count("not written yet: write double\n") == 2


def test_a_bare_stub_is_not_written_yet(homework, capsys):
    with pytest.raises(dgm.ChecksFailed):
        run("def double(x): raise NotImplementedError")
    assert capsys.readouterr().out.count("— not written yet") == 2


def test_not_implemented_in_torch_is_an_error_and_no_stub(homework, capsys):
    with pytest.raises(dgm.ChecksFailed):
        run("def double(x): return torch.nn.Module()(x)")
    out = capsys.readouterr().out
    assert "NotImplementedError: Module [Module] is missing" in out and "not written" not in out


def test_an_exception_shows_type_message_and_the_students_line(homework, capsys):
    with pytest.raises(dgm.ChecksFailed):
        run("def double(x):\n    y = [x]\n    return y[2]  # <b>here</b>")
    out = capsys.readouterr().out
    assert "✗ it doubles — IndexError: list index out of range\n    line 3: return y[2]  # <b>here</b>" in out


def test_an_exception_below_the_students_code_shows_the_line_that_called(homework, capsys):
    with pytest.raises(dgm.ChecksFailed):
        run("def double(x):\n    return torch.nn.functional.conv2d(x, x)")
    assert "line 2: return torch.nn.functional.conv2d(x, x)" in capsys.readouterr().out


def test_a_wrong_signature_points_to_the_call_in_the_check(homework, capsys):
    with pytest.raises(dgm.ChecksFailed):
        run("def double(): return 1")
    assert "TypeError" in (out := capsys.readouterr().out)
    assert "in the check, at `assert student.double(3) == 6" in out


def test_the_students_own_assert_is_an_error_of_the_student(homework, capsys):
    with pytest.raises(dgm.ChecksFailed):
        run('def double(x):\n    assert x is None, "mine"')
    assert "AssertionError: mine\n    line 2: assert x is None" in capsys.readouterr().out


def test_a_name_that_is_not_there_is_named(homework, capsys):
    with pytest.raises(dgm.ChecksFailed):
        run("")
    assert "`double` is not defined: run the cell that defines it" in capsys.readouterr().out


def test_an_endless_loop_is_stopped_even_when_it_swallows_exceptions(homework, capsys, monkeypatch):
    monkeypatch.setattr(checking, "PATIENCE", 0.2)
    cell = (
        "def double(x):\n    while True:\n        try:\n            x += 1\n        except Exception:\n            pass"
    )
    start = time.perf_counter()
    with pytest.raises(dgm.ChecksFailed):
        run(cell)
    assert time.perf_counter() - start < 5
    assert capsys.readouterr().out.count("is there a loop that never ends?") == 2


@pytest.mark.parametrize("where", ["a system without alarms", "a thread"])
def test_an_endless_loop_is_stopped_without_alarms_too(homework, capsys, monkeypatch, where):
    """As on Windows, and where a notebook runs its cells in a thread."""
    monkeypatch.setattr(checking, "PATIENCE", 0.2)
    cell = (
        "def double(x):\n    while True:\n        try:\n            x += 1\n        except Exception:\n            pass"
    )
    found = []

    def work():
        with pytest.raises(dgm.ChecksFailed):
            run(cell)
        found.append(capsys.readouterr().out.count("is there a loop that never ends?"))

    if where == "a thread":
        thread = threading.Thread(target=work)
        thread.start()
        thread.join(10)
    else:
        monkeypatch.delattr(signal, "SIGALRM")
        work()
    assert found == [2]
    time.sleep(0.3)  # nothing that was on its way arrives later


def test_an_interrupt_is_the_students_own(homework):
    with pytest.raises(KeyboardInterrupt):
        run("def double(x): raise KeyboardInterrupt")


def test_a_long_message_is_cut(homework, capsys):
    with pytest.raises(dgm.ChecksFailed):
        run("def double(x): raise ValueError('x' * 100_000)")
    assert len(capsys.readouterr().out) < 3000


def test_it_can_be_run_again_and_follows_new_definitions_and_new_checks(homework, capsys):
    with pytest.raises(dgm.ChecksFailed):
        namespace = run("def double(x): return 6", call="")
        exec('check("double")', namespace)
    exec("def double(x): return 2 * x", namespace)
    exec('check("double"); check("double")', namespace)
    homework("hw1/double", CHECKS.replace("it doubles", "it still doubles"))
    exec('check("double")', namespace)
    assert "✓ it still doubles" in capsys.readouterr().out


def test_every_run_gives_the_checks_the_same_random_numbers(homework):
    homework(
        "hw1/noise",
        "import torch\nfrom dgm.checking import public_check\n"
        "@public_check('a')\ndef a(student): student.seen.append(torch.rand(()).item())\n"
        "@public_check('b')\ndef b(student): student.seen.append(torch.rand(()).item())\n",
    )
    seen = run("seen = []", 'check("noise"); torch.manual_seed(3); check("noise")')["seen"]
    assert seen[:2] == seen[2:] and seen[0] != seen[1]


@pytest.mark.parametrize("body", ["return 2 * x", "raise ValueError('no')", "torch.manual_seed(0)"])
def test_random_numbers_dtype_and_gradient_mode_stay(homework, body):
    torch.manual_seed(11)
    np.random.seed(11)
    random.seed(11)
    expected = torch.rand(3), np.random.rand(), random.random()
    torch.manual_seed(11)
    np.random.seed(11)
    random.seed(11)
    try:
        torch.set_default_dtype(torch.float64)
        torch.set_grad_enabled(False)
        try:
            run(
                "def double(x):\n    torch.set_default_dtype(torch.float16)\n    torch.set_grad_enabled(True)\n"
                f"    {body}"
            )
        except dgm.ChecksFailed:
            pass
        assert torch.get_default_dtype() == torch.float64 and not torch.is_grad_enabled()
    finally:
        torch.set_default_dtype(torch.float32)
        torch.set_grad_enabled(True)
    assert torch.equal(torch.rand(3), expected[0])
    assert np.random.rand() == expected[1] and random.random() == expected[2]


def test_checks_start_with_gradients_and_float32_whatever_the_notebook_did(homework):
    homework(
        "hw1/modes",
        "import torch\nfrom dgm.checking import public_check\n"
        "@public_check('a')\ndef a(student): "
        "assert torch.is_grad_enabled() and torch.zeros(1).dtype == torch.float32\n",
    )
    with torch.no_grad():
        run("", 'check("modes")')


def test_an_unknown_exercise_lists_the_known_ones(homework):
    homework("hw2/elbo", CHECKS)
    with pytest.raises(dgm.UnknownExercise, match="'duoble'; there are some for hw1: double; hw2: elbo"):
        run("", 'check("duoble")')
    with pytest.raises(dgm.UnknownExercise):
        run("", "check(3)")


def test_a_name_in_two_homeworks_is_found_by_the_notebooks_folder(homework, monkeypatch, tmp_path, capsys):
    homework("hw2/double", CHECKS.replace("it doubles", "it doubles in hw2"))
    with pytest.raises(dgm.UnknownExercise, match=r'check\("hw1/double"\) or check\("hw2/double"\)'):
        run("def double(x): return 2 * x")
    run("def double(x): return 2 * x", 'check("hw2/double")')
    assert "in hw2" in capsys.readouterr().out
    monkeypatch.chdir(tmp_path / "hw1")
    run("def double(x): return 2 * x")
    assert "in hw2" not in capsys.readouterr().out


def test_the_html_is_escaped(homework):
    result = checking.Result("a < b", False, "<script>alert(1)</script>", "x = '<i>'")
    plain, html = checking._report("double", [result])
    assert "<script>" in plain and "<script>" not in html and "<i>" not in html and "a &lt; b" in html


def test_errors_show_as_one_line_in_a_notebook():
    assert dgm.ChecksFailed("a: 1 of 2")._render_traceback_() == ["ChecksFailed: a: 1 of 2"]


def test_every_shipped_file_of_checks_loads_and_has_marked_functions():
    for path in stubs.check_files():
        checks = checking._public_checks(path)
        assert checks and all(check.public_title for check in checks), path
