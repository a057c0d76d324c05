"""What students wrote, made harmless for the browser of whoever reads it.

Three layers, each enough for most of what there is to fear: the text is made inert before it is written to a file
(`inert_markdown`, `plain`, `picture`); what is rendered from it passes a list of allowed tags (`allowed_html`); and the
pages carry a content security policy, under which no script runs that is not the page's own.

Text is made inert without parsing it, so that no parser can be led to see something else than another: a space behind
every "<" that could begin a tag, between "]" and "(", and between "]" and ":", changes what prose, code or a formula
mean to a reader as little as it can, and leaves no tag, link, image or comment in any dialect of Markdown.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from urllib.parse import unquote

from autograder.pages import formulas
from autograder.records import printable

LONGEST_ANSWER = 50_000  # characters of one cell
LONGEST_OUTPUT = 4_000  # characters of one output
LARGEST_PICTURE = 2 << 20  # bytes
MOST_PIXELS = 16_000_000  # a small file can hold a picture that takes a browser down

# The markers of a JPEG file: scans, the end, and frames, which hold its size. In a scan's own bytes 0, or the number of
# a restart, follows 0xff.
SCAN, END = 0xDA, 0xD9
FRAMES = set(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
AFTER_SCAN = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]", re.DOTALL)
MOST_SEGMENTS = 1_000
MOST_SCANS = 100

TAG = re.compile(r"<(?=[A-Za-z/!?])")
LINK = re.compile(r"\]\(")
# Possessive (++), so that a name that does not end as it should is not tried at every shorter length.
ATTACHMENT = re.compile(r"\s*<?attachment:([^()<>\"']++)>?\s*\)")
# TeX that makes links, gives names or styles to parts of the page, or loads extensions.
REACHING_OUT = re.compile(
    r"\\(href|url|style|class|cssId|data|require|unicode|bbox|mmlToken|Tooltip|texttip|toggle|mathtip|enclose"
    r"|includegraphics|special|def|let|renewcommand|renewenvironment)(?![A-Za-z])"
)
ANSI = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|.)?")

TAGS = frozenset(
    "p br hr em strong del s code pre span div blockquote ul ol li dl dt dd table thead tbody tr th td "
    "h1 h2 h3 h4 h5 h6 sup sub img".split()
)
PICTURES = {"image/png": b"\x89PNG\r\n\x1a\n", "image/jpeg": b"\xff\xd8\xff"}


def plain(text: str, limit: int = LONGEST_OUTPUT) -> str:
    """Text of an output: no terminal escapes, nothing invisible, and not too much of it."""
    shown = printable(ANSI.sub("", text[: 2 * limit]))
    return shown if len(shown) <= limit and len(text) <= 2 * limit else f"{shown[:limit]}\n… (cut)"


def source(text: str) -> str:
    """The source of a code cell: nothing invisible, no change of direction, and not too much of it."""
    return plain(text, LONGEST_ANSWER)


def inert_markdown(text: str, attachments: Mapping[str, str] | None = None) -> str:
    """Markdown that renders to no tag, link, remote picture or script, whatever it was.

    `attachments` maps the names of pictures that are known to be pictures to the names they have now; a reference to
    any other is broken up like a link.
    """
    known = attachments or {}
    text = TAG.sub("< ", source(text))
    text = LINK.sub(lambda found: "](" if ATTACHMENT.match(text, found.end()) else "] (", text)
    text = re.sub(r"\]\(" + ATTACHMENT.pattern, lambda found: _attachment(found, known), text)
    text = text.replace("]:", "] :")
    return REACHING_OUT.sub(r"\\text{\1 }", text)


def _attachment(found: re.Match[str], known: Mapping[str, str]) -> str:
    name = found.group(1).strip()
    new = known.get(name) or known.get(unquote(name))
    return f"](attachment:{new})" if new else f"] (a picture that is not there: {name})"


def allowed_html(html: str) -> str:
    """Rendered Markdown with nothing but text, its layout and embedded pictures: no links, ids, styles or scripts.

    Without ids, because the formgrader finds the field for a mark by the id of its problem, and a heading of that name
    would come first.
    """
    import nh3

    return nh3.clean(
        html,
        tags=set(TAGS | formulas.TAGS),
        attributes={"img": {"alt", "src"}, "span": {"class"}, "div": {"class"}, **MATHS_ATTRIBUTES},
        attribute_filter=_allowed,
        url_schemes={"data"},
        clean_content_tags=set(),
        link_rel=None,
        strip_comments=True,
    )


MATHS_ATTRIBUTES = {tag: set(names) for tag, names in formulas.ATTRIBUTES.items()}
MATHS_ATTRIBUTES["mo"] |= {"minsize", "maxsize"}


def _allowed(tag: str, name: str, value: str) -> str | None:
    """The value of an attribute, or None where it is left out."""
    if tag == "img":
        kept = name == "alt" or value.startswith(tuple(f"data:{kind};base64," for kind in PICTURES))
    elif tag in formulas.TAGS:
        kept = value in formulas.SIZES or value in formulas.ATTRIBUTES.get(tag, {}).get(name, ())
    else:  # what Pygments calls its tokens
        kept = (tag == "span" and len(value) <= 3) or (tag == "div" and value == "highlight")
    return value if kept else None


def picture(kind: str, data: object) -> str | None:
    """The base64 text of a picture as a notebook holds it, or None for what is no picture or too large a one."""
    if isinstance(data, list) and all(isinstance(line, str) for line in data):
        data = "".join(data)
    if kind not in PICTURES or not isinstance(data, str) or len(data) > 2 * LARGEST_PICTURE:
        return None
    try:
        raw = base64.b64decode("".join(data.split()), validate=True)
    except (binascii.Error, ValueError):
        return None
    if not raw.startswith(PICTURES[kind]) or len(raw) > LARGEST_PICTURE:
        return None
    pixels = _pixels_of_png(raw) if kind == "image/png" else _pixels_of_jpeg(raw)
    return base64.b64encode(raw).decode("ascii") if 0 < pixels <= MOST_PIXELS else None


def pasted(kind: str, data: object) -> str | None:
    """A picture that was pasted into a text, painted anew as PNG: nothing of the file but its pixels remains."""
    from io import BytesIO

    from PIL import Image

    checked = picture(kind, data)
    if checked is None:
        return None
    made = BytesIO()
    try:
        with Image.open(BytesIO(base64.b64decode(checked)), formats=("PNG", "JPEG")) as image:
            image.seek(0)  # the first of an animation
            plain = image.convert("RGBA" if "A" in image.getbands() or "transparency" in image.info else "RGB")
            Image.frombytes(plain.mode, plain.size, plain.tobytes()).save(made, "PNG")
    except Exception:  # whatever a decoder says of a broken file
        return None
    return base64.b64encode(made.getvalue()).decode("ascii")


def _pixels_of_png(raw: bytes) -> int:
    """The pixels that a PNG file claims to have; 0 where it does not say."""
    width, height = (int.from_bytes(raw[start : start + 4], "big") for start in (16, 20))
    return width * height if raw[12:16] == b"IHDR" else 0


def _pixels_of_jpeg(raw: bytes) -> int:
    """The same of a JPEG file; 0 for one that is broken, has two frames, or is painted again and again.

    Its segments are followed from marker to marker up to the end of the picture, as readers do: what lies inside of
    one, such as a preview, and what follows the end is no picture to them.
    """
    at, pixels, scans = 2, 0, 0
    for _ in range(MOST_SEGMENTS):
        if raw[at : at + 1] != b"\xff" or raw[at + 1 : at + 2] in (b"", b"\xff"):
            return 0
        marker, length = raw[at + 1], int.from_bytes(raw[at + 2 : at + 4], "big")
        if marker == END:
            return pixels if scans <= MOST_SCANS else 0
        if marker in FRAMES:
            if pixels:
                return 0
            height, width = (int.from_bytes(raw[start : start + 2], "big") for start in (at + 5, at + 7))
            pixels = width * height
        at += 2 + length
        if marker == SCAN:
            scans += 1
            following = AFTER_SCAN.search(raw, at)
            at = following.start() if following else len(raw)
    return 0
