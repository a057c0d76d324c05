"""{hw}`hw1/elbo` names an exercise or a theory problem with its homework, title and points, all from course.toml.

An id that course.toml does not know is a warning, so with -W it fails the build.
"""

from __future__ import annotations

import tomllib
from pathlib import Path

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util import logging
from sphinx.util.docutils import SphinxRole

logger = logging.getLogger(__name__)


def named(course: dict, text: str) -> str | None:
    """What {hw}`text` says: "hw1" or "hw1/elbo" in words; None when the course has nothing of that name."""
    homework, _, part = text.partition("/")
    entry = next((item for item in course["homework"] if item["id"] == homework), None)
    if entry is None:
        return None
    number = homework.removeprefix("hw")
    if not part:
        return f"Homework {number} “{entry['title']}”"
    for kind, name in (("theory", part.upper()), ("exercise", "exercise")):
        for item in entry.get(kind, []):
            if item["id"] == part:
                worth = f"{item['points']:g} point{'' if item['points'] == 1 else 's'}"
                return f"Homework {number}, {name} “{item['title']}” ({worth})"
    return None


class Homework(SphinxRole):
    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        text = named(self.env.course, self.text)
        if text is None:
            logger.warning("course.toml knows no %r", self.text, location=self.get_location(), type="course")
            return [nodes.literal(self.text, self.text)], []
        return [nodes.inline(text, text, classes=["homework"])], []


def load(app: Sphinx) -> None:
    app.env.course = tomllib.loads(Path(app.config.course_file).read_text(encoding="utf-8"))


def setup(app: Sphinx) -> dict[str, bool]:
    app.add_config_value("course_file", "", "env", str)
    app.add_role("hw", Homework())
    app.connect("builder-inited", load)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
