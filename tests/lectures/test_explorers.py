"""Explorers: every frame comes from Python, the first one is there without script."""

import json
import re

import pytest

from lectures.drafts import without_cells
from lectures.drawings import inlined
from lectures.figures import MARGIN, WIDTH, CurveExplorer, GridExplorer


def curves(**changes):
    frames = [
        {"curves": {"line": ([0, 1], [0, height])}, "readouts": {"height": height, "twice": 2 * height}}
        for height in (0.0, 0.5, 1.0)
    ]
    settings = {
        "title": "A <line>",
        "alt": "A line",
        "sliders": {"height": [0.0, 0.5, 1.0]},
        "start": (1,),
        "frames": frames,
        "xlim": (0, 1),
        "ylim": (0, 1),
    }
    return CurveExplorer(**settings | changes)


def data_of(page):
    return json.loads(re.search(r'<script type="application/json">(.*?)</script>', page)[1])


def test_there_is_a_frame_for_every_place_of_the_sliders():
    with pytest.raises(ValueError, match="a frame for each of 4 positions"):
        curves(sliders={"height": [1, 2, 3, 4]})


def test_the_first_frame_is_drawn_without_script():
    page = curves()._repr_html_()
    data = data_of(page)
    assert data["paths"][1] == [re.search(r'class="moving curve0" d="([^"]*)"', page)[1]]
    assert data["texts"] == [["0", "0"], ["0.500", "1"], ["1", "2"]]
    assert "<b>0.500</b>" in page and "A &lt;line&gt;" in page
    assert 'value="1"' in page, "the slider stands where the first frame is"


def test_lines_end_where_the_numbers_say():
    page = curves()._repr_html_()
    low, _, high = (frame[0] for frame in data_of(page)["paths"])
    assert low.startswith(f"M{MARGIN} ") and re.search(rf"L{WIDTH - MARGIN} \d+$", low)
    assert high.endswith(f"L{WIDTH - MARGIN} {MARGIN}"), "the largest value is at the upper margin"


def test_a_closed_curve_stays_closed():
    page = curves(frames=[{"curves": {"c": ([0, 1, 1, 0], [0, 0, 1, 0])}, "readouts": {"r": 0}}] * 3)._repr_html_()
    path = data_of(page)["paths"][0][0][1:].split("L")
    assert path[0] == path[-1] and len(path) == 4


def test_a_grid_has_its_cells_in_reading_order():
    frames = [{"cells": [[0, 1], [2, row * 2 + column]], "readouts": {"n": 1}} for row in (0, 1) for column in (0, 1)]
    page = GridExplorer("G", "g", {"row": [0, 1], "column": [0, 1]}, (0, 0), frames, ("a", "b", "c", "d"))._repr_html_()
    assert data_of(page)["cells"] == ["0120", "0121", "0122", "0123"]
    assert page.count('class="cell kind') == 4 and 'data-at="1 0"' in page


def test_two_figures_on_a_page_share_no_id():
    svg = '<?xml?><svg width="1"><defs><path id="a"/></defs><g id="figure_1"><use href="#a" fill="#0072b2"/></g></svg>'
    first, second = inlined(svg, "one", "f0"), inlined(svg, 'two "words"', "f1")
    assert 'id="f0-a"' in first and 'href="#f0-a"' in first and 'href="#f1-a"' in second
    assert "figure_1" not in first, "ids that nothing refers to are dropped"
    assert "var(--blue)" in first and 'aria-label="two &quot;words&quot;"' in second


def test_a_draft_keeps_names_and_leaves_cells_out():
    page = (
        "---\nkernelspec: {}\n---\n\n# T\n\n```{code-cell}\n---\nmystnb:\n  figure:\n    name: fig-a\n    caption: |\n"
        "      What it shows.\n  image:\n    alt: x\n---\n1 + 1\n```\n\n{glue:text}`number` points, {numref}`fig-a`\n"
    )
    draft = without_cells(page)
    assert ":name: fig-a" in draft and "What it shows." in draft and "– points" in draft
    assert "code-cell" not in draft and "kernelspec" not in draft
