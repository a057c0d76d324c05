"""What no page of the lectures may print: answers of graded theory, and the references that students are to write.

A formula of a model answer is compared without spaces, sizes and macros, piece by piece between its relation signs; a
piece that the problem's own text shows is no secret. Code is compared line by line, as in `autograder.leaks`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

SHORTEST = 22  # of a piece of a formula, in characters after normalising
DISPLAY = re.compile(r"\$\$(.+?)\$\$|\\begin\{align\*?\}(.+?)\\end\{align\*?\}", re.DOTALL)
INLINE = re.compile(r"(?<!\$)\$([^$]+?)\$(?!\$)", re.DOTALL)
RELATION = re.compile(r"\\longrightarrow|\\leq?\b|\\geq?\b|\\approx|\\qquad|\\quad|\\\\|[=&<>]|\\to\b")
DROPPED = re.compile(
    r"\\[,;:! ]|\\(?:[Bb]igg?[lr]?|left|right|middle)(?![a-zA-Z])|\\(?:quad|qquad|displaystyle)\b|[\s~]"
)
SAME = {
    r"\tfrac": r"\frac",
    r"\dfrac": r"\frac",
    r"\mathbb E": r"\E",
    r"\mathbb{E}": r"\E",
    r"\mathcal N": r"\Normal",
    r"\mathcal{N}": r"\Normal",
    r"\mathrm{KL}": r"\KL",
    r"\mathrm{Var}": r"\Var",
    r"\mathrm{tr}": r"\tr",
    r"\top": r"\T",
    r"\varepsilon": r"\epsilon",
}


def formulas(text: str) -> Iterator[str]:
    """Every formula of a text, displayed or in a line."""
    yield from (a or b for a, b in DISPLAY.findall(text))
    yield from INLINE.findall(DISPLAY.sub(" ", text))


def normalised(formula: str) -> str:
    for written, meant in SAME.items():
        formula = formula.replace(written, meant)
    return DROPPED.sub("", formula).replace("{", "").replace("}", "").strip(".,;")


def pieces(formula: str) -> list[str]:
    """The sides of its relations, normalised, as far as they are long enough to say something."""
    sides = [normalised(side) for side in RELATION.split(formula)]
    return [side for side in sides if len(side) >= SHORTEST]


def secret_pieces(answers: str, seen: str) -> set[str]:
    """Pieces of formulas that the answers have and what students see has not."""
    known = "\n".join(normalised(formula) for formula in formulas(seen))
    return {piece for formula in formulas(answers) for piece in pieces(formula) if piece not in known}


def printed(page: str, secret: set[str], code: set[str]) -> list[str]:
    """A sentence for each secret that a page prints."""
    text = "\n".join(normalised(formula) for formula in formulas(page))
    lines = {re.sub(r"\s+", " ", line).strip() for line in page.splitlines()}
    wrong = [f"prints a formula of a graded answer: {piece}" for piece in sorted(secret) if piece in text]
    return wrong + [f"prints a line of a reference: {line}" for line in sorted(code & lines)]


def graded_pieces(authored: Path) -> set[str]:
    """Secret pieces of one homework as it is authored (hwN.md): theory answers and rubrics, less the problems' text."""
    hidden, seen, kind = [], [], "text"
    for line in authored.read_text(encoding="utf-8").splitlines():
        if line.startswith("+++"):
            kind = "hidden" if re.search(r'"(theory|rubric)"', line) else "text"
        elif line.startswith("## "):
            kind = "text"
        (hidden if kind == "hidden" else seen).append(line)
    return secret_pieces("\n".join(hidden), "\n".join(seen))
