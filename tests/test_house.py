"""The house is as its map says: rooms in one order, imports that run one way, no circles, a docstring for each."""

import ast
import re

import pytest

import autograder
from autograder.course import ROOT
from tests.conftest import LONGEST

# The map: a room per line, from the ground up.
ROOMS = re.findall(r"^    (\w+)  +\S", autograder.__doc__, re.MULTILINE)


def modules(folder):
    """Dotted name -> path of every module below a folder of the repository, hidden checks and answers left out."""
    base = ROOT / folder
    paths = [path for path in base.rglob("*.py") if "checks" not in path.relative_to(base).parts]
    root = base.parent
    return {
        ".".join(path.relative_to(root).with_suffix("").parts).removesuffix(".__init__"): path for path in sorted(paths)
    }


HOUSE = modules("autograder") | modules("solutions") | modules("homeworks/dgm")


def imports(name, path, top_level_only=False):
    """The modules of ours that a module imports, by their dotted names."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in tree.body if top_level_only else ast.walk(tree):
        if isinstance(node, ast.Import):
            found = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found = [
                f"{node.module}.{alias.name}" if f"{node.module}.{alias.name}" in HOUSE else node.module
                for alias in node.names
            ]
        else:
            continue
        yield from (target for target in found if target in HOUSE and target != name)


def room_of(name):
    parts = name.split(".")
    return parts[1] if parts[0] == "autograder" and len(parts) > 1 else parts[0]


def test_the_map_names_every_room():
    house = ROOT / "autograder"
    there = {path.stem for path in house.glob("*.py")} | {path.parent.name for path in house.glob("*/__init__.py")}
    # bootstrap.py makes the environment and runs before there is one, so it imports nothing and nobody imports it.
    assert there - {"__init__", "bootstrap"} == set(ROOMS) - {"checks"}


@pytest.mark.parametrize("name", [name for name in HOUSE if name.startswith("autograder.")])
def test_who_stands_lower_imports_what_stands_higher(name):
    here = room_of(name)
    if here == "bootstrap":
        return
    above = set(ROOMS[: ROOMS.index(here)]) | {here, "solutions", "dgm", "autograder"}
    assert {target for target in imports(name, HOUSE[name]) if room_of(target) not in above} == set()


@pytest.mark.parametrize("name", [name for name in HOUSE if not name.startswith("autograder")])
def test_nobody_below_knows_the_grader(name):
    """But what lists homeworks beside the references (bench, results) reads the course, which is data."""
    tool = name.startswith(("solutions.bench", "solutions.results"))
    allowed = {"dgm"} if name.startswith("dgm") else {"dgm", "solutions"} | ({"course"} if tool else set())
    assert {target for target in imports(name, HOUSE[name]) if room_of(target) not in allowed} == set()


def test_no_circles():
    """Not even one that a late import hides."""
    graph = {name: set(imports(name, path)) for name, path in HOUSE.items()}
    while leaves := {name for name, targets in graph.items() if not targets}:
        graph = {name: targets - leaves for name, targets in graph.items() if name not in leaves}
    assert graph == {}, "these import each other in a circle"


@pytest.mark.parametrize("path", sorted(HOUSE.values()), ids=lambda path: path.relative_to(ROOT).as_posix())
def test_every_module_says_what_it_is_for(path):
    source = path.read_text(encoding="utf-8")
    assert ast.get_docstring(ast.parse(source)) or not source.strip()


@pytest.mark.parametrize("room", sorted({path.parent for path in HOUSE.values() if path.parent != ROOT / "autograder"}))
def test_the_docstring_of_a_room_is_its_map(room):
    """Every module of a room of the grader is named in the room's own docstring."""
    if not room.is_relative_to(ROOT / "autograder"):
        return
    doc = ast.get_docstring(ast.parse((room / "__init__.py").read_text(encoding="utf-8"))) or ""
    modules = [path.stem for path in room.glob("*.py") if not path.stem.startswith("__")]
    assert [module for module in modules if not re.search(rf"\b{module}\b", doc)] == []


def test_the_tests_of_a_module_share_a_worker(request):
    """So that fixtures are made once: a pytest that the parallel runner does not know leaves groups out, silently."""
    grouped = getattr(request.config.option, "loadgroup", False)
    assert request.node.nodeid.endswith("@test_house") == grouped


# --- the order of the tests


def test_every_group_of_tests_that_begins_first_is_there():
    sources = {path.stem: path.read_text(encoding="utf-8") for path in (ROOT / "tests").rglob("test_*.py")}
    marked = set(re.findall(r'xdist_group\("(\w+)"\)', "\n".join(sources.values())))
    assert set(LONGEST) <= sources.keys() | marked
