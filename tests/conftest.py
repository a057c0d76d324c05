"""What every test shares: parts of the system that a test may need, and skip without."""

import os
import shutil

import pytest

collect_ignore = ["toy_homework"]  # a homework whose hidden checks are no tests of ours: see test_toy_homework.py


def _problem(part: str) -> str | None:
    """Why a part of the system cannot be used here, or None."""
    if part == "bubblewrap":
        from autograder.sandbox import sandbox_problem

        return sandbox_problem()
    if part == "chromium":
        return None if shutil.which("chromium") else "chromium is not installed (Debian: apt-get install chromium)"
    if part == "lectures":
        from lectures.environment import problem

        return problem()
    raise pytest.UsageError(f"no such part of the system: {part}")


# Groups of tests that cannot be shared out and take long; many wait, for servers, browsers, time limits. They begin
# first: others compute meanwhile, and nothing waits for them at the end. The longest come first.
LONGEST = [
    "test_grading",
    "test_attacks",
    "test_toy_homework",
    "test_formgrader_browser",
    "test_browser",
    "cluster",
    "test_cli",
    "test_site",
    "mutants",
    "test_release",
    "test_groups",
    "test_colab",
    "test_in_jupyter",
]


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    """The tests of a module run in one worker, which makes its fixtures once; long ones go by exercise or homework."""
    for item in items:
        if not item.get_closest_marker("xdist_group"):
            case = getattr(item, "callspec", None)
            apart = (case.params.get("exercise") or case.params.get("homework")) if case else None
            group = item.module.__name__ + (f" {apart.id}" if apart else "")
            item.add_marker(pytest.mark.xdist_group(group))
    items.sort(key=_place)  # those of one place stay in order


def _place(item):
    group = item.get_closest_marker("xdist_group").args[0]
    return LONGEST.index(group) if group in LONGEST else len(LONGEST)


_problems: dict[str, str | None] = {}


def pytest_runtest_setup(item):
    """Skip a test whose part of the system is missing; fail it where REQUIRE_SYSTEM_PARTS says that all are there."""
    for marker in item.iter_markers("system"):
        (part,) = marker.args
        if part not in _problems:
            _problems[part] = _problem(part)
        if _problems[part] is None:
            continue
        if os.environ.get("REQUIRE_SYSTEM_PARTS"):
            pytest.fail(f"{part} is required here: {_problems[part]}")
        pytest.skip(f"needs {part}: {_problems[part]}")
