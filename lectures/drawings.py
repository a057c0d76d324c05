"""matplotlib's SVG, made ready to stand in a page that holds several."""

from __future__ import annotations

import re
from html import escape

# What dgm.plots calls INK, PAPER, RULE, GREY, BLUE and VERMILION, and matplotlib's black: names in course.css.
COLOURS = {
    "#1c2333": "ink",
    "#000000": "ink",
    "#ffffff": "paper",
    "#d5d9e0": "rule",
    "#6b7280": "grey",
    "#0072b2": "blue",
    "#d55e00": "vermilion",
}
REFERENCE = re.compile(r'(url\(#|href="#)([^")]+)')


def inlined(svg: str, label: str, prefix: str) -> str:
    """matplotlib's SVG for a page that holds several: no metadata, ids that differ, the course's colours, a text."""
    svg = re.sub(r"<metadata>.*?</metadata>", "", svg[svg.index("<svg") :], flags=re.DOTALL)
    used = {found[2] for found in REFERENCE.finditer(svg)}

    def identity(found: re.Match) -> str:
        return f' id="{prefix}-{found[1]}"' if found[1] in used else ""

    svg = re.sub(r' id="([^"]*)"', identity, svg)
    svg = REFERENCE.sub(lambda found: f"{found[1]}{prefix}-{found[2]}", svg)
    for colour, name in COLOURS.items():
        svg = re.sub(colour, f"var(--{name})", svg, flags=re.IGNORECASE)
    return svg.replace("<svg ", f'<svg class="drawn" role="img" aria-label="{escape(label, quote=True)}" ', 1)
