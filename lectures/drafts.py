"""A page without its cells, for who writes another one: what refers to them still finds something."""

from __future__ import annotations

import re

CELL = re.compile(r"^```\{code-cell\}.*?^```$", re.MULTILINE | re.DOTALL)
NAME = re.compile(r"^    name: (\S+)$", re.MULTILINE)
CAPTION = re.compile(r"^    caption: \|\n((?:      .*\n|\n)+)", re.MULTILINE)
HEADER = re.compile(r"\A---\n.*?^---\n", re.MULTILINE | re.DOTALL)


def without_cells(source: str) -> str:
    """A page whose cells are gone, what refers to them is not."""

    def figure(cell: re.Match) -> str:
        name, caption = NAME.search(cell[0]), CAPTION.search(cell[0])
        if name is None:
            return ""
        text = "\n".join(line[6:] for line in caption[1].splitlines()) if caption else ""
        return f":::{{figure}} _static/later.svg\n:name: {name[1]}\n:alt: left out of this draft\n\n{text}\n:::"

    source = HEADER.sub("", CELL.sub(figure, source))
    return re.sub(r"\{glue:text\}`[^`]*`", "–", source)
