"""One lecture at a time, for who writes it: with LECTURES_ONLY=l05, or l05,l06, the cells of the others do not run.

Their pages stay, so that numbers and references hold: a figure becomes an empty one of the same name, a number a dash.
"""

from __future__ import annotations

import re

from sphinx.application import Sphinx

from lectures.drafts import without_cells


def skip(app: Sphinx, docname: str, source: list[str]) -> None:
    only = app.config.draft_only
    if only and docname not in only.split(",") and re.fullmatch(r"l\d\d", docname):
        source[0] = without_cells(source[0])


def setup(app: Sphinx) -> dict[str, bool]:
    app.add_config_value("draft_only", "", "env", str)
    app.connect("source-read", skip)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
