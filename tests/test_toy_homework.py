"""A homework is added without touching anything else: a toy one, in a copy of the repository, from its text to grades.

`tests/toy_homework/` holds all that a homework consists of, each file where it belongs, and its part of `course.toml`.
"""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from autograder.course import ROOT

TOY = Path(__file__).parent / "toy_homework"
PARTS = ("autograder", "solutions", "homeworks", "course.toml", "pyproject.toml", "requirements.txt", "setup.py")
NOT_COPIED = shutil.ignore_patterns("__pycache__", ".ipynb_checkpoints", "build", "*.egg-info", "scoreboard.json")
PRODUCTS = {"homeworks/hw7/hw7.ipynb", "solutions/hw7/hw7.ipynb"}  # of `make release`

FINGERPRINTS = """
import json
from autograder.course import load_course
from autograder.provenance import fingerprints
print(json.dumps({homework.id: fingerprints(homework) for homework in load_course().given}))
"""
LISTS = """
import json
from solutions.bench.suite import MODULES, OPERATIONS, WITHOUT_PEER
from solutions.results.suite import MODELS, NOTES
operations = [(operation.group, operation.name) for operation in OPERATIONS]
print(json.dumps([list(MODULES), operations, list(WITHOUT_PEER), list(MODELS), NOTES]))
"""


def files(folder):
    """Relative path -> content of every file of the copy that somebody wrote."""
    found = (path for path in folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in found}


class Copy:
    """The repository beside which nothing was handed in, and the programs that run in it."""

    def __init__(self, folder):
        self.folder = folder
        for part in PARTS:
            if (ROOT / part).is_dir():
                shutil.copytree(ROOT / part, folder / part, ignore=NOT_COPIED)
            else:
                shutil.copy(ROOT / part, folder / part)
        self.before, self.fingerprints_before = files(folder), self.fingerprints()

    def add_homework(self):
        """What an instructor does: put the homework's files where they belong and append its part of the course."""
        shutil.copytree(TOY, self.folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns("course_part.toml"))
        with open(self.folder / "course.toml", "a", encoding="utf-8") as course:
            course.write((TOY / "course_part.toml").read_text(encoding="utf-8"))

    def python(self, *arguments, paths=None):
        """What the program prints; it must succeed."""
        paths = paths or [self.folder, self.folder / "homeworks"]
        env = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST")}
        env |= {"PYTHONPATH": os.pathsep.join(map(str, paths)), "OMP_NUM_THREADS": "1"}
        done = subprocess.run([sys.executable, *arguments], cwd=self.folder, env=env, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def fingerprints(self, paths=None):
        return json.loads(self.python("-c", FINGERPRINTS, paths=paths))


@pytest.fixture(scope="module")
def copy(tmp_path_factory):
    copy = Copy(tmp_path_factory.mktemp("course"))
    copy.add_homework()
    copy.python("-m", "autograder", "release", "--hw", "hw7")
    return copy


def test_the_release_has_stubs_for_students_and_a_solved_notebook_that_ran(copy):
    released, solved = (json.loads((copy.folder / path).read_text()) for path in sorted(PRODUCTS))
    stubs = "".join(line for cell in released["cells"] for line in cell["source"])
    assert 'NotImplementedError("fit_coin: write fit_coin")' in stubs and "13 points" in stubs
    assert "math.log1p" not in stubs and "concave" not in stubs
    printed = [output for cell in solved["cells"] for output in cell.get("outputs", ())]
    assert any("6.109 nats" in json.dumps(output) for output in printed)


def test_every_member_of_the_demo_class_gets_what_they_should(copy):
    said = copy.python("-m", "autograder", "grade", "--hw", "hw7", "--jobs", "1")
    assert "Every member of the demo class got what they should" in said
    records = {path.stem: json.loads(path.read_text()) for path in copy.folder.glob("build/demo/records/hw7/*.json")}
    assert {student: record["total"] for student, record in records.items()} == {
        "ada-lindqvist": "11", "emil-okonkwo": "0", "dilnoza-karimova": "9", "hugo-mwangi": "0", "kavya-moreau": "11",
        "noor-haddad": "0",
    }  # fmt: skip


def test_it_is_compared_with_peers_and_among_the_results(copy):
    modules, operations, without_peer, models, notes = json.loads(copy.python("-c", LISTS))
    assert modules[-1] == "hw7" and operations[-1] == ["hw7/t1_formula", "coin_entropy"]
    assert without_peer[-2:] == ["hw7/biased_coin", "hw7/fit_coin"]
    assert models[-1] == "coins" and notes[-1].startswith("Homework 7")


def test_the_installed_package_has_it_with_the_same_fingerprints(copy, tmp_path):
    copy.python("setup.py", "-q", "build_py", "--build-lib", str(tmp_path))
    installed = copy.fingerprints(paths=[tmp_path])
    assert installed == copy.fingerprints()
    assert not list(tmp_path.rglob("*.mistakes.md")) and not list(tmp_path.rglob("right"))


def test_its_files_are_fingerprinted_and_those_of_others_stay_graded(copy):
    found = copy.fingerprints()
    assert list(found) == [*copy.fingerprints_before, "hw7"]
    others = {homework: marks for homework, marks in found.items() if homework != "hw7"}
    stay = {homework: {**marks, "toolkit": None} for homework, marks in others.items()}
    assert stay == {homework: {**marks, "toolkit": None} for homework, marks in copy.fingerprints_before.items()}
    for name in ("solutions/hw7/coins.py", "autograder/checks/hw7/test_fit_coin.py", "homeworks/hw7/hw7.ipynb"):
        path = copy.folder / name
        source = path.read_bytes()
        path.write_bytes(source + b"\n")
        changed = copy.fingerprints()
        path.write_bytes(source)
        assert changed["hw7"]["checks"] != found["hw7"]["checks"], name
        assert {**changed, "hw7": None} == {**found, "hw7": None}, name


def test_no_other_file_has_changed(copy):
    """Run last: neither to add the homework nor by what was done with it since."""
    after = files(copy.folder)
    added = {path.relative_to(TOY).as_posix() for path in TOY.rglob("*") if path.is_file()} - {"course_part.toml"}
    changed = {name for name, data in copy.before.items() if after.get(name) != data}
    assert changed == {"course.toml"}
    new = {name for name in after.keys() - copy.before.keys() if "__pycache__" not in name}
    made = {name for name in new if not name.startswith("build/")}
    assert made - {"environment.yml", "gradebook.db"} == added | PRODUCTS
