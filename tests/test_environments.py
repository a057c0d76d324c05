"""What is installed where: students get what students need, graders the same versions everywhere."""

import re
import tomllib
from pathlib import Path

from autograder.course import ROOT


def pins(path: Path) -> dict[str, str]:
    lines = (line.strip() for line in path.read_text(encoding="utf-8").splitlines())
    found = (re.fullmatch(r"([A-Za-z0-9._-]+)==(\S+)", line) for line in lines if line and not line.startswith("#"))
    return {re.sub(r"[-_.]+", "-", pin[1]).lower(): pin[2] for pin in found}


def test_the_lock_holds_every_pin_and_no_address():
    locked, wanted = pins(ROOT / "requirements.lock"), pins(ROOT / "requirements.txt")
    assert wanted.items() <= locked.items() and len(locked) > 2 * len(wanted)
    text = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    assert "http" not in text.replace("httpcore", "").replace("httpx", "")


def test_students_get_no_tools_of_graders():
    text = (ROOT / "environment.yml").read_text(encoding="utf-8")
    assert "torch==" in text and "jupyterlab==" in text
    assert not re.search("nbgrader|pytest|nbconvert|playwright", text)


def test_the_toolkit_asks_for_what_the_environment_has():
    project = tomllib.loads((ROOT / "homeworks" / "dgm" / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    names = {re.split("[><=]", wanted)[0] for wanted in project["dependencies"]}
    assert names <= set(pins(ROOT / "requirements.txt"))


def test_the_image_is_made_from_the_lock():
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    assert "PIP_CONSTRAINT=/course/requirements.lock" in text
    for line in re.findall(r"^COPY (.+) \S+$", text, re.MULTILINE):
        assert all((ROOT / name).exists() for name in line.split()), line
    ignored = (ROOT / ".dockerignore").read_text(encoding="utf-8").split()
    of_the_course = [line for line in (ROOT / ".gitignore").read_text(encoding="utf-8").split() if line[0] == "/"]
    assert "/submissions/" in of_the_course
    assert {line.strip("/") for line in of_the_course} <= set(ignored), "what a course leaves behind is in no image"
