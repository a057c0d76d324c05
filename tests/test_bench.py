import doctest
import json
import subprocess
import sys
from fractions import Fraction

import pytest
import torch

from autograder.bench import light, page, peers
from autograder.bench.grading import row, without_tests
from autograder.bench.measure import Usage
from autograder.bench.scale import straight_line
from autograder.course import ROOT, load_course
from autograder.notebooks import read_notebook

# --- the light homework: the same questions in three forms ----------------------------------------------------------


def run(document):
    """The notebook's names, and the test cells that fail."""
    space, failed = {}, []
    for cell in document["cells"]:
        if cell["cell_type"] == "code":
            try:
                exec(cell["source"], space)
            except (AssertionError, NotImplementedError):
                failed.append(cell["metadata"]["nbgrader"]["grade_id"])
    return space, failed


@pytest.mark.parametrize(("kind", "fails"), [("perfect", 0), ("half", 3), ("empty", 6)])
def test_nbgraders_test_cells_tell_what_was_solved(kind, fails):
    _, failed = run(light.notebook(light.SOLVED[kind]))
    assert failed == [exercise.id for exercise in light.EXERCISES][6 - fails :]


@pytest.mark.parametrize(("solved", "fails"), [(6, 0), (0, 6)])
def test_otters_tests_say_the_same(solved, fails):
    space, _ = run(light.notebook(solved, tests=False))
    failed = 0
    for exercise in light.EXERCISES:
        file = {}
        exec(light.otter_test(exercise), file)
        (suite,) = file["test"]["suites"]
        test = doctest.DocTestParser().get_doctest(suite["cases"][0]["code"], dict(space), exercise.id, None, None)
        failed += doctest.DocTestRunner(verbose=False).run(test, out=lambda text: None).failed > 0
    assert failed == fails


def test_our_checks_put_the_same_questions(tmp_path):
    light.write_course(tmp_path)
    course = load_course(tmp_path / "course.toml")
    (homework,) = course.given
    assert homework.automatic_points == course.homework_points == Fraction(light.POINTS)
    assert not (tmp_path / "autograder" / "checks" / "hw1").exists()
    reference = {}
    exec((tmp_path / "solutions" / "light" / "one_liners.py").read_text(), reference)
    for exercise in light.EXERCISES:
        check = (tmp_path / "autograder" / "checks" / "light" / f"test_{exercise.id}.py").read_text()
        assert exercise.truth in check
        space = {"torch": torch, "generator": torch.Generator().manual_seed(3)}
        exec(exercise.draws("generator"), space)
        truth = eval(exercise.truth, space)
        answer = reference[exercise.id](*(space[name] for name in exercise.shapes))
        assert torch.allclose(answer, truth)
        assert not torch.allclose(answer + 1e-3, truth)


def test_a_class_is_read_by_our_grader_and_differs_only_in_a_word(tmp_path):
    paths = light.write_class(tmp_path, 4)
    assert [path.parent.parent.name for path in paths] == ["perfect-000", "half-001", "empty-002", "perfect-003"]
    first, last = (read_notebook(paths[number].read_bytes()) for number in (0, 3))
    assert [cell.source for cell in first.cells][1:] == [cell.source for cell in last.cells][1:]
    assert paths[0].read_bytes() != paths[3].read_bytes()


def test_otter_gets_the_notebook_without_test_cells():
    document = light.notebook(2)
    assert without_tests(document)["cells"] == light.notebook(2, tests=False)["cells"]


# --- measuring ------------------------------------------------------------------------------------------------------

BUSY = "import time\nwhile time.process_time() < 0.3: pass\n"
FAMILY = f"""
import os, subprocess, sys
subprocess.run([sys.executable, "-c", {BUSY!r}])
if os.fork() == 0:  # an orphan, which goes on when its parent has ended
    exec({BUSY!r})
    os._exit(0)
"""


def test_children_and_orphans_count(tmp_path):
    program = f"""
import sys
from pathlib import Path
from autograder.bench import measure
print(measure.run([sys.executable, "-c", {FAMILY!r}], Path("log"), cwd=Path("."), env={{}}, sample=False).cpu)
"""
    paths = {"PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, env=paths, capture_output=True, check=True)
    assert float(done.stdout) >= 0.6


def test_a_row_is_per_submission_and_memory_is_the_highest():
    assert row([Usage(2, 4, 100), Usage(4, 6, 50)], 3) == {"submissions": 3, "cpu": 2, "wall": 10 / 3, "memory": 100}


def test_a_straight_line_is_found_and_a_bent_one_betrays_itself():
    assert straight_line([(10, 25.0), (50, 105.0), (200, 405.0)]) == pytest.approx((2.0, 5.0, 0.0))
    assert straight_line([(10, 25.0), (50, 205.0), (200, 405.0)])[2] > 0.1


def test_the_peers_are_pinned_and_none_is_needed_by_users():
    pins = peers.pins()
    assert all(pin.count("==") == 1 for pin in pins)
    needed = (ROOT / "requirements.txt").read_text()
    assert not [pin for pin in pins if pin.partition("==")[0] in needed]


# --- the page -------------------------------------------------------------------------------------------------------

ABOUT = {"machine": {"cpu": "A CPU", "cores": 2, "memory_gib": 8, "torch": "2"}, "command": "make bench"}
ABOUT |= {"measured": "2026-01-02"}


def graders(ours=0.1, nbgrader=3.0, otter=3.0):
    rows = {"ours": ours, "nbgrader": nbgrader, "otter": otter}
    made = {name: {"submissions": 9, "cpu": cpu, "wall": cpu, "memory": 100.0} for name, cpu in rows.items()}
    names = ("checks", "judge", "check", "sandbox", "student", "desk", "overhead")
    parts = dict.fromkeys(names, 0.012) | {"without_student": 0.2}
    return ABOUT | made | {"overhead": {"perfect": parts}}


def scaled(two=5.0, cluster=10.4):
    line = [{"submissions": n, "cpu": 5 + n / 10, "wall": 9.0, "memory": 700.0} for n in (10, 50, 200)]
    one = {"cpu": 10.0, "wall": 9.5, "memory": 700.0}
    through = {"cpu": cluster, "wall": 6.0, "memory": 700.0, "started": 3.0, "memory_per_worker": 500.0}
    workers = {"submissions": 9, "rounds": 2, "one": one, "two": one | {"wall": two}, "cluster": through}
    return ABOUT | {
        "line": line,
        "fit": {"per_submission": 0.1, "start": 5.0, "worst_relative": 0.0},
        "workers": workers,
    }


def goals(text):
    """What of the table of goals was reached, by the words with which a line begins."""
    lines = [line.split(" | ") for line in text.splitlines() if line.endswith("yes |") or line.endswith("**no** |")]
    return {cells[0].removeprefix("| "): "yes" in cells[-1] for cells in lines}


def test_the_page_says_what_was_reached_and_what_was_missed():
    reached = goals(page.page({"light": graders(), "scale": scaled()}))
    assert len(reached) == 9
    missed = {what for what, good in reached.items() if not good}
    assert len(missed) == 3, "otter is 30 times slower, not 40, in both readings; and 200 ms are more than 150"
    assert all("otter" in what or "strict" in what or "the same" in what for what in missed)
    worse = goals(page.page({"light": graders(), "scale": scaled(two=6.0, cluster=11.5)}))
    assert sum(worse.values()) == sum(reached.values()) - 2


def test_the_page_says_from_which_class_on_start_up_no_longer_matters():
    dearer = graders(nbgrader=2.6, otter=3.0)  # at 0.1 CPU s a submission and 5 s once: 5 / (2.6 / 20 - 0.1) = 166.7
    text = page.page({"light": dearer, "scale": scaled()})
    assert (
        "a class of 167 for 20 times less than nbgrader, and more than any class for 40 times less than otter." in text
    )
    assert "a class of" not in page.page({"light": dearer})


def test_a_part_that_was_not_measured_is_said_to_be(tmp_path):
    (tmp_path / "models.json").write_text(json.dumps(ABOUT | {"rows": [*map(model, (2.0, 1.01, 0.99, 0.5, None))]}))
    page.write(tmp_path / "page.md", tmp_path)
    text = (tmp_path / "page.md").read_text()
    assert text.count("Not measured here yet.") == 4
    assert "(4 comparisons) | none slower | 1 faster, 2 alike, 1 slower (0.50 at worst) | **no** |" in text
    assert "a \\| b" in text


def test_a_whole_course_is_on_the_page(tmp_path):
    spent = {"cpu": 12.0, "wall": 13.0}
    line = [{"students": 1500, "first": spent, "again": spent | {"cpu": 9.0}, "final": spent}]
    (tmp_path / "course.json").write_text(json.dumps(ABOUT | {"homeworks": 6, "line": line}))
    page.write(tmp_path / "page.md", tmp_path)
    text = (tmp_path / "page.md").read_text()
    assert "| 1500 | 12.0 (13.0) | 9.0 (13.0) | 12.0 (13.0) |" in text and text.count("Not measured here yet.") == 4
    assert list(goals(text).values()) == [True, False]


def model(ratio):
    made = {"group": "made", "operation": "a | b", "ours_ms": 1.0, "peer": "nflows", "peer_ms": ratio, "ratio": ratio}
    quartiles = {"ratio_low": ratio and ratio - 0.02, "ratio_high": ratio and ratio + 0.02}
    return made | quartiles | {"agreement": "1e-7", "note": ""}
