"""Pictures that stand inside the text of a cell, as Colab writes them: `![](data:image/png;base64,iVBO...)`.

A megabyte of base64 in the middle of an answer hides the answer. Such a picture is moved to the cell's attachments,
where Jupyter keeps what is pasted into it, and the text refers to it there. Nothing is decoded here.
"""

from __future__ import annotations

import re

MOST_EMBEDDED = 50  # of one cell; what is more stays a word
# Possessive (++), so that a long text without an end is walked once.
DATA = re.compile(
    r"data:image/(?P<kind>[a-z+.-]{1,20})(?:;[\w=.-]{1,40}){0,4}?;base64,(?P<data>[A-Za-z0-9+/]*+={0,2})", re.IGNORECASE
)
NAME = r"attachment:embedded-\d{1,2}"
IMAGE = re.compile(rf"<img\b[^<>]{{0,300}}?\bsrc\s{{0,9}}=\s{{0,9}}[\"']?({NAME})[\"']?[^<>]{{0,300}}>", re.IGNORECASE)
REFERENCE = re.compile(rf"^ {{0,3}}\[([^\]\n]{{1,100}})\]:[ \t]{{0,9}}<?({NAME})>?[^\n]{{0,200}}$", re.MULTILINE)
TITLED = re.compile(rf"\]\(\s{{0,9}}<?({NAME})>?\s{{1,9}}(?:\"[^\"\n]{{0,200}}\"|'[^'\n]{{0,200}}')\s{{0,9}}\)")


def moved(source: str) -> tuple[str, dict[str, dict[str, str]]]:
    """The text with references in place of pictures, and the pictures: name -> kind -> base64, as in a notebook."""
    if "data:image/" not in source.casefold():
        return source, {}
    pictures: dict[str, dict[str, str]] = {}

    def reference(found: re.Match[str]) -> str:
        if len(pictures) >= MOST_EMBEDDED:
            return "(another picture)"
        kind = found["kind"].lower().replace("jpg", "jpeg")
        pictures[f"embedded-{len(pictures)}"] = {f"image/{kind}": found["data"]}
        return f"attachment:embedded-{len(pictures) - 1}"

    text = DATA.sub(reference, source)
    text = IMAGE.sub(r"![](\1)", text)
    text = REFERENCE.sub(r"![\1](\2)", text)
    return TITLED.sub(r"](\1)", text), pictures
