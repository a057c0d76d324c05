"""Numbers in a homework's text, compared with what its solved notebook prints: text and figures must not drift apart.

A homework says in `tests/solutions/hwN/test_prose.py` where each number of its text comes from: `CLAIMS` maps a
fragment of the text to a function that gives the fragment's numbers, from the notebook's output or by computing them. A
number in the text is right when it is the value, rounded to the digits that the text gives.
"""

import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache

import nbformat

from autograder.course import load_course
from autograder.provenance import solved_path
from autograder.releasing.authoring import ANSWER, TEXT, THEORY, authored_cells

NUMBER = re.compile(r"(?<![\w.])\d+(?:\.\d+)?(?![\w]|\.\d)")
PLACE_OR_POINTS = re.compile(
    r"(?:[Ss]ections?|Theorem|Eq\.|Eqs\.|appendix [A-Z]\.)\s+[\d.]+|arXiv:[\d.]+|\d+(?:\.\d+)? points?\b"
)

Values = Callable[["Printed"], Sequence[float]]


class Printed:
    """What the solved notebook of a homework prints."""

    def __init__(self, homework_id: str) -> None:
        notebook = nbformat.read(solved_path(load_course().homework(homework_id)), as_version=4)
        outputs = [output for cell in notebook.cells for output in cell.get("outputs", ())]
        self.text = "\n".join(
            output.get("text", "") or output.get("data", {}).get("text/plain", "") for output in outputs
        )

    def __call__(self, pattern: str, which: int = 0) -> float:
        """The number that the group of the pattern matches, at its first place (0) or a later one (-1 is the last)."""
        found = re.findall(pattern, self.text)
        assert found, f"the notebook prints nothing like {pattern!r}"
        return float(found[which])


@cache
def texts(homework_id: str) -> str:
    """All of the homework's text, with single spaces, and without places in the literature and points.

    Rubrics are not in it: their numbers are points, which test_rubrics.py adds up.
    """
    cells = authored_cells(load_course().homework(homework_id))
    text = " ¶ ".join(cell.source for cell in cells if cell.kind in (TEXT, THEORY, ANSWER))
    return PLACE_OR_POINTS.sub("", flat(text))


def flat(text: str) -> str:
    return re.sub(r"\s+", " ", text)


def wrong_claims(homework_id: str, claims: Mapping[str, Values]) -> Iterator[str]:
    """A sentence for every claim that is not in the text, or whose numbers are not what the notebook gives."""
    printed = Printed(homework_id)
    for fragment, values in claims.items():
        if flat(fragment) not in texts(homework_id):
            yield f"the text has no {fragment!r}"
            continue
        stated, found = NUMBER.findall(fragment), list(values(printed))
        if len(stated) != len(found):
            yield f"{fragment!r} has {len(stated)} numbers, and {len(found)} values are given for them"
        yield from (
            f"{fragment!r} says {number}, and it is {value:.5g}"
            for number, value in zip(stated, found, strict=False)
            if not agrees(number, value)
        )


def agrees(stated: str, value: float) -> bool:
    """Whether the value, rounded to as many decimals as stated, is the number."""
    half = 0.5 * 10 ** -len(stated.partition(".")[2])
    return math.isclose(float(stated), value, rel_tol=1e-9, abs_tol=half * (1 + 1e-6))


def unclaimed(homework_id: str, claims: Mapping[str, Values], settings: Sequence[str]) -> list[str]:
    """Numbers with a decimal point that no claim covers and that are no settings, each with the words around it."""
    text = texts(homework_id)
    covered = [span for fragment in claims for span in _places(flat(fragment), text)]
    return [
        f"{match[0]} in '{text[max(0, match.start() - 60) : match.end() + 20]}'"
        for match in NUMBER.finditer(text)
        if "." in match[0]
        and match[0] not in settings
        and not any(start <= match.start() and match.end() <= end for start, end in covered)
    ]


def _places(fragment: str, text: str) -> Iterator[tuple[int, int]]:
    return (match.span() for match in re.finditer(re.escape(fragment), text))
