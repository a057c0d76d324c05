"""Fingerprints: what may decide a result is in them by its folder, and what cannot is not."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from autograder import provenance, records
from autograder.course import ROOT, load_course

HW1, HW2 = load_course().homework("hw1"), load_course().homework("hw2")
KINDS = ("checks", "grader", "toolkit")
# Ground that nothing is judged by: it is read (course.toml, as repr of the homework), written, or only names folders.
NO_JUDGES = {"autograder/__init__.py", "solutions/__init__.py"} | {
    f"autograder/{module}.py" for module in ("course", "errors", "provenance", "records")
}
LOADED = """
import json, sys
from autograder.course import load_course
from autograder.judging import batch, cluster, grading
from autograder.sandbox import guest, kernel, warden, zygote
import dgm
for homework in load_course().given:
    grading.load_material(homework.id)
print(json.dumps([m.__file__ for m in sys.modules.values() if getattr(m, "__file__", None)]))
"""


@pytest.fixture
def root(tmp_path, monkeypatch):
    """A copy of what is fingerprinted, and of what lies beside it."""
    for folder in ("autograder", "solutions/hw1", "solutions/hw2", "homeworks"):
        ignore = shutil.ignore_patterns("__pycache__", "right", "*.mistakes.md", "*.xz")
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=ignore)
    monkeypatch.setattr(provenance, "ROOT", tmp_path)
    monkeypatch.setattr(provenance, "CHECKS", tmp_path / "autograder" / "checks")
    monkeypatch.setattr(provenance, "TOOLKIT", tmp_path / "homeworks" / "dgm")
    return tmp_path


def changed(root, name):
    """Which fingerprints of homework 1 another byte in that file, or a new file, changes; then it is taken back."""
    path, before = root / name, provenance.fingerprints(HW1)
    source = path.read_bytes() if path.exists() else None
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes((source or b"") + b"\n")
    after = provenance.fingerprints(HW1)
    path.unlink() if source is None else path.write_bytes(source)
    assert provenance.fingerprints(HW1) == before
    return [kind for kind in before if before[kind] != after[kind]]


@pytest.mark.parametrize(
    ("name", "kinds"),
    [
        ("autograder/checks/hw1/test_made.py", ["checks"]),
        ("solutions/hw1/made.py", ["checks"]),
        ("solutions/hw1/a_new_helper.py", ["checks"]),
        ("homeworks/hw1/hw1.ipynb", ["checks"]),
        ("autograder/checking.py", ["grader"]),
        ("autograder/judging/instruments.py", ["grader"]),
        ("autograder/judging/a_new_module.py", ["grader"]),
        ("autograder/notebooks/a_new_room/within.py", ["grader"]),
        ("autograder/sandbox/guest.py", ["grader"]),
        ("homeworks/dgm/layers.py", ["toolkit"]),
        ("homeworks/dgm/a_new_module.py", ["toolkit"]),
        ("homeworks/dgm/a_new_folder/data.npy", ["toolkit"]),
        ("homeworks/dgm/packed/another.xz", ["toolkit"]),
        ("autograder/checks/hw2/test_vae.py", []),
        ("autograder/checks/hw1/stories.py", []),
        ("autograder/checks/hw1/made.mistakes.md", []),
        ("autograder/pages/feedback.py", []),
        ("solutions/hw1/hw1.md", []),
        ("solutions/hw2/vae.py", []),
        ("homeworks/dgm/checks/hw1/made.py", []),
        ("homeworks/dgm/packed/README.md", []),
        ("homeworks/dgm/build/lib/dgm/layers.py", []),
        ("homeworks/dgm/.layers.py.swp", []),
        ("homeworks/scoreboard.json", []),
    ],
)
def test_a_change_has_regraded_what_it_may_act_on_and_nothing_else(root, name, kinds):
    assert changed(root, name) == kinds


def test_a_file_that_is_gone_or_moved_is_a_change(root):
    before = provenance.fingerprints(HW1)
    module = root / "homeworks/dgm/layers.py"
    module.rename(module.with_name("strata.py"))
    assert provenance.fingerprints(HW1)["toolkit"] != before["toolkit"]
    (root / "homeworks/hw1/hw1.ipynb").unlink()
    assert provenance.fingerprints(HW1)["checks"] != before["checks"]


def test_homeworks_share_grader_and_toolkit_only():
    first, second = provenance.fingerprinted(HW1), provenance.fingerprinted(HW2)
    assert (first["grader"], first["toolkit"]) == (second["grader"], second["toolkit"])
    assert not set(first["checks"]) & set(second["checks"])
    assert {provenance.check_file(HW1, exercise) for exercise in HW1.exercises} <= set(first["checks"])


def test_a_record_made_from_anything_else_is_made_again():
    now = provenance.fingerprints(HW1) | {"submission": "s", "seed": 1, "isolation": "none"}
    assert records.reasons_to_regrade({"provenance": now}, now) == []
    for kind in now:
        assert records.reasons_to_regrade({"provenance": now | {kind: "older"}}, now) == [kind]


def test_whatever_grading_imports_of_ours_is_fingerprinted():
    """So that no module that decides a result can be forgotten, wherever it lies."""
    command, env = (
        [sys.executable, "-c", LOADED],
        {**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'homeworks'}"},
    )
    said = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=True).stdout
    of_ours = {Path(file) for file in json.loads(said) if Path(file).is_relative_to(ROOT) and ".venv" not in file}
    loaded = {path.relative_to(ROOT).as_posix() for path in of_ours}
    files = [provenance.fingerprinted(homework) for homework in load_course().given]
    known = {path.relative_to(ROOT).as_posix() for found in files for kind in KINDS for path in found[kind]}
    assert "homeworks/dgm/checking.py" in loaded and "autograder/judging/instruments.py" in loaded
    assert loaded - known - NO_JUDGES == set()
