"""Pictures inside of an answer, as Colab writes them: the marker sees them, and nothing of the file but its pixels."""

import base64
import io
import json
import struct
import zlib

import pytest
from PIL import Image

from autograder.notebooks import read_notebook
from autograder.notebooks.embedded import MOST_EMBEDDED, moved
from autograder.pages import sanitise


def drawn(kind="PNG", size=(3, 2), mode="RGB", **more):
    data = io.BytesIO()
    Image.new(mode, size, 7).save(data, kind, **more)
    return base64.b64encode(data.getvalue()).decode()


def cell_of(source):
    cell = {"cell_type": "markdown", "source": source, "metadata": {}}
    return read_notebook(json.dumps({"cells": [cell], "nbformat": 4}).encode()).cells[0]


@pytest.mark.parametrize(
    "written",
    [
        "![image.png]({uri})",
        '![a]( <{uri}> "Figure 1" )',
        '<img src="{uri}" width="300">',
        "<img alt=x src='{uri}'/>",
        "[id]: {uri}\n",
        "[id]: <{uri}> 'a title'",
    ],
)
def test_a_picture_becomes_an_attachment_that_the_marker_sees(written):
    uri = f"data:image/png;base64,{drawn()}"
    cell = cell_of(f"We see\n\n{written.format(uri=uri)}\n\nso $x = 1$.")
    assert "base64" not in cell.source and "](attachment:embedded-0)" in cell.source and len(cell.source) < 100
    (kinds,) = cell.raw["attachments"].values()
    assert sanitise.pasted("image/png", kinds["image/png"])
    assert "](attachment:mine)" in sanitise.inert_markdown(cell.source, {"embedded-0": "mine"})


def test_what_was_pasted_stays_beside_it():
    raw = {
        "cell_type": "markdown",
        "source": f"![a](data:image/jpg;charset=utf-8;base64,{drawn('JPEG')})",
        "metadata": {},
    }
    raw["attachments"] = {"own.png": {"image/png": drawn()}}
    cell = read_notebook(json.dumps({"cells": [raw], "nbformat": 4}).encode()).cells[0]
    assert set(cell.raw["attachments"]) == {"own.png", "embedded-0"}
    assert sanitise.pasted("image/jpeg", cell.raw["attachments"]["embedded-0"]["image/jpeg"])


def test_other_texts_stay_as_they_are():
    for text in ("", "data:text/html;base64,PHA+", "a data:image without more", "![a](b.png)"):
        assert moved(text) == (text, {})


def test_no_more_than_so_many():
    text, pictures = moved("![](data:image/png;base64,QQ==)" * (MOST_EMBEDDED + 5))
    assert len(pictures) == MOST_EMBEDDED and text.count("(another picture)") == 5


@pytest.mark.parametrize(
    "text", ["data:image/png" + ";a=b" * 200_000, "<img " * 200_000 + "data:image/", "[" * 500_000 + "data:image/"]
)
def test_hostile_texts_take_no_time(text):
    """Linear: a quadratic pattern would need minutes here, and the test would never end."""
    assert moved(text)[1] == {}


@pytest.mark.parametrize(
    ("kind", "mode"), [("PNG", "RGB"), ("PNG", "RGBA"), ("PNG", "L"), ("PNG", "P"), ("JPEG", "RGB"), ("JPEG", "CMYK")]
)
def test_a_pasted_picture_is_painted_anew(kind, mode):
    made = sanitise.pasted(
        f"image/{kind.lower()}",
        drawn(kind, (5, 4), mode, comment=b"x") if kind == "JPEG" else drawn(kind, (5, 4), mode),
    )
    with Image.open(io.BytesIO(base64.b64decode(made))) as image:
        assert (image.format, image.size, image.info) == ("PNG", (5, 4), {})


def test_nothing_but_pixels_remains():
    raw = base64.b64decode(drawn())
    hidden = b"<script>alert(1)</script>"
    chunk = struct.pack(">I", len(hidden)) + b"tEXt" + hidden + struct.pack(">I", zlib.crc32(b"tEXt" + hidden))
    dirty = base64.b64encode(raw[:33] + chunk + raw[33:] + hidden).decode()
    assert sanitise.picture("image/png", dirty), "its signature and size are those of a picture"
    assert hidden not in base64.b64decode(sanitise.pasted("image/png", dirty))


def test_what_is_broken_or_too_large_is_no_picture():
    raw = base64.b64decode(drawn(size=(50, 50), mode="RGB"))
    assert sanitise.pasted("image/png", base64.b64encode(raw[:60]).decode()) is None
    assert sanitise.pasted("image/png", drawn("JPEG")) is None
    assert sanitise.pasted("image/gif", drawn("GIF")) is None
    assert sanitise.pasted("image/png", drawn(size=(5000, 5000), mode="1")) is None
