"""A lecture's number is that of its file: l14 is lecture 14, whether or not all lectures before it are written.

Sphinx counts pages in the order of the contents. Sections, figures, formulas and theorems take their first number from
the page's, so that it is enough to change that one, before they are counted.
"""

from __future__ import annotations

import re

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.environment.collectors.toctree import TocTreeCollector

LECTURE = re.compile(r"l(\d\d)")


class FileNumbers(TocTreeCollector):
    """Sphinx's own collector, which counts, with the numbers of lectures put right before it counts anything else."""

    def assign_section_numbers(self, env: BuildEnvironment) -> list[str]:
        before = env.toc_secnumbers
        counted = super().assign_section_numbers(env)
        for docname, numbers in env.toc_secnumbers.items():
            if (found := LECTURE.fullmatch(docname)) is None:
                continue
            number = int(found[1])
            env.toc_secnumbers[docname] = {anchor: renumbered(value, number) for anchor, value in numbers.items()}
            entries = list(env.tocs[docname].findall(nodes.reference))
            for entry in [*entries, env.titles[docname], env.longtitles[docname]]:
                if entry.get("secnumber"):
                    entry["secnumber"] = list(renumbered(tuple(entry["secnumber"]), number))
        return [name for name in counted if env.toc_secnumbers.get(name) != before.get(name)]


def renumbered(number: tuple[int, ...], lecture: int) -> tuple[int, ...]:
    """The same number with the lecture's in front; a heading without a number keeps none."""
    return (lecture, *number[1:]) if number else number


def setup(app: Sphinx) -> dict[str, bool]:
    for listener in list(app.events.listeners["env-get-updated"]):
        if isinstance(getattr(listener.handler, "__self__", None), TocTreeCollector):
            app.disconnect(listener.id)
    own = FileNumbers()
    app.connect("env-get-updated", own.get_updated_docs)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
